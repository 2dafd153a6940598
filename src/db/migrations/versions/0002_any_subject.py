"""users of up to 255 characters"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _bound(255)


def downgrade() -> None:
    _bound(128)


def _bound(characters: int) -> None:
    """Apply the bound to new rows.

    NOT VALID, because reading the existing rows would lock the table for as long. On upgrade, they
    already meet a narrower bound; on downgrade, longer ones may stay.
    """
    op.drop_constraint("tasks_user_id_length", "tasks")
    op.create_check_constraint(
        "tasks_user_id_length",
        "tasks",
        f"char_length(user_id) BETWEEN 1 AND {characters}",
        postgresql_not_valid=True,
    )
