"""due dates, priorities, tags and instants of completion"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_DUE_DATE = (
    "^(([0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000)"
    "-((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)"
    "|([0-9]{2}(0[48]|[2468][048]|[13579][26])|(0[48]|[2468][048]|[13579][26])00)-02-29)"
    "(T([01][0-9]|2[0-3]):[0-5][0-9])?$"
)
_CHECKS = {
    "tasks_due_date_real": f"due_date ~ '{_DUE_DATE}'",
    "tasks_priority_known": "priority BETWEEN 0 AND 4",
    "tasks_tags_count": "cardinality(tags) <= 20",
    "tasks_tags_length": "NOT jsonb_path_exists(to_jsonb(tags),"
    """ '$[*] ? (@ == null || !(@ like_regex "^.{1,50}$" flag "s"))')""",
}


def upgrade() -> None:
    """Add columns with constant defaults, for which no row is rewritten or read.

    The releases before write none of them, and go on while this one begins. NOT VALID, as in 0002.
    """
    for column in (
        sa.Column("due_date", sa.Text(collation="C")),
        sa.Column("priority", sa.SmallInteger, nullable=False, server_default=sa.text("0")),
        sa.Column("tags", postgresql.ARRAY(sa.Text), nullable=False, server_default="{}"),
        sa.Column("completed_at", sa.TIMESTAMP(timezone=True)),
    ):
        op.add_column("tasks", column)
    for name, condition in _CHECKS.items():
        op.create_check_constraint(name, "tasks", condition, postgresql_not_valid=True)


def downgrade() -> None:
    for column in ("completed_at", "tags", "priority", "due_date"):
        op.drop_column("tasks", column)
