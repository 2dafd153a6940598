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
    """Hold all that is written from now on to the bound.

    NOT VALID, as to read the rows that are there would keep everybody else out for as long: going
    up, they have met a narrower bound; going down, longer ones may stay.
    """
    op.drop_constraint("tasks_user_id_length", "tasks")
    op.create_check_constraint(
        "tasks_user_id_length",
        "tasks",
        f"char_length(user_id) BETWEEN 1 AND {characters}",
        postgresql_not_valid=True,
    )
