"""Answers that nobody reads, and connections that say nothing: bounded, and let go in the end."""

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

from tests.conftest import SECRET
from tests.live.conftest import Server, serving, until
from tests.live.crowd import Cost, Crowd, watched
from tests.live.messages import AUTHORIZATION, HOST, PATH, filled, message
from tests.live.wire import exchange

pytestmark = pytest.mark.timeout(600)

MOST_GROWTH = 64 * 2**20  # bytes
MOST_GROWTH_OF_LISTS = 160 * 2**20
"""75 to 120 MiB were measured: beside 16 MiB of unread answers, as many lists of 4.8 MB are
being made as the pool has connections, each as rows, as objects and as JSON at once."""
MOST_WAITING = 5.0 if "CAMPAIGN_DEADLINES" in os.environ else 60.0
"""Seconds, of which a quiet machine needs less than one, and a busy one what it is left."""
HELD = 5.0  # seconds
UNREAD_DEADLINE = 30.0
IDLE_DEADLINE = 75.0
SLACK = 15.0  # seconds that a busy machine may add to a deadline
READER = "alice-" + "0" * 31  # as long as the user in the messages
TASKS = 1000
READERS = 16

HEALTH = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
DOCUMENT = b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
LISTING = filled(message(b"GET %s HTTP/1.1" % PATH, (HOST, AUTHORIZATION)), READER)
campaign = pytest.mark.skipif(
    "CAMPAIGN_DEADLINES" not in os.environ, reason="takes minutes; see make campaign"
)

UNREAD = {
    "20 connections, 250 KB of requests for the document": (20, DOCUMENT, 5700),
    "1000 connections, 64 KiB of requests for next to nothing": (1000, HEALTH, 1500),
    "100 lists": (100, LISTING, 1),
    "1000 lists": (1000, LISTING, 1),
}


@pytest.fixture(scope="module", autouse=True)
def long_tasks(sql: Callable[..., Any]) -> Iterator[None]:
    """A list of 4.8 MB."""
    sql(
        "INSERT INTO tasks (user_id, title, description) "
        "SELECT %s, repeat('🥛', 200), repeat('🥛', 1000) FROM generate_series(1, %s)",
        (READER, TASKS),
    )
    yield
    sql("DELETE FROM tasks WHERE user_id = %s", (READER,))


@pytest.fixture
def service(database_url: str, tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path / "output", DATABASE_URL=database_url, JWT_SECRET_KEY=SECRET) as server:
        yield server
        server.stop(signal.SIGKILL)  # a shutdown would wait for those who do not read


def read(service: Server, request: bytes) -> Cost:
    """Return what it costs to answer these requests when they are read."""
    with watched(service, HEALTH) as cost, ThreadPoolExecutor(READERS) as readers:
        answers = readers.map(exchange, [service] * 3 * READERS, [request] * 3 * READERS)
        assert {answer.status for answer in answers} == {200}
    return cost


@pytest.mark.parametrize(("count", "request_", "times"), UNREAD.values(), ids=UNREAD)
def test_answers_that_nobody_reads_are_bounded_while_others_are_answered(
    service: Server, count: int, request_: bytes, times: int, figure: Callable[[str], None]
) -> None:
    usual = read(service, request_)
    with (
        watched(service, HEALTH) as cost,
        Crowd(service, count, request_ * times, reads=False) as crowd,
    ):
        crowd.press(HELD)
    figure(f"{cost}; {usual} where all is read")
    most = MOST_GROWTH_OF_LISTS if request_ is LISTING else MOST_GROWTH
    assert cost.most - usual.most < most
    assert cost.slowest < MOST_WAITING
    assert set(cost.statuses) == {200}


def test_who_reads_gets_long_answers_whole_beside_others_who_do_not(service: Server) -> None:
    with Crowd(service, 100, LISTING, reads=False) as crowd:
        crowd.press(1.0)
        answers = [exchange(service, LISTING) for _ in range(5)]

    assert [answer.status for answer in answers] == [200] * 5
    lengths = {len(answer.body) - int(answer.headers["content-length"]) for answer in answers}
    assert lengths == {0}


def test_a_thousand_silent_connections_cost_little(
    service: Server, figure: Callable[[str], None]
) -> None:
    with watched(service, HEALTH) as cost, Crowd(service, 1000):
        until(lambda: cost.connections() >= 999)  # one is taken for the watcher's
    figure(str(cost))
    assert cost.growth < MOST_GROWTH
    assert cost.slowest < MOST_WAITING


@campaign
@pytest.mark.parametrize(("count", "request_", "times"), UNREAD.values(), ids=UNREAD)
def test_who_does_not_read_is_let_go(
    service: Server, count: int, request_: bytes, times: int, figure: Callable[[str], None]
) -> None:
    with (
        watched(service, HEALTH) as cost,
        Crowd(service, count, request_ * times, reads=False) as crowd,
    ):
        crowd.press(HELD)
        # Answers that the system's buffers hold are sent: their connections are idle.
        patience = UNREAD_DEADLINE + IDLE_DEADLINE + SLACK
        seconds = HELD + until(lambda: not cost.connections(), patience)
    figure(f"all let go after {seconds:.0f} s, {cost}")


@campaign
def test_a_silent_connection_is_closed_without_a_word(
    service: Server, figure: Callable[[str], None]
) -> None:
    with Crowd(service, 20) as silent, Crowd(service, 20, HEALTH) as idle:
        until(lambda: idle.press(0.1) > 0 and idle.statuses() == {200: 20})
        seconds = silent.press(IDLE_DEADLINE + SLACK)
        idle.press(SLACK)
        assert (silent.ended, silent.statuses()) == (True, {0: 20})
        assert (idle.ended, idle.statuses()) == (True, {200: 20})
    figure(f"closed after {seconds:.0f} s")
    assert seconds > IDLE_DEADLINE - SLACK


@campaign
@pytest.mark.parametrize(
    ("size", "pause", "served"),
    [(100_000, 10.0, True), (1_000, 1.0, False)],
    ids=["a slow reader is served", "one that hardly reads is let go"],
)
def test_an_answer_has_to_be_read_at_a_least_pace(
    service: Server, size: int, pause: float, *, served: bool
) -> None:
    requests = 10  # more than the system's own buffers hold
    whole = requests * len(exchange(service, LISTING).body)
    with Crowd(service, 1, LISTING * requests, reads=False) as crowd:
        crowd.press(1.0)
        [member] = crowd.members
        deadline = monotonic() + 2 * UNREAD_DEADLINE + SLACK
        while monotonic() < deadline:
            member.receive(size)
            sleep(pause)
        while not member.ended and len(member.received) < whole:
            member.receive()

    assert (len(member.received) >= whole) == served
