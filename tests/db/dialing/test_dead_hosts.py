"""A host that is dead, in whatever way, is passed over, and then no longer in the way."""

import asyncio
import socket
from collections.abc import Callable
from time import perf_counter
from typing import Any

import pytest

from db.errors import DatabaseTooSlow, DatabaseUnavailable
from db.pool.connection import Connection
from db.pool.dialing.dialer import Dialer
from db.pool.pool import Pool
from db.reasons import reason
from tests.db.conftest import PID, SLEEP, end
from tests.db.dead import DEAD, dropped, is_closed, refused, silent
from tests.db.postgres import Server

DsnOf = Callable[..., str]
CONNECT_TIMEOUT = 5  # seconds; long past what a request waits for a connection


@pytest.mark.parametrize("kind", DEAD)
async def test_the_first_request_is_answered_though_the_first_host_is_dead(
    server: Server, dsn_of: DsnOf, kind: str
) -> None:
    with DEAD[kind]() as dead:
        pool = Pool(dsn_of(dead.port, server.port, connect_timeout=CONNECT_TIMEOUT))
        started = perf_counter()
        await pool.execute(PID)
        assert perf_counter() - started < CONNECT_TIMEOUT
        await pool.close()


async def test_several_dead_hosts_are_passed_over(server: Server, dsn_of: DsnOf) -> None:
    with silent() as first, dropped() as second, refused() as third:
        pool = Pool(dsn_of(first.port, second.port, third.port, server.port))
        await pool.execute(PID)
        await pool.close()


async def test_the_good_host_is_remembered(server: Server, dsn_of: DsnOf) -> None:
    with silent() as dead:
        dialer = Dialer(dsn_of(dead.port, server.port), patience=10)
        for _ in range(3):
            (await dialer.dial()).close()
        assert dead.tries() == 1


async def test_what_was_remembered_is_forgotten_when_it_fails(
    server: Server, standby: Server, dsn_of: DsnOf
) -> None:
    dialer = Dialer(dsn_of(standby.port, server.port), patience=10)
    standby.stop()
    (await dialer.dial()).close()
    standby.start()
    server.stop()
    link = await dialer.dial()
    assert link.info.port == standby.port
    link.close()


async def test_the_order_of_the_hosts_counts_again_after_a_while(
    server: Server, dsn_of: DsnOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.pool.dialing.dialer._MEMORY", 0.0)
    with silent() as dead:
        dialer = Dialer(dsn_of(dead.port, server.port), patience=10)
        for _ in range(2):
            (await dialer.dial()).close()
        assert dead.tries() == 2


async def test_a_host_that_falls_silent_is_left_for_the_next(
    server: Server, standby: Server, dsn_of: DsnOf
) -> None:
    pool = Pool(dsn_of(standby.port, server.port), size=1, timeout=1)
    await asyncio.create_task(pool.execute(PID))
    standby.freeze()
    with pytest.raises(DatabaseTooSlow):
        await asyncio.create_task(pool.execute(PID))
    assert await asyncio.create_task(pool.execute("SHOW port")) == [(str(server.port),)]
    await pool.close()


async def test_a_slow_host_wins_where_no_other_answers(server: Server, dsn_of: DsnOf) -> None:
    with silent() as other:
        server.freeze()
        dialing = asyncio.create_task(
            Connection.open(dsn_of(server.port, other.port, connect_timeout=30))
        )
        loser = await other.first_try()
        server.thaw()
        (await dialing).close()
        assert await is_closed(loser)


@pytest.mark.parametrize("kind", ["silent", "dropped"])
async def test_each_host_has_its_connect_timeout(dsn_of: DsnOf, kind: str) -> None:
    with DEAD[kind]() as dead, refused() as other:
        started = perf_counter()
        with pytest.raises(DatabaseUnavailable) as failure:
            await Connection.open(dsn_of(dead.port, other.port, connect_timeout=1))
        assert 1 <= perf_counter() - started < 5
    assert reason(failure.value.__cause__ or failure.value) == "timeout"


@pytest.mark.parametrize("nothing", [0, -1])
async def test_a_connect_timeout_of_nothing_is_ours(
    server: Server, dsn_of: DsnOf, nothing: int
) -> None:
    with silent() as dead, pytest.raises(DatabaseUnavailable):
        await Connection.open(dsn_of(dead.port, connect_timeout=nothing), patience=0.05)
    connection = await Connection.open(dsn_of(server.port, connect_timeout=nothing))
    connection.close()


async def test_a_connect_timeout_that_is_no_number_is_unavailable(
    server: Server, dsn_of: DsnOf
) -> None:
    with pytest.raises(DatabaseUnavailable):
        await Connection.open(dsn_of(server.port, connect_timeout="soon"))


async def test_the_environment_has_a_connect_timeout_too(
    dsn_of: DsnOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGCONNECT_TIMEOUT", "1")
    with silent() as dead, pytest.raises(DatabaseUnavailable):
        async with asyncio.timeout(10):
            await Connection.open(dsn_of(dead.port), patience=60)


class Names:
    """A resolver that a test tells what to say, in place of the system's."""

    def __init__(self, *addresses: str) -> None:
        self._addresses = addresses

    async def __call__(self, host: str, *_: object, **__: object) -> list[tuple[Any, ...]]:
        assert host == "database.example"
        return [
            (socket.AF_INET6 if ":" in address else socket.AF_INET, 0, 0, "", (address, 0))
            for address in self._addresses
        ]


@pytest.mark.parametrize("dead", ["::1", "127.0.0.2"])
async def test_a_dead_address_of_a_name_is_passed_over_and_remembered(
    server: Server, dead: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = Names(dead, "127.0.0.1")
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", names)
    with silent(dead, server.port) as listener:
        dialer = Dialer(
            f"host=database.example port={server.port} user=postgres", patience=CONNECT_TIMEOUT
        )
        for _ in range(3):
            (await dialer.dial()).close()
        assert listener.tries() == 1


async def test_the_families_of_a_name_take_turns(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = Names("::1", "::1", "::1", "127.0.0.1")
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", names)
    with silent("::1", server.port) as listener:
        connection = await Connection.open(
            f"host=database.example port={server.port} user=postgres"
        )
        connection.close()
        assert listener.tries() == 1


async def test_a_name_that_is_looked_up_for_long_is_passed_over(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: object, **__: object) -> list[tuple[Any, ...]]:
        await asyncio.sleep(3600)
        return []

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", never)
    connection = await Connection.open(
        f"host=database.example,127.0.0.1 port={server.port} user=postgres connect_timeout=30"
    )
    connection.close()


async def test_nothing_is_left_of_attempts_that_are_given_up(dsn_of: DsnOf) -> None:
    with silent() as first, silent() as second:
        tasks = asyncio.all_tasks()
        pool = Pool(dsn_of(first.port, second.port, connect_timeout=30))
        request = asyncio.create_task(pool.execute(SLEEP))
        begun = [await first.first_try(), await second.first_try()]
        await pool.close()
        await end(request)
        assert asyncio.all_tasks() == tasks
        for connection in begun:
            assert await is_closed(connection)
