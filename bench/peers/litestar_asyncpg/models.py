"""What comes and what goes: https://jcristharif.com/msgspec/structs.html and constraints.html."""

from datetime import datetime
from typing import Annotated, Any, Literal

from asyncpg import Record
from msgspec import UNSET, Meta, Struct, UnsetType, field

# As the contract has it: a real day, or a minute of one.
DUE_DATE = (
    "^(([0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000)"
    "-((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)"
    "|([0-9]{2}(0[48]|[2468][048]|[13579][26])|(0[48]|[2468][048]|[13579][26])00)-02-29)"
    "(T([01][0-9]|2[0-3]):[0-5][0-9])?$"
)
PRIORITIES = ("none", "low", "medium", "high", "urgent")

Title = Annotated[str, Meta(min_length=1, max_length=200)]
Description = Annotated[str, Meta(max_length=1000)]
DueDate = Annotated[str, Meta(pattern=DUE_DATE)]
Priority = Literal["none", "low", "medium", "high", "urgent"]
Tags = Annotated[list[Annotated[str, Meta(min_length=1, max_length=50)]], Meta(max_length=20)]


class TaskCreate(Struct, forbid_unknown_fields=True):
    title: Title
    description: Description | None = None
    due_date: DueDate | None = None
    priority: Priority = "none"
    tags: Tags = field(default_factory=list)

    def arguments(self) -> tuple[Any, ...]:
        """Return what the statement takes; a row has its priority as a number."""
        priority = PRIORITIES.index(self.priority)
        return self.title, self.description, self.due_date, priority, self.tags


class TaskPatch(Struct, forbid_unknown_fields=True):
    title: Title | UnsetType = UNSET
    description: Description | UnsetType | None = UNSET
    complete: bool | UnsetType = UNSET
    due_date: DueDate | UnsetType | None = UNSET
    priority: Priority | UnsetType = UNSET
    tags: Tags | UnsetType = UNSET

    def arguments(self) -> tuple[Any, ...]:
        """Return what the statement takes: None, or False before it, for what was not sent."""
        priority = UNSET if self.priority is UNSET else PRIORITIES.index(self.priority)
        return (
            _or_none(self.title),
            _or_none(self.complete),
            self.description is not UNSET,
            _or_none(self.description),
            self.due_date is not UNSET,
            _or_none(self.due_date),
            _or_none(priority),
            _or_none(self.tags),
        )


class Task(Struct):
    id: int
    user_id: str
    title: str
    description: str | None
    complete: bool
    version: int
    created_at: datetime
    updated_at: datetime
    due_date: str | None
    priority: str
    tags: list[str]
    completed_at: datetime | None

    @classmethod
    def of(cls, row: Record) -> "Task":
        values = dict(row)
        values["priority"] = PRIORITIES[values["priority"]]
        return cls(**values)


class TaskList(Struct):
    tasks: list[Task]
    count: int
    next_cursor: str | None


def _or_none(value: Any) -> Any:
    return None if value is UNSET else value
