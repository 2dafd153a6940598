from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Identity,
    Index,
    SmallInteger,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP
from sqlmodel import Field, SQLModel

_INSTANT = TIMESTAMP(timezone=True)

DUE_DATE = (
    "^(([0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000)"
    "-((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)"
    "|([0-9]{2}(0[48]|[2468][048]|[13579][26])|(0[48]|[2468][048]|[13579][26])00)-02-29)"
    "(T([01][0-9]|2[0-3]):[0-5][0-9])?$"
)
"""The contract's pattern of a real day or minute."""

PRIORITIES = ("none", "low", "medium", "high", "urgent")
"""The contract's priorities, by the number that is kept."""


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
        CheckConstraint(f"due_date ~ '{DUE_DATE}'", name="tasks_due_date_real"),
        CheckConstraint("priority BETWEEN 0 AND 4", name="tasks_priority_known"),
        CheckConstraint("cardinality(tags) <= 20", name="tasks_tags_count"),
        CheckConstraint(
            "NOT jsonb_path_exists(to_jsonb(tags),"
            """ '$[*] ? (@ == null || !(@ like_regex "^.{1,50}$" flag "s"))')""",
            name="tasks_tags_length",
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
    due_date: str | None = Field(default=None, sa_type=Text(collation="C"))
    priority: int = Field(sa_type=SmallInteger, sa_column_kwargs={"server_default": text("0")})
    tags: list[str] = Field(sa_type=ARRAY(Text), sa_column_kwargs={"server_default": text("'{}'")})
    completed_at: datetime | None = Field(default=None, sa_type=_INSTANT)


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
