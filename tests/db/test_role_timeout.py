"""The role's own statement timeout, in place of one that each statement carries."""

import asyncio
from collections.abc import Iterator
from contextlib import closing

import psycopg2
import pytest

from db import schema
from db.errors import DatabaseUnavailable
from db.pool.pool import Pool
from tests.db.conftest import SLEEP
from tests.db.postgres import Server

IN_FORCE = "SELECT current_setting('statement_timeout'), current_query()"
CARRIED = "SET LOCAL statement_timeout = 9501; "


@pytest.fixture
def role(server: Server) -> Iterator[Server]:
    """The server, whose role may be altered."""
    yield server
    server.sql("ALTER ROLE CURRENT_USER RESET statement_timeout")


@pytest.mark.parametrize(
    ("own", "in_force", "carried"),
    [
        ("0", "9501ms", True),
        ("1h", "9501ms", True),
        ("9502", "9501ms", True),
        ("9501", "9501ms", False),
        ("1s", "1s", False),
    ],
)
async def test_a_statement_carries_the_timeout_unless_the_roles_own_is_as_short(
    role: Server, own: str, in_force: str, *, carried: bool
) -> None:
    role.sql(f"ALTER ROLE CURRENT_USER SET statement_timeout = '{own}'")
    pool = Pool(role.dsn, size=1)
    [(timeout, query)] = await pool.execute(IN_FORCE)
    await pool.close()

    assert timeout == in_force
    assert query == (CARRIED if carried else "") + IN_FORCE


async def test_the_roles_own_timeout_ends_a_statement_and_keeps_the_connection(
    role: Server,
) -> None:
    role.sql("ALTER ROLE CURRENT_USER SET statement_timeout = '50ms'")
    pool = Pool(role.dsn, size=1)
    [(before,)] = await pool.execute("SELECT pg_backend_pid()")
    with pytest.raises(DatabaseUnavailable, match="57014"):
        await pool.execute(SLEEP)
    [(after,)] = await pool.execute("SELECT pg_backend_pid()")
    await pool.close()

    assert after == before


async def test_it_does_not_limit_migrations(role: Server) -> None:
    schema.upgrade(role.dsn)
    role.sql("ALTER ROLE CURRENT_USER SET statement_timeout = '200ms'")
    with closing(psycopg2.connect(role.dsn)) as other, other.cursor() as cursor:
        cursor.execute("LOCK TABLE tasks")
        analyzing = asyncio.create_task(asyncio.to_thread(schema.analyze, role.dsn))
        await asyncio.sleep(0.5)
        assert not analyzing.done()
        other.rollback()
    await analyzing
