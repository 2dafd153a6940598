"""tasks and idempotency keys"""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tasks",
        sa.Column("user_id", sa.Text, primary_key=True),
        sa.Column("id", sa.BigInteger, sa.Identity(always=False), primary_key=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("description", sa.Text),
        sa.Column("complete", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("version", sa.BigInteger, nullable=False, server_default=sa.text("1")),
        _instant("created_at"),
        _instant("updated_at"),
        sa.CheckConstraint("id BETWEEN 1 AND 9007199254740991", name="tasks_id_safe_in_javascript"),
        sa.CheckConstraint("char_length(user_id) BETWEEN 1 AND 128", name="tasks_user_id_length"),
        sa.CheckConstraint("char_length(title) BETWEEN 1 AND 200", name="tasks_title_length"),
        sa.CheckConstraint("char_length(description) <= 1000", name="tasks_description_length"),
        sa.CheckConstraint(
            "version BETWEEN 1 AND 9007199254740991", name="tasks_version_safe_in_javascript"
        ),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("user_id", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("fingerprint", sa.LargeBinary, nullable=False),
        sa.Column("task_id", sa.BigInteger, nullable=False),
        _instant("created_at"),
    )
    op.create_index("idempotency_keys_age", "idempotency_keys", ["user_id", "created_at"])


def downgrade() -> None:
    op.drop_table("idempotency_keys")
    op.drop_table("tasks")


def _instant(name: str) -> sa.Column[datetime]:
    return sa.Column(
        name, sa.TIMESTAMP(timezone=True), nullable=False, server_default=sa.func.now()
    )
