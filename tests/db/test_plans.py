"""What each statement reads, as PostgreSQL plans it: the user's own key range, or one row of it.

The table is large enough for a choice, and its statistics tempt to wrong ones: one user has a fifth
of all tasks, none is complete, and another user came after the last ANALYZE.
"""

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import product
from typing import Any

import psycopg2
import pytest

from db import search, statements
from db.pool.connection import Connection
from db.pool.pool import Pool

Plan = list[dict[str, Any]]

STATEMENTS = {
    name: text
    for name, text in vars(statements).items()
    if name.isupper() and isinstance(text, str) and text != statements.READINESS
}
PAGES = {name: text for name, text in STATEMENTS.items() if "%(limit)s" in text}
OF_ONE_TASK = {name: text for name, text in STATEMENTS.items() if "%(task)s" in text}

SEARCH = search.parameters("no such café")
USERS = ["one-of-many", "busy", "newcomer"]
VALUES: dict[str, tuple[Any, ...]] = {
    "after": (None, 40_000),
    "complete": (None, True),
    "q": (None, SEARCH["q"]),
    "hint": (SEARCH["hint"],),
    "accents": (SEARCH["accents"],),
    "limit": (51, 1001),
    "task": (42,),
    "versions": (None, ["1"], ["1", "2"]),
    "new_title": ("Tea",),
    "new_description": (None,),
    "new_complete": (True,),
    "describe": (True,),
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
    sent = {text: messages(text, database_url, direct=direct) for text in STATEMENTS.values()}
    for opening in sent[next(iter(sent))][:-1]:
        cursor.execute(opening)

    def plan(text: str, values: dict[str, Any]) -> Plan:
        settings, _, statement = sent[text][-1].rpartition("; ")
        cursor.execute(settings or "SELECT 1")
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}", values)
        [[[explained]]] = cursor
        return list(steps(explained["Plan"]))

    yield plan
    cursor.execute("ROLLBACK TO SAVEPOINT unprepared; DEALLOCATE ALL")


def messages(text: str, dsn: str, *, direct: bool) -> list[str]:
    """Return what a new connection of the pool is told when it runs a statement."""
    seen: list[str] = []

    async def note(_: Connection, sql: str, __: object = None) -> list[Any]:
        seen.append(sql)
        return []

    async def run() -> None:
        pool = Pool(dsn, size=1, direct=direct)
        await pool.execute(text)
        await pool.close()

    with pytest.MonkeyPatch.context() as patch, closing(asyncio.new_event_loop()) as loop:
        patch.setattr(Connection, "execute", note)
        loop.run_until_complete(run())
    return seen


def steps(step: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield step
    for child in step.get("Plans", ()):
        yield from steps(child)


def asked(text: str, user: str) -> Iterator[dict[str, Any]]:
    """Return every mixture of the values that the statement's parameters can have."""
    names = sorted(set(re.findall(r"%\((\w+)\)s", text)) - {"user"})
    for values in product(*(VALUES[name] for name in names)):
        yield {"user": user, **dict(zip(names, values, strict=True))}


def conditions(plan: Plan) -> list[str]:
    """Return the keys by which tables and indexes are read, none for those read from end to end."""
    reads = ("Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Index Scan", "Sample Scan")
    return [step.get("Index Cond", "") for step in plan if step["Node Type"] in reads]


def kinds(plan: Plan) -> list[str]:
    return [step["Node Type"] for step in plan]


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("text", STATEMENTS.values(), ids=STATEMENTS)
def test_a_statement_reads_nothing_but_the_users_own_key_range(
    plan: Callable[..., Plan], text: str, user: str
) -> None:
    for values in asked(text, user):
        for condition in conditions(plan(text, values)):
            assert re.search(rf"\(user_id = ('{user}'::text|\$\d+)\)", condition), values


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("text", PAGES.values(), ids=PAGES)
def test_a_page_walks_the_key_and_sorts_nothing(
    plan: Callable[..., Plan], text: str, user: str
) -> None:
    for values in asked(text, user):
        assert kinds(plan(text, values)) == ["Limit", "Index Scan"], values


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("text", PAGES.values(), ids=PAGES)
def test_a_page_in_the_middle_starts_at_its_cursor(
    plan: Callable[..., Plan], text: str, user: str
) -> None:
    for values in asked(text, user):
        if values["after"] is not None:
            [condition] = conditions(plan(text, values))
            assert re.search(r"\(id [<>] ", condition), values


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("text", OF_ONE_TASK.values(), ids=OF_ONE_TASK)
def test_one_task_is_one_look_into_the_primary_key(
    plan: Callable[..., Plan], text: str, user: str
) -> None:
    for values in asked(text, user):
        planned = plan(text, values)
        [condition] = conditions(planned)
        assert re.search(r"\(user_id = .+\) AND \(id = ", condition), values
        assert planned[-1]["Index Name"] == "tasks_pkey"


def test_old_keys_are_found_without_reading_the_fresh_ones(plan: Callable[..., Plan]) -> None:
    [values] = asked(statements.CREATE_ONCE, "busy")
    by_age, by_key = sorted(conditions(plan(statements.CREATE_ONCE, values)))

    assert "created_at < " in by_age
    assert "key = " in by_key


@pytest.mark.parametrize("name", [*PAGES, *OF_ONE_TASK])
def test_without_its_key_the_table_would_be_read_from_end_to_end(
    cursor: Any, plan: Callable[..., Plan], name: str
) -> None:
    cursor.execute("SAVEPOINT keyed")
    cursor.execute("ALTER TABLE tasks DROP CONSTRAINT tasks_pkey")
    planned = plan(STATEMENTS[name], next(asked(STATEMENTS[name], "busy")))
    cursor.execute("ROLLBACK TO SAVEPOINT keyed")

    assert "Seq Scan" in kinds(planned)
    assert "" in conditions(planned)
