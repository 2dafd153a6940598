"""Counts in Redis: what a request costs while it is away, and how little is said of it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, NoReturn

import pytest
from throttled.asyncio import RateLimitResult
from throttled.exceptions import StoreUnavailableError

from todo_api.limits import shared_counts
from todo_api.limits.shared_counts import SharedCounts

RESULT = RateLimitResult(limited=False, state_values=(1, 0, 1.0, 0.0))


class Redis:
    """What a limit asks; it counts how often."""

    asked = 0
    answer: Callable[[], Coroutine[Any, Any, RateLimitResult]]

    async def limit(self, _key: str) -> RateLimitResult:
        self.asked += 1
        return await self.answer()


async def away() -> NoReturn:
    raise StoreUnavailableError from ConnectionRefusedError("redis://:hunter2@localhost")


async def silent() -> NoReturn:
    await asyncio.Event().wait()
    raise AssertionError


async def back() -> RateLimitResult:
    return RESULT


@pytest.fixture
async def counts() -> AsyncIterator[SharedCounts]:
    counts = SharedCounts("redis://localhost")
    yield counts
    await counts.close()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Let a clock that stands still go on by so many seconds."""
    now = 0.0

    def go_on(seconds: float) -> None:
        nonlocal now
        now += seconds

    monkeypatch.setattr(shared_counts, "monotonic", lambda: now)
    return go_on


@pytest.mark.parametrize("trouble", [away, silent])
async def test_where_redis_is_away_only_one_request_a_second_finds_out(
    counts: SharedCounts, clock: Callable[[float], None], trouble: Callable[[], Any]
) -> None:
    redis = Redis()
    redis.answer = trouble

    assert [await counts.take(redis.limit, "alice") for _ in range(50)] == [None] * 50
    assert (redis.asked, counts.uncounted) == (1, 50)
    clock(1)
    assert [await counts.take(redis.limit, "alice") for _ in range(50)] == [None] * 50
    assert (redis.asked, counts.uncounted) == (2, 100)


async def test_those_who_come_while_one_finds_out_do_not_wait_for_it(
    counts: SharedCounts, clock: Callable[[float], None]
) -> None:
    redis = Redis()
    redis.answer = away
    await counts.take(redis.limit, "alice")
    clock(1)
    redis.answer = silent
    finding_out = asyncio.create_task(counts.take(redis.limit, "alice"))
    await asyncio.sleep(0)  # it has begun to ask
    await asyncio.sleep(0)

    assert redis.asked == 2
    assert [await counts.take(redis.limit, "bob") for _ in range(50)] == [None] * 50
    assert not finding_out.done()
    assert await finding_out is None


async def test_a_connection_that_takes_long_to_make_is_made_all_the_same(
    counts: SharedCounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_counts, "_LIFE", 600)
    network, made, redis = asyncio.Event(), asyncio.Event(), Redis()

    async def connect() -> RateLimitResult:
        await network.wait()
        made.set()
        return RESULT

    redis.answer = connect
    assert await counts.take(redis.limit, "alice") is None
    network.set()
    await asyncio.wait_for(made.wait(), 5)


@pytest.mark.parametrize("life", [0.01, 600])
async def test_what_nobody_waits_for_ends_by_itself_or_with_the_server(
    counts: SharedCounts, monkeypatch: pytest.MonkeyPatch, life: float
) -> None:
    monkeypatch.setattr(shared_counts, "_LIFE", life)
    redis = Redis()
    redis.answer = silent
    assert await counts.take(redis.limit, "alice") is None
    if life == 600:
        await counts.close()

    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_request_waits_its_turn_as_long_as_others_are_answered(
    counts: SharedCounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_counts, "_PATIENCE", 0.001)
    monkeypatch.setattr(shared_counts, "_GRACE", 0.001)
    monkeypatch.setattr(shared_counts, "_MOST_WAITS", 10_000)
    turn, others, last = asyncio.Event(), Redis(), Redis()
    others.answer = back

    async def in_turn() -> RateLimitResult:
        await turn.wait()
        return RESULT

    last.answer = in_turn
    waiting = asyncio.create_task(counts.take(last.limit, "alice"))
    started = time.monotonic()
    while time.monotonic() < started + 0.05:
        assert await counts.take(others.limit, "bob") is RESULT
    turn.set()

    assert await waiting is RESULT
    assert counts.uncounted == 0


async def test_each_outage_is_told_with_its_own_count(
    counts: SharedCounts,
    clock: Callable[[float], None],
    log: Callable[[], list[dict[str, Any]]],
) -> None:
    redis = Redis()
    for answer in (away, away, away, back, away, back):
        redis.answer = answer
        await counts.take(redis.limit, "alice")
        clock(1)

    assert [line["uncounted"] for line in log() if "uncounted" in line] == [3, 1]
    assert counts.uncounted == 4


async def test_an_outage_is_logged_when_it_begins_and_when_it_ends(
    counts: SharedCounts,
    clock: Callable[[float], None],
    log: Callable[[], list[dict[str, Any]]],
) -> None:
    redis = Redis()
    for answer in (back, away, away, back, back):
        redis.answer = answer
        await counts.take(redis.limit, "alice")
        clock(1)

    assert [(line["level"], line["message"]) for line in log()] == [
        ("WARNING", "limits are off, as Redis is away"),
        ("WARNING", "limits are on again"),
    ]
    assert log()[0]["reason"] == "ConnectionRefusedError"
    assert log()[1]["uncounted"] == 2
    assert "hunter2" not in str(log())
    assert await counts.take(redis.limit, "alice") is RESULT
