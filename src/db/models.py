from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, Text, func, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlmodel import Field, SQLModel

_INSTANT = TIMESTAMP(timezone=True)


class Task(SQLModel, table=True):
    """A task of one user; its constraints repeat the contract's bounds.

    The primary key begins with the user: it is the only index a page of tasks needs, and what a
    sharded database distributes by.
    """

    __tablename__ = "tasks"
    __table_args__ = (
        CheckConstraint("id BETWEEN 1 AND 9007199254740991", name="tasks_id_safe_in_javascript"),
        CheckConstraint("char_length(user_id) BETWEEN 1 AND 255", name="tasks_user_id_length"),
        CheckConstraint("char_length(title) BETWEEN 1 AND 200", name="tasks_title_length"),
        CheckConstraint("char_length(description) <= 1000", name="tasks_description_length"),
        CheckConstraint(
            "version BETWEEN 1 AND 9007199254740991", name="tasks_version_safe_in_javascript"
        ),
    )

    user_id: str = Field(primary_key=True, sa_type=Text)
    id: int = Field(
        primary_key=True, sa_type=BigInteger, sa_column_args=(Identity(always=False),), default=None
    )
    title: str = Field(sa_type=Text)
    description: str | None = Field(default=None, sa_type=Text)
    complete: bool = Field(sa_column_kwargs={"server_default": text("false")})
    version: int = Field(sa_type=BigInteger, sa_column_kwargs={"server_default": text("1")})
    created_at: datetime = Field(sa_type=_INSTANT, sa_column_kwargs={"server_default": func.now()})
    updated_at: datetime = Field(sa_type=_INSTANT, sa_column_kwargs={"server_default": func.now()})


class IdempotencyKey(SQLModel, table=True):
    """A user's Idempotency-Key, and the task that its first request created.

    The response to that request is rebuilt from the row and the body; the fingerprint (SHA-256)
    ensures that the body is the same.
    """

    __tablename__ = "idempotency_keys"
    __table_args__ = (Index("idempotency_keys_age", "user_id", "created_at"),)

    user_id: str = Field(primary_key=True, sa_type=Text)
    key: str = Field(primary_key=True, sa_type=Text)
    fingerprint: bytes
    task_id: int = Field(sa_type=BigInteger)
    created_at: datetime = Field(sa_type=_INSTANT, sa_column_kwargs={"server_default": func.now()})
