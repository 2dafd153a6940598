"""The statements that write a task: one for each set of properties in the body.

Each names the properties of its body and no others, because PostgreSQL parses each text again. They
are compiled when first needed; there are fewer than 200. CREATE, REPLACE and PATCH fit every body:
sessions with prepared statements use them in place of all the others.
"""

from functools import cache
from typing import Any

from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import (
    Boolean,
    and_,
    bindparam,
    case,
    col,
    func,
    insert,
    literal_column,
    update,
)

from db.models import Task
from db.parts import ANY_VERSION, COLUMNS, NEW, THIS_TASK, THIS_VERSION, USER, Statement

_ONE: ColumnElement[int] = literal_column("1")
_COMPLETE: Any = bindparam("new_complete", type_=Boolean)
_SET = {**NEW, "complete": _COMPLETE}


@cache
def create(sent: frozenset[str]) -> Statement:
    """Return the statement that creates a task with the properties `sent`."""
    values = {name: value for name, value in NEW.items() if name in sent}
    created = insert(Task).values(user_id=USER, **values).returning(*COLUMNS)
    return Statement.of("create", "INSERT tasks", created)


@cache
def change(name: str, sent: frozenset[str], *, versioned: bool) -> Statement:
    """Return the statement that sets the properties `sent`; `name` is replace or patch.

    If it is `versioned`, it changes the task only if that has one of the versions.
    """
    values = {each: value for each, value in _SET.items() if each in sent}
    if "complete" in sent:
        values["completed_at"] = _completed_at(_COMPLETE)
    return _changing(name, THIS_TASK & THIS_VERSION if versioned else THIS_TASK, values)


def _changing(name: str, where: ColumnElement[bool], values: dict[str, Any]) -> Statement:
    counted = {"version": col(Task.version) + _ONE, "updated_at": func.now()}
    changed = update(Task).where(where).values(**values, **counted).returning(*COLUMNS)
    return Statement.of(name, "UPDATE tasks", changed)


def _completed_at(complete: Any) -> ColumnElement[Any]:
    """Return the instant of completion, which is kept if the task was complete before."""
    was_before = and_(complete, col(Task.complete))
    return case((was_before, col(Task.completed_at)), (complete, func.now()))


def _unless_left_out(flag: str, value: Any, column: Any) -> ColumnElement[Any]:
    """Return the new value, which may be NULL, where the parameter `flag` is true."""
    return case((bindparam(flag, type_=Boolean), value), else_=col(column))


CREATE = create(frozenset(NEW))

_WHATEVER_IS_SENT = {
    "title": func.coalesce(NEW["title"], Task.title),
    "description": _unless_left_out("describe", NEW["description"], Task.description),
    "due_date": _unless_left_out("schedule", NEW["due_date"], Task.due_date),
    "priority": func.coalesce(NEW["priority"], Task.priority),
    "tags": func.coalesce(NEW["tags"], Task.tags),
    "complete": func.coalesce(_COMPLETE, Task.complete),
    "completed_at": _completed_at(func.coalesce(_COMPLETE, Task.complete)),
}

REPLACE = _changing("replace", THIS_TASK & ANY_VERSION, _WHATEVER_IS_SENT)
PATCH = _changing("patch", THIS_TASK & ANY_VERSION, _WHATEVER_IS_SENT)
