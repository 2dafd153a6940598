"""What each statement reads, as PostgreSQL plans it: the user's own key range, or one row of it.

The table is large enough for a choice, and its statistics tempt to wrong ones: one user has a fifth
of all tasks, none is complete, and another user came after the last ANALYZE.
"""

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import combinations, product
from typing import Any

import psycopg2
import pytest

from db import changes, pages, schema, search, statements
from db.parts import NEW, Statement
from db.pool.connection import Connection
from db.pool.pool import Pool
from tests.db.postgres import Server

Plan = list[dict[str, Any]]

MOST = len(pages.FILTERS)
PAGES = {
    order: {
        f"{', '.join(filters) or 'no filter'}, {goes_on=}": pages.page(
            order, frozenset(filters), goes_on=goes_on
        )
        for number in (0, 1, 2, MOST)
        for filters in combinations(pages.FILTERS, number)
        for goes_on in (False, True)
    }
    for order in pages.ORDERS
}
"""By order, the pages without a filter, with each, every two of them, and all."""

ALONG_THE_KEY = ["created_at", "-created_at"]
SORTED = ["due_date", "-priority"]
PROPERTIES = [*NEW, "complete"]
WRITES = {
    f"create {sorted(sent)}": changes.create(frozenset(sent))
    for sent in (*({"title", name} for name in NEW), NEW.keys())
} | {
    f"{name} {sent}, {versioned=}": changes.change(name, frozenset(sent), versioned=versioned)
    for name in ("replace", "patch")
    for sent in (*combinations(PROPERTIES, 1), *combinations(PROPERTIES, 2), PROPERTIES)
    for versioned in (False, True)
}
"""The changes of each property, every two of them, and all."""
OTHERS = {
    name: text
    for module in (statements, changes)
    for name, text in vars(module).items()
    if name.isupper() and isinstance(text, Statement) and text != statements.READINESS
} | WRITES
OF_ONE_TASK = {name: text for name, text in OTHERS.items() if "%(task)s" in text}
STATEMENTS = {
    *OTHERS.values(),
    *(text for of_order in PAGES.values() for text in of_order.values()),
}

SEARCH = search.parameters("no such café")
USERS = ["one-of-many", "busy", "newcomer"]
VALUES: dict[str, tuple[Any, ...]] = {
    "after": (40_000,),
    "after_key": ("2",),  # less than any due date, and a priority
    "complete": (True, False),
    "q": (SEARCH["q"],),
    "hint": (SEARCH["hint"],),
    "ascii_hint": (SEARCH["ascii_hint"],),
    "accents": (SEARCH["accents"],),
    "tags": (["a", "b"],),
    "due_from": ("2026-12-01",),
    "due_to": ("2026-12-31",),
    "has_due_date": (True, False),
    "min_priority": (2,),
    "limit": (51, 1001),
    "task": (42,),
    "versions": (None, ["1"], ["1", "2"]),
    "new_title": ("Tea",),
    "new_description": (None,),
    "new_complete": (True,),
    "describe": (True,),
    "new_due_date": ("2026-12-01T09:30",),
    "schedule": (True,),
    "new_priority": (4,),
    "new_tags": (["a"],),
    "key": ("new",),
    "fingerprint": (b"of a body",),
}
FILL = """
    CREATE SCHEMA plans;
    CREATE TABLE plans.tasks (LIKE tasks INCLUDING ALL);
    CREATE TABLE plans.idempotency_keys (LIKE idempotency_keys INCLUDING ALL);
    SET LOCAL search_path = plans;
    INSERT INTO tasks (user_id, id, title)
        SELECT CASE n % 5 WHEN 0 THEN 'busy' ELSE 'user-' || n % 3001 END, n, 'Task ' || n
        FROM generate_series(1, 60000) AS n;
    INSERT INTO idempotency_keys
        SELECT 'user-' || n % 3001, 'key ' || n, '', n, now() - interval '2 days'
        FROM generate_series(1, 20000) AS n;
    INSERT INTO idempotency_keys SELECT 'busy', 'key ' || n, '', n FROM generate_series(1, 5000) n;
    ANALYZE tasks, idempotency_keys;
    INSERT INTO tasks (user_id, id, title)
        SELECT 'newcomer', n, 'Task ' || n FROM generate_series(60001, 65000) AS n;
"""


