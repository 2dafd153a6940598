import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import uuid4

import psycopg2
import pytest

from db import schema, tasks
from db.errors import DatabaseRefused, DatabaseUnavailable
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
    of_list: dict[str, Any] = {"q": None, "newest_first": True, "limit": 2, "cursor": None}
    made = [await tasks.create(pool, user, f"Task {number}", None) for number in range(5)]
    once = await tasks.create_once(pool, user, "Once", "described", "key")
    again = await tasks.create_once(pool, user, "Once", "described", "key")
    first, cursor = await tasks.page(pool, user, complete=None, **of_list)
    second, _ = await tasks.page(pool, user, complete=None, **of_list | {"cursor": cursor})
    oldest, _ = await tasks.page(pool, user, complete=False, **of_list | {"newest_first": False})
    found, _ = await tasks.page(pool, user, complete=None, **of_list | {"q": "TASK 3"})
    this = made[0]["id"]
    new: dict[str, Any] = {"title": "New", "description": "more", "complete": True}
    replaced = await tasks.replace(pool, user, this, **new, versions=["1"])
    patched = await tasks.patch(pool, user, this, {"description": None}, versions=None)
    await tasks.delete(pool, user, this, versions=["3"])
    assert again == once
    seen = [*made, once, *first, *second, *oldest, *found, replaced, patched]
    seen.append(await tasks.get(pool, user, made[1]["id"]))
    varying = ("id", "user_id", "created_at", "updated_at")
    return [{key: task[key] for key in task if key not in varying} for task in seen]


async def test_prepared_statements_answer_as_others_do(direct: Pool, migrated: Server) -> None:
    plain = Pool(migrated.dsn, size=1)
    for _ in range(7):  # from the sixth time on, PostgreSQL may use a plan for all values
        user = f"user-{uuid4().hex}"
        assert await everything(direct, user) == await everything(plain, f"{user}-plain")
    await plain.close()


async def test_the_limit_ends_a_prepared_statement(migrated: Server, name: str) -> None:
    pool = Pool(migrated.dsn, size=1, timeout=0.5, direct=True)
    task = await tasks.create(pool, name, "Locked", None)
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
    assert (await tasks.create(pool, name, "Afterwards", None))["version"] == 1
    await pool.close()


@pytest.fixture
def sql_of(migrated: Server) -> Callable[[str], object]:
    return migrated.sql
