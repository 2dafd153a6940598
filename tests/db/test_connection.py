import asyncio
import os

import pytest

from db.errors import DatabaseRefused, DatabaseUnavailable
from db.pool.connection import Connection
from tests.db.conftest import until
from tests.db.postgres import Server


async def answer(dsn: str, sql: str = "SELECT 1") -> object:
    connection = await Connection.open(dsn)
    try:
        return (await connection.execute(sql))[0][0]
    finally:
        connection.close()


@pytest.fixture
async def connection(server: Server) -> Connection:
    return await Connection.open(server.dsn)


async def test_rows_come_back(connection: Connection) -> None:
    rows = await connection.execute(
        "SELECT n, %(text)s FROM generate_series(1, 2) n", {"text": "ä"}
    )
    assert rows == [(1, "ä"), (2, "ä")]
    connection.close()


async def test_a_statement_without_a_result_has_no_rows(connection: Connection) -> None:
    assert await connection.execute("DO $$ BEGIN RAISE NOTICE 'heard'; END $$") == []
    assert await connection.execute("SELECT 1") == [(1,)]
    connection.close()


async def test_a_long_statement_and_a_long_result_pass(connection: Connection) -> None:
    sent = "š" * 4_000_000
    assert await connection.execute("SELECT %(sent)s = repeat('š', 4000000)", {"sent": sent}) == [
        (True,)
    ]
    ((received,),) = await connection.execute("SELECT repeat('x', 50000000)")
    assert len(received) == 50_000_000
    connection.close()


async def test_the_loop_runs_on_while_a_long_statement_is_sent(
    connection: Connection, server: Server
) -> None:
    server.freeze()
    sending = asyncio.create_task(connection.execute("SELECT %(x)s", {"x": "x" * 30_000_000}))
    await until(lambda: connection._writing)
    server.thaw()
    assert len((await sending)[0][0]) == 30_000_000
    assert not connection._writing
    connection.close()


@pytest.mark.parametrize(
    ("sql", "parameters", "error"),
    [
        ("SELECT 1 / 0", None, DatabaseRefused),
        ("SELECT * FROM missing", None, DatabaseRefused),
        ("SELECT %(x)s", {"x": object()}, DatabaseRefused),
        ("SELECT %(x)s", {"x": "\0"}, ValueError),
        ("SELECT %(x)s", {}, KeyError),
    ],
)
async def test_a_refused_statement_leaves_the_connection_usable(
    connection: Connection, sql: str, parameters: dict[str, object] | None, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await connection.execute(sql, parameters)
    assert await connection.execute("SELECT 1") == [(1,)]
    connection.close()


async def test_a_cancelled_statement_closes_the_connection(connection: Connection) -> None:
    running = asyncio.create_task(connection.execute("SELECT pg_sleep(10)"))
    await until(lambda: connection._reply)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert connection.closed


async def test_a_connection_that_the_server_ends_while_idle_says_so(
    connection: Connection, server: Server
) -> None:
    lost: list[Connection] = []
    connection.on_lost = lost.append
    ((pid,),) = await connection.execute("SELECT pg_backend_pid()")
    server.sql(f"SELECT pg_terminate_backend({pid})")
    await until(lambda: lost)
    assert connection.closed


async def test_a_closed_descriptor_is_never_left_with_the_loop(connection: Connection) -> None:
    descriptor = connection._fd
    connection.close()
    connection.close()
    reading, writing = os.pipe()
    os.dup2(reading, descriptor)
    seen: list[bool] = []
    asyncio.get_running_loop().add_reader(descriptor, seen.append, True)
    os.write(writing, b"x")
    await until(lambda: seen)
    asyncio.get_running_loop().remove_reader(descriptor)
    for open_descriptor in {reading, writing, descriptor}:
        os.close(open_descriptor)


async def test_a_url_and_a_host_name_are_understood(server: Server) -> None:
    assert await answer(f"postgresql://postgres@localhost:{server.port}/postgres") == 1


async def test_libpq_gets_a_host_that_is_looked_up_already_and_its_name(server: Server) -> None:
    connection = await Connection.open(f"host=localhost port={server.port} user=postgres")
    seen = connection._link.info.dsn_parameters
    assert seen["hostaddr"].split(",")[0] == "127.0.0.1"
    assert seen["host"].split(",")[0] == "localhost"
    connection.close()


async def test_a_unix_domain_socket_is_understood(server: Server) -> None:
    assert await answer(f"host={server.directory} port={server.port} user=postgres") == 1


async def test_the_next_host_is_tried(server: Server) -> None:
    hosts = f"host=name.invalid,localhost,/nowhere,127.0.0.1 port=1,1,1,{server.port}"
    assert await answer(f"{hosts} user=postgres") == 1


async def test_one_port_serves_all_hosts(server: Server) -> None:
    assert await answer(f"host=/nowhere,localhost port={server.port} user=postgres") == 1


@pytest.mark.parametrize("dsn", ["host=name.invalid", "host=a,b port=1,2,3", "nonsense"])
async def test_a_dsn_that_leads_nowhere_is_unavailable(dsn: str) -> None:
    with pytest.raises(DatabaseUnavailable, match="could not be reached"):
        await Connection.open(dsn)


async def test_a_server_that_never_answers_is_given_up(server: Server) -> None:
    server.freeze()
    with pytest.raises(DatabaseUnavailable):
        await Connection.open(server.dsn, patience=0.1)


@pytest.mark.parametrize(("given", "shown"), [("", "todo-api"), ("application_name=x", "x")])
async def test_the_server_sees_an_application_name(server: Server, given: str, shown: str) -> None:
    assert await answer(f"{server.dsn} {given}", "SHOW application_name") == shown


async def test_text_is_utf8_whatever_the_dsn_says(server: Server) -> None:
    assert await answer(f"{server.dsn} client_encoding=latin1", "SELECT U&'\\20AC'") == "€"
