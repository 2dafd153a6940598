"""The table and the API's models, for the three peers that use SQLModel.

As taught on https://sqlmodel.tiangolo.com/tutorial/fastapi/multiple-models/ and the pages after it.
"""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import StringConstraints
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TypeDecorator
from sqlmodel import BigInteger, DateTime, Field, Identity, SmallInteger, SQLModel, Text

# As the contract has it: a real day, or a minute of one.
DUE_DATE = (
    "^(([0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000)"
    "-((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)"
    "|([0-9]{2}(0[48]|[2468][048]|[13579][26])|(0[48]|[2468][048]|[13579][26])00)-02-29)"
    "(T([01][0-9]|2[0-3]):[0-5][0-9])?$"
)
PRIORITIES = ("none", "low", "medium", "high", "urgent")

DueDate = Annotated[str, StringConstraints(pattern=DUE_DATE)]
Priority = Literal["none", "low", "medium", "high", "urgent"]
Tag = Annotated[str, StringConstraints(min_length=1, max_length=50)]


def now() -> datetime:
    return datetime.now(UTC)


class Rank(TypeDecorator):
    """Keeps a priority as a number."""

    impl = SmallInteger
    cache_ok = True

    def process_bind_param(self, value, _dialect):
        return PRIORITIES.index(value)

    def process_result_value(self, value, _dialect):
        return PRIORITIES[value]


class TaskBase(SQLModel):
    title: str = Field(min_length=1, max_length=200)
    description: str | None = Field(default=None, max_length=1000)
    due_date: DueDate | None = None
    priority: Priority = "none"
    tags: list[Tag] = Field(default_factory=list, max_length=20)


class Task(TaskBase, table=True):
    __tablename__ = "tasks"

    user_id: str = Field(primary_key=True)
    id: int | None = Field(
        default=None, primary_key=True, sa_type=BigInteger, sa_column_args=(Identity(),)
    )
    complete: bool = False
    due_date: str | None = None
    priority: str = Field(default="none", sa_type=Rank)
    tags: list[str] = Field(default_factory=list, sa_type=ARRAY(Text))
    version: int = Field(default=1, sa_type=BigInteger)
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    completed_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))

    def change(self, changes: dict):
        """Set what was sent, and what follows from it."""
        instant = now()
        follows = {"version": self.version + 1, "updated_at": instant}
        if changes.get("complete", self.complete) != self.complete:
            follows["completed_at"] = instant if changes["complete"] else None
        self.sqlmodel_update(changes, update=follows)


class TaskCreate(TaskBase):
    model_config = {"extra": "forbid"}


class TaskPatch(SQLModel):
    model_config = {"extra": "forbid"}

    title: str = Field(default=None, min_length=1, max_length=200)
    description: str | None = Field(default=None, max_length=1000)
    complete: bool = None
    due_date: DueDate | None = None
    priority: Priority = None
    tags: list[Tag] = Field(default=None, max_length=20)


class TaskResponse(TaskBase):
    id: int
    user_id: str
    complete: bool
    version: int
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None


class TaskListResponse(SQLModel):
    tasks: list[TaskResponse]
    count: int
    next_cursor: str | None
