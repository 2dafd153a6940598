import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import uuid4

import psycopg2
import pytest

from db import schema, tasks
from db.errors import DatabaseRefused, DatabaseUnavailable
from db.pages import ORDERS
from db.pool.pool import Pool
from db.pool.prepared import EXECUTE
from tests.db.postgres import Server

KEPT = "SELECT count(*), current_setting('statement_timeout') FROM pg_prepared_statements"


@pytest.fixture
def migrated(server: Server) -> Server:
    schema.upgrade(server.dsn)
    return server


@pytest.fixture
async def direct(migrated: Server) -> AsyncIterator[Pool]:
    pool = Pool(migrated.dsn, size=2, direct=True)
    yield pool
    await pool.close()


@pytest.fixture
def name() -> str:
    return f"user-{uuid4().hex}"


async def test_a_direct_session_keeps_the_statements_and_the_limit(direct: Pool) -> None:
    [(kept, _)] = await direct.execute(KEPT)
    [(limit,)] = await direct.execute("ROLLBACK; SHOW statement_timeout")

    assert kept == len(EXECUTE) == 5
    assert limit == "9501ms"


async def test_any_other_session_keeps_nothing(migrated: Server) -> None:
    pool = Pool(migrated.dsn, size=1)
    assert (await pool.execute(KEPT))[0][0] == 0
    await pool.close()


async def everything(pool: Pool, user: str) -> list[Any]:
    """Use every statement, and return what it returned but for ids and instants."""
    later: dict[str, Any] = {
        "due_date": "2026-12-01T09:30",
        "priority": "urgent",
        "tags": ["a", 'b"\\,{}'],
    }
    bodies: list[dict[str, Any]] = [
        {"title": f"Task {n}"} | (later if n % 2 else {}) for n in range(5)
    ]
    made = [await tasks.create(pool, user, body) for body in bodies]
    new: dict[str, Any] = {"title": "Once", "description": "described", **later}
    once = await tasks.create_once(pool, user, new, "key")
    again = await tasks.create_once(pool, user, new, "key")
    first, cursor = await tasks.page(pool, user, {}, order="-created_at", limit=2, cursor=None)
    second, _ = await tasks.page(pool, user, {}, order="-created_at", limit=2, cursor=cursor)
    every = {"complete": False, "tags": ["a"], "min_priority": "low", "has_due_date": True}
    every |= {"due_from": "2026-12-01", "due_to": "2026-12-01", "q": "TASK 3"}
    found = []
    for order in ORDERS:
        for filters in ({}, every):
            found += (await tasks.page(pool, user, filters, order=order, limit=2, cursor=None))[0]
    this = made[0]["id"]
    changed = []
    cleared: dict[str, Any] = {"due_date": None, "tags": []}
    for change in ({"complete": True}, later, {"title": "New"}, cleared):
        changed.append(await tasks.patch(pool, user, this, change, versions=None))
        whole = {"title": "Tea", "description": "more", "complete": True, **change}
        changed.append(await tasks.replace(pool, user, this, whole, versions=None))
    changed.append(await tasks.patch(pool, user, this, {"description": None}, versions=["9"]))
    await tasks.delete(pool, user, this, versions=["10"])
    assert again == once
    seen = [*made, once, *first, *second, *found, *changed]
    seen.append(await tasks.get(pool, user, made[1]["id"]))
    varying = ("id", "user_id", "created_at", "updated_at")
    return [
        {key: task[key] for key in task if key not in varying}
        | {"completed_at": type(task["completed_at"])}
        for task in seen
    ]


async def test_prepared_statements_answer_as_others_do(direct: Pool, migrated: Server) -> None:
    plain = Pool(migrated.dsn, size=1)
    for _ in range(7):  # from the sixth time on, PostgreSQL may use a plan for all values
        user = f"user-{uuid4().hex}"
        assert await everything(direct, user) == await everything(plain, f"{user}-plain")
    await plain.close()


async def test_the_limit_ends_a_prepared_statement(migrated: Server, name: str) -> None:
    pool = Pool(migrated.dsn, size=1, timeout=0.5, direct=True)
    # In a context of its own, as the time to connect counts against what a context has.
    task = await asyncio.create_task(tasks.create(pool, name, {"title": "Locked"}))
    with psycopg2.connect(migrated.dsn) as session, session.cursor() as cursor:
        cursor.execute("SELECT FROM tasks WHERE user_id = %s FOR UPDATE", (name,))
        with pytest.raises(DatabaseUnavailable):
            await asyncio.create_task(tasks.delete(pool, name, task["id"], versions=None))
    session.close()
    assert await tasks.get(pool, name, task["id"]) == task
    assert pool.idle == 1
    await pool.close()


async def test_without_tables_a_direct_session_still_opens(
    migrated: Server, name: str, sql_of: Callable[[str], object]
) -> None:
    sql_of("ALTER TABLE tasks RENAME TO hidden")
    pool = Pool(migrated.dsn, size=1, direct=True)
    try:
        with pytest.raises(DatabaseRefused):
            await tasks.get(pool, name, 1)
    finally:
        sql_of("ALTER TABLE hidden RENAME TO tasks")
    assert (await tasks.create(pool, name, {"title": "Afterwards"}))["version"] == 1
    await pool.close()


@pytest.fixture
def sql_of(migrated: Server) -> Callable[[str], object]:
    return migrated.sql