@pytest.fixture(scope="module")
def cursor(database_url: str) -> Iterator[Any]:
    """A transaction with tables of its own."""
    with closing(psycopg2.connect(database_url)) as connection, connection.cursor() as cursor:
        cursor.execute(FILL)
        yield cursor


@pytest.fixture(scope="module", params=["pooled", "custom", "generic"])
def plan(
    cursor: Any, database_url: str, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Plan]]:
    """Return every step of the plan that PostgreSQL makes for a statement as the pool sends it.

    Of a prepared one, it plans the first five executions with their values, later ones without.
    """
    direct = request.param != "pooled"
    cursor.execute("SAVEPOINT unprepared")
    if direct:
        cursor.execute(f"SET LOCAL plan_cache_mode = force_{request.param}_plan")
    opening, sent = messages(database_url, direct=direct)
    if opening:
        cursor.execute(opening)

    def plan(text: str, values: dict[str, Any]) -> Plan:
        cursor.execute("SAVEPOINT planned")  # what is set for one statement ends with it
        settings, _, statement = sent[text].rpartition("; ")
        cursor.execute(settings or "SELECT 1")
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}", values)
        [[[explained]]] = cursor
        cursor.execute("ROLLBACK TO SAVEPOINT planned")
        return list(steps(explained["Plan"]))

    yield plan
    cursor.execute("ROLLBACK TO SAVEPOINT unprepared; DEALLOCATE ALL")


def messages(dsn: str, *, direct: bool) -> tuple[str, dict[str, str]]:
    """Return what a new connection of the pool is told first, and then for each statement."""
    seen: list[str] = []

    async def note(_: Connection, sql: str, __: object = None) -> list[Any]:
        seen.append(sql)
        return []

    async def run() -> None:
        pool = Pool(dsn, size=1, direct=direct)
        for text in STATEMENTS:
            await pool.execute(text)
        await pool.close()

    with pytest.MonkeyPatch.context() as patch, closing(asyncio.new_event_loop()) as loop:
        patch.setattr(Connection, "execute", note)
        loop.run_until_complete(run())
    *openings, first = seen[: len(seen) - len(STATEMENTS) + 1]
    return "".join(openings), dict(
        zip(STATEMENTS, [first, *seen[len(openings) + 1 :]], strict=True)
    )


