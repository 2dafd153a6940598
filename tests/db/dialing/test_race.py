"""What a race does where two things happen at the same moment."""

import asyncio
import socket

import psycopg2
import pytest

from db.pool.dialing.dsn import Target
from db.pool.dialing.race import Race
from tests.db.conftest import until


async def test_of_two_that_connect_at_once_one_is_kept() -> None:
    ends = dict(zip("ab", socket.socketpair(), strict=True))
    both_run = asyncio.Event()

    async def attempt(target: Target) -> socket.socket:
        if target.host == "b":
            both_run.set()
        await both_run.wait()
        return ends[target.host]

    link, winner = await Race([Target("a"), Target("b")], attempt).run()

    loser = ends["a" if winner.host == "b" else "b"]
    assert link is ends[winner.host]
    assert link.fileno() != -1
    assert loser.fileno() == -1, "it is not closed"
    link.close()


async def test_a_name_that_is_found_after_a_refusal_is_not_tried() -> None:
    refused = asyncio.Event()

    async def attempt(target: Target) -> list[Target]:
        if target == Target("slow.example"):
            await refused.wait()
            return [Target("slow.example", "127.0.0.1")]
        asyncio.get_running_loop().call_soon(refused.set)
        raise psycopg2.OperationalError("FATAL:  no")

    race = Race([Target("slow.example"), Target("127.0.0.2")], attempt)
    with pytest.raises(psycopg2.OperationalError, match="no"):
        await race.run()
    assert race.begun == [Target("slow.example"), Target("127.0.0.2")]


async def test_a_race_that_is_cancelled_ends_its_attempts() -> None:
    ended = []

    async def attempt(target: Target) -> list[Target]:
        try:
            await asyncio.sleep(3600)
        finally:
            ended.append(target)
        return []

    race = Race([Target("a"), Target("b")], attempt)
    running = asyncio.create_task(race.run())
    await until(lambda: len(race.begun) == 2)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert sorted(ended) == race.begun


async def test_the_addresses_of_a_name_come_before_the_next_host() -> None:
    addresses = [Target("a.example", "127.0.0.1"), Target("a.example", "127.0.0.2")]

    async def attempt(target: Target) -> list[Target]:
        if target == Target("a.example"):
            return addresses
        raise ConnectionRefusedError

    race = Race([Target("a.example"), Target("b")], attempt)
    with pytest.raises(ConnectionRefusedError):
        await race.run()
    assert race.begun == [Target("a.example"), *addresses, Target("b")]
