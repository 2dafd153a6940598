"""The statements that read a page of tasks: one for each order and each set of filters.

A page has the clauses of the filters in the request and no others, because PostgreSQL parses each
text again. Each is compiled when it is first needed; there are fewer than 2,000.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import (
    Boolean,
    Text,
    bindparam,
    case,
    col,
    collate,
    exists,
    false,
    func,
    literal_column,
    or_,
    select,
    text,
    true,
    tuple_,
)

from db.models import Task
from db.parts import ALONG_A_KEY, COLUMNS, USER, Statement

_ZERO: ColumnElement[int] = literal_column("0")
_DAY: ColumnElement[int] = literal_column("10")  # characters; a minute has more
_AFTER_TIMES: ColumnElement[str] = literal_column("'T~'")
_AFTER_DAYS: ColumnElement[str] = literal_column("'~'")

_LOWER_IS_COMMON: ColumnElement[bool] = literal_column(
    "lower('I') = 'i' AND lower(chr(1071)) = chr(1103)", Boolean
)
"""Whether `lower()` maps letters beyond ASCII, and I to i; the planner folds it to a constant."""

DUE_KEY = case(
    (col(Task.due_date).is_(None), _AFTER_DAYS),
    (func.length(Task.due_date) == _DAY, col(Task.due_date).op("||")(_AFTER_TIMES)),
    else_=col(Task.due_date),
)
"""The sort key of due dates: a day follows its times, and tasks without a due date come last (under
the column's collation C, `~` is greater than digits and letters)."""


def due_key(due_date: str | None) -> str:
    """Return the DUE_KEY of a task."""
    if due_date is None:
        return "~"
    return due_date if "T" in due_date else f"{due_date}T~"


class _Order(NamedTuple):
    """An order of tasks: by `key`, where there is one, and by their ids."""

    name: str
    key: Any
    descending: bool


_ORDERS = {
    "-created_at": _Order("newest_page", None, descending=True),
    "created_at": _Order("oldest_page", None, descending=False),
    "due_date": _Order("due_page", DUE_KEY, descending=False),
    "-priority": _Order("urgent_page", col(Task.priority), descending=True),
}


def _contains(column: Any) -> ColumnElement[bool]:
    """Match a search; the hint is cheap and comes first, normalization is expensive and comes last.

    The planner estimates that a CASE is true for half of the rows. For a bare expression it would
    expect few rows, read the user's tasks in any order, and sort them.
    """
    hints = [bindparam(name, type_=Text) for name in ("hint", "ascii_hint")]
    hint = func.strpos(func.lower(column), case((_LOWER_IS_COMMON, hints[0]), else_=hints[1]))
    unordered = (_matches(column, "accents"), func.normalize(column, text("NFD")))
    return case(
        (hint == _ZERO, false()),
        (_matches(case(unordered, else_=column), "q"), true()),
        else_=false(),
    )


def _matches(column: Any, name: str) -> ColumnElement[bool]:
    """Match a regular expression under the collation C, independently of the locale."""
    return collate(column, "C").regexp_match(bindparam(name, type_=Text))


def _a_tag_contains() -> ColumnElement[bool]:
    """Match a search tag by tag, so that none is found across the border of two."""
    tag = func.unnest(Task.tags).column_valued("tag")
    found = exists(select(literal_column("1")).where(_contains(tag)))
    return case((func.cardinality(Task.tags) > _ZERO, found), else_=false())


_FILTERS: dict[str, Callable[[], ColumnElement[bool]]] = {
    "complete": lambda: col(Task.complete) == bindparam("complete", type_=Boolean),
    "q": lambda: or_(_contains(Task.title), _contains(Task.description), _a_tag_contains()),
    "tags": lambda: col(Task.tags).contains(bindparam("tags", type_=ARRAY(Text))),
    "due_from": lambda: col(Task.due_date) >= bindparam("due_from", type_=Text),
    "due_to": lambda: col(Task.due_date) < bindparam("due_to", type_=Text).op("||")(_AFTER_TIMES),
    "has_due_date": lambda: (
        col(Task.due_date).is_not(None) == bindparam("has_due_date", type_=Boolean)
    ),
    "min_priority": lambda: col(Task.priority) >= bindparam("min_priority", type_=Text),
}
"""The clause of each filter; its parameters have its name, and those of a search more."""

ORDERS, FILTERS = tuple(_ORDERS), tuple(_FILTERS)


@cache
def page(order: str, filters: frozenset[str], *, goes_on: bool) -> Statement:
    """Return the statement of a page; where it `goes_on`, it follows the task `after`.

    `order` is one of ORDERS, `filters` are some of FILTERS. Its parameters are the user, the
    limit, those of the filters, and with `goes_on` `after` and `after_key`, where there is a key.
    """
    name, key, descending = _ORDERS[order]
    found = select(*COLUMNS).where(col(Task.user_id) == USER)
    if goes_on:
        found = found.where(_follows(key, descending=descending))
    found = found.where(*(_FILTERS[name]() for name in FILTERS if name in filters))
    keys = [col(Task.id)] if key is None else [key, col(Task.id)]
    ordered = found.order_by(*(key.desc() if descending else key.asc() for key in keys))
    return Statement.of(
        name,
        "SELECT tasks",
        ordered.limit(bindparam("limit", type_=Text)),
        planning=ALONG_A_KEY if key is None else "",
    )


def _follows(key: Any, *, descending: bool) -> ColumnElement[bool]:
    here: Any = col(Task.id)
    there: Any = bindparam("after", type_=Text)
    if key is not None:
        here, there = tuple_(key, here), tuple_(bindparam("after_key", type_=Text), there)
    follows: ColumnElement[bool] = here < there if descending else here > there
    return follows
