"""The table and the API's models, for the three peers that use SQLModel.

As taught on https://sqlmodel.tiangolo.com/tutorial/fastapi/multiple-models/ and the pages after it.
"""

from datetime import UTC, datetime

from sqlmodel import BigInteger, DateTime, Field, Identity, SQLModel


def now() -> datetime:
    return datetime.now(UTC)


class TaskBase(SQLModel):
    title: str = Field(min_length=1, max_length=200)
    description: str | None = Field(default=None, max_length=1000)


class Task(TaskBase, table=True):
    __tablename__ = "tasks"

    user_id: str = Field(primary_key=True)
    id: int | None = Field(
        default=None, primary_key=True, sa_type=BigInteger, sa_column_args=(Identity(),)
    )
    complete: bool = False
    version: int = Field(default=1, sa_type=BigInteger)
    created_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(default_factory=now, sa_type=DateTime(timezone=True))


class TaskCreate(TaskBase):
    model_config = {"extra": "forbid"}


class TaskPatch(SQLModel):
    model_config = {"extra": "forbid"}

    title: str = Field(default=None, min_length=1, max_length=200)
    description: str | None = Field(default=None, max_length=1000)
    complete: bool = None


class TaskResponse(TaskBase):
    id: int
    user_id: str
    complete: bool
    version: int
    created_at: datetime
    updated_at: datetime


class TaskListResponse(SQLModel):
    tasks: list[TaskResponse]
    count: int
    next_cursor: str | None
