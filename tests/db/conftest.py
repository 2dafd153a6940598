"""A server of its own for the tests that break it, on both event loops."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
import uvloop
from psycopg2.extensions import make_dsn

from db import schema
from db.pool.pool import Pool
from tests.db.postgres import Server, private_server

PID = "SELECT pg_backend_pid()"
SLEEP = "SELECT pg_sleep(30)"

_numbers = count()


def somebody() -> dict[str, object]:
    """Return the parameters of a statement of another user than all before."""
    return {"user": f"somebody-{next(_numbers)}"}


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run each asynchronous test here on asyncio's own loop and on the one that serves."""
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@pytest.fixture(scope="session")
def running_server() -> Iterator[Server]:
    with private_server() as server:
        yield server


@pytest.fixture
def server(running_server: Server) -> Iterator[Server]:
    """The server, which a test may leave frozen or dead."""
    yield running_server
    running_server.thaw()
    running_server.start()


@pytest.fixture
async def pool(server: Server) -> AsyncIterator[Pool]:
    pool = Pool(server.dsn, size=3)
    yield pool
    await pool.close()


@pytest.fixture
def new(database_url: str, sql: Callable[..., Any]) -> Iterator[Callable[[], str]]:
    """Make an empty database: a schema, since the role may not make more than that."""
    names: list[str] = []

    def new() -> str:
        names.append(f"empty_{uuid4().hex}")
        sql(f"CREATE SCHEMA {names[-1]}")
        return str(make_dsn(database_url, options=f"-csearch_path={names[-1]}"))

    yield new
    for name in names:
        sql(f"DROP SCHEMA {name} CASCADE")


@pytest.fixture
def empty(new: Callable[[], str]) -> str:
    return new()


@pytest.fixture
def migrated(empty: str) -> str:
    schema.upgrade(empty)
    return empty


async def until(condition: Callable[[], object]) -> None:
    """Let the loop run until it is so."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.002)


async def busy(pool: Pool, connections: int, sql: str = SLEEP) -> list[asyncio.Task[object]]:
    """Occupy connections of the pool, each with a user of its own."""
    tasks: list[asyncio.Task[object]] = [
        asyncio.create_task(pool.execute(sql, somebody())) for _ in range(connections)
    ]
    await until(lambda: sum(bool(used._reply) for used in pool._connections) == connections)
    return tasks


async def end(*tasks: asyncio.Task[object]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
