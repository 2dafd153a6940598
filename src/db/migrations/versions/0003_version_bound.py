"""the bound of versions, where 0001 was run before it had one"""

from alembic import op
from sqlalchemy import text

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_OLD, _NEW = "tasks_version_positive", "tasks_version_safe_in_javascript"
_IS_THERE = text(
    "SELECT EXISTS (SELECT FROM pg_constraint"
    " WHERE conrelid = CAST('tasks' AS regclass) AND conname = :name)"
)


def upgrade() -> None:
    """Replace the constraint in tables that have the old one, and lock no others.

    NOT VALID, as in 0002: `db.schema.validate` checks the rows later, without blocking others.
    """
    if _is_there(_OLD):
        op.drop_constraint(_OLD, "tasks")
    if not _is_there(_NEW):
        op.create_check_constraint(
            _NEW, "tasks", "version BETWEEN 1 AND 9007199254740991", postgresql_not_valid=True
        )


def downgrade() -> None:
    """Leave the constraint, because 0001 now creates it."""


def _is_there(name: str) -> bool:
    return bool(op.get_bind().scalar(_IS_THERE, {"name": name}))
