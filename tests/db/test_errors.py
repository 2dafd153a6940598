import psycopg2
import pytest

from db.errors import ConnectionLost, DatabaseRefused, DatabaseUnavailable, translated
from db.pool.connection import Connection
from tests.db.postgres import Server


async def failure_with(server: Server, sqlstate: str) -> BaseException:
    connection = await Connection.open(server.dsn)
    statement = f"DO $$ BEGIN RAISE 'secret' USING ERRCODE = '{sqlstate}'; END $$"
    with pytest.raises((DatabaseUnavailable, DatabaseRefused)) as raised:
        await connection.execute(statement)
    connection.close()
    return raised.value


@pytest.mark.parametrize(
    "sqlstate",
    ["25006", "28P01", "3D000", "40001", "40P01", "53100", "53300", "55P03", "57014", "58030"],
)
async def test_what_passes_is_unavailable(server: Server, sqlstate: str) -> None:
    assert isinstance(await failure_with(server, sqlstate), DatabaseUnavailable)


@pytest.mark.parametrize("sqlstate", ["57P01", "57P02", "57P03", "57P05", "08006", "08P01"])
async def test_the_end_of_a_session_is_a_lost_connection(server: Server, sqlstate: str) -> None:
    assert isinstance(await failure_with(server, sqlstate), ConnectionLost)


@pytest.mark.parametrize(
    "sqlstate", ["23505", "23514", "22001", "42601", "42P01", "42501", "P0001", "XX000", "54000"]
)
async def test_what_stays_is_refused(server: Server, sqlstate: str) -> None:
    assert isinstance(await failure_with(server, sqlstate), DatabaseRefused)


async def test_the_cause_is_kept_and_the_message_tells_no_secret(server: Server) -> None:
    failure = await failure_with(server, "23505")
    assert isinstance(failure.__cause__, psycopg2.errors.UniqueViolation)
    assert str(failure) == "The database refused a statement (SQLSTATE 23505)"


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (psycopg2.OperationalError, ConnectionLost),
        (psycopg2.InterfaceError, ConnectionLost),
        (psycopg2.DatabaseError, ConnectionLost),
        (psycopg2.ProgrammingError, DatabaseRefused),
        (psycopg2.DataError, DatabaseRefused),
    ],
)
def test_without_a_sqlstate_the_class_decides(
    error: type[Exception], ours: type[Exception]
) -> None:
    assert type(translated(error("server closed the connection"))) is ours