def steps(step: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield step
    for child in step.get("Plans", ()):
        yield from steps(child)


def asked(text: str, user: str) -> Iterator[dict[str, Any]]:
    """Return every mixture of the values that the statement's parameters can have.

    The others have one each, for the prepared statement that is executed in place of this one.
    """
    names = sorted(set(re.findall(r"%\((\w+)\)s", text)) - {"user"})
    others = {name: values[0] for name, values in VALUES.items()}
    for values in product(*(VALUES[name] for name in names)):
        yield {**others, "user": user, **dict(zip(names, values, strict=True))}


def conditions(plan: Plan) -> list[str]:
    """Return the keys by which tables and indexes are read, none for those read from end to end."""
    reads = ("Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Index Scan", "Sample Scan")
    return [step.get("Index Cond", "") for step in plan if step["Node Type"] in reads]


def kinds(plan: Plan) -> list[str]:
    return [step["Node Type"] for step in plan]


def of_tags(text: str) -> list[str]:
    """Return the step that a search has below it, which looks through the tags of each task."""
    return ["Function Scan"] if "%(q)s" in text else []


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("texts", [OTHERS, *PAGES.values()], ids=["OTHERS", *PAGES])
def test_a_statement_reads_nothing_but_the_users_own_key_range(
    plan: Callable[..., Plan], texts: dict[str, str], user: str
) -> None:
    for name, text in texts.items():
        for values in asked(text, user):
            for condition in conditions(plan(text, values)):
                own = rf"\(user_id = ('{user}'::text|\$\d+)\)"
                assert re.search(own, condition), (name, values)


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("order", ALONG_THE_KEY)
def test_a_page_walks_the_key_and_sorts_nothing(
    plan: Callable[..., Plan], order: str, user: str
) -> None:
    for name, text in PAGES[order].items():
        for values in asked(text, user):
            planned = plan(text, values)
            assert kinds(planned) == ["Limit", "Index Scan", *of_tags(text)], (name, values)


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("order", ALONG_THE_KEY)
def test_a_page_in_the_middle_starts_at_its_cursor(
    plan: Callable[..., Plan], order: str, user: str
) -> None:
    going_on = [text for text in PAGES[order].values() if "%(after)s" in text]
    assert len(going_on) == len(PAGES[order]) / 2
    for text in going_on:
        for values in asked(text, user):
            [condition] = conditions(plan(text, values))
            assert re.search(r"\(id [<>] ", condition), values


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("order", SORTED)
def test_a_page_in_another_order_sorts_what_the_user_has(
    plan: Callable[..., Plan], order: str, user: str
) -> None:
    for name, text in PAGES[order].items():
        for values in asked(text, user):
            planned = plan(text, values)
            assert kinds(planned)[:2] == ["Limit", "Sort"], (name, values)
            assert kinds(planned)[2:] in (
                ["Index Scan", *of_tags(text)],
                ["Bitmap Heap Scan", "Bitmap Index Scan", *of_tags(text)],
            )
            assert {step.get("Index Name", "tasks_pkey") for step in planned} == {"tasks_pkey"}


@pytest.mark.parametrize("direct", [False, True])
@pytest.mark.parametrize("order", SORTED)
def test_an_older_postgresql_does_not_compile_what_it_sorts(
    running_server: Server, order: str, *, direct: bool
) -> None:
    """Up to version 17 a sort that is off costs 10^10, and from 10^5 on JIT takes 0.2 seconds."""
    schema.upgrade(running_server.dsn)
    opening, sent = messages(running_server.dsn, direct=direct)
    text = pages.page(order, frozenset(), goes_on=False)
    settings, _, statement = sent[text].rpartition("; ")
    with closing(psycopg2.connect(running_server.dsn)) as connection, connection.cursor() as cursor:
        for each in filter(None, (opening, settings)):
            cursor.execute(each)
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}", {"user": "busy", "limit": 51})
        [[[explained]]] = cursor

    assert connection.server_version < 170000
    assert "Sort" in kinds(list(steps(explained["Plan"])))
    assert explained["Plan"]["Total Cost"] < 100_000


@pytest.mark.parametrize("user", USERS)
def test_one_task_is_one_look_into_the_primary_key(plan: Callable[..., Plan], user: str) -> None:
    for name, text in OF_ONE_TASK.items():
        for values in asked(text, user):
            planned = plan(text, values)
            [condition] = conditions(planned)
            assert re.search(r"\(user_id = .+\) AND \(id = ", condition), (name, values)
            assert planned[-1]["Index Name"] == "tasks_pkey"


def test_old_keys_are_found_without_reading_the_fresh_ones(plan: Callable[..., Plan]) -> None:
    [values] = asked(statements.CREATE_ONCE, "busy")
    by_age, by_key = sorted(conditions(plan(statements.CREATE_ONCE, values)))

    assert "created_at < " in by_age
    assert "key = " in by_key


WITHOUT_A_KEY = {
    text.name: text
    for text in (
        *OF_ONE_TASK.values(),
        *(pages.page(order, frozenset(), goes_on=False) for order in PAGES),
    )
}


@pytest.mark.parametrize("text", WITHOUT_A_KEY.values(), ids=WITHOUT_A_KEY)
def test_without_its_key_the_table_would_be_read_from_end_to_end(
    cursor: Any, plan: Callable[..., Plan], text: str
) -> None:
    cursor.execute("SAVEPOINT keyed")
    cursor.execute("ALTER TABLE tasks DROP CONSTRAINT tasks_pkey")
    planned = plan(text, next(asked(text, "busy")))
    cursor.execute("ROLLBACK TO SAVEPOINT keyed")

    assert "Seq Scan" in kinds(planned)
    assert "" in conditions(planned)
