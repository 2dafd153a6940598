"""Each state of a connection has its bound in memory and its deadline, however many are in it."""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import pytest

from tests.conftest import SECRET
from tests.live.conftest import Server, serving
from tests.live.crowd import Crowd, watched
from tests.live.messages import AUTHORIZATION, CHUNKED, HOST, JSON, PATH, filled, message
from tests.live.wire import exchange

CAMPAIGN = "CAMPAIGN_DEADLINES" in os.environ
CONNECTIONS = 1000
MOST_GROWTH = 64 * 2**20  # bytes
MOST_WAITING = 5.0 if CAMPAIGN else 60.0
"""Seconds, of which a quiet machine needs less than one, and a busy one what it is left."""
REQUEST_TIMEOUT = 2
SLACK = 5 if CAMPAIGN else 30
"""Seconds that a busy machine may add to a deadline."""
MOST_TAKEN = 4 * 2**20  # bytes of a single connection: what the system's own buffers hold
USER = "alice-" + "0" * 31  # as long as the one in the messages

POST = b"POST %s HTTP/1.1" % PATH
LARGE = b"Content-Length: 65000"


def posted(*fields: bytes, body: bytes = b"") -> bytes:
    return filled(message(POST, (HOST, AUTHORIZATION, JSON, *fields), body), USER)


LISTING = filled(message(b"GET %s?limit=1 HTTP/1.1" % PATH, (HOST, AUTHORIZATION)), USER)
HEAD = b"GET /health HTTP/1.1\r\nHost: localhost\r\n"
ANONYMOUS = message(POST, (HOST, JSON, LARGE))
A_LOT = 16_384


@dataclass(frozen=True)
class State:
    """What leads to it, what is sent for ever when it is reached, and how it may be answered."""

    statuses: set[int]
    opening: bytes
    forever: bytes = b""


# 503, as all of them together hold more than the server keeps of what is unfinished.
UNFINISHED = {
    "a head of 64 KiB": State({408, 503}, HEAD + b"X: " + b"a" * 65_000),
    "a head of tiny fields": State({408, 431, 503}, HEAD + b"a:b\r\n" * 12_000),
    "a body of 64 KiB": State({408, 503}, posted(LARGE, body=b" " * 64_900)),
    "a chunked body": State({408, 503}, posted(CHUNKED, body=b"fde8\r\n" + b" " * 64_900)),
    "a body that nobody asked for": State({401, 503}, ANONYMOUS + b" " * 64_900),
    "an expectation": State({100, 408, 503}, posted(LARGE, b"Expect: 100-continue")),
}
ENDLESS = {
    "a chunk extension": State({400, 503}, posted(CHUNKED, body=b"2;a="), b"a" * A_LOT),
    "a trailer field": State({400, 503}, posted(CHUNKED, body=b"0\r\nX: "), b"a" * A_LOT),
    "trailer fields": State({400, 503}, posted(CHUNKED, body=b"0\r\n"), b"X: y\r\n" * 2000),
    "empty chunks in size lines": State({400, 503}, posted(CHUNKED, body=b"0"), b"0" * A_LOT),
    "chunks of a byte": State({400, 413, 503}, posted(CHUNKED), b"1\r\na\r\n" * 2000),
    "a trailer that nobody asked for": State(
        {401, 503}, message(POST, (HOST, JSON, CHUNKED), b"0\r\nX: "), b"a" * A_LOT
    ),
}


@pytest.fixture
def service(database_url: str, tmp_path: Path) -> Iterator[Server]:
    """A server of the test's own, as memory that was once taken is not given back."""
    with serving(
        tmp_path / "output",
        DATABASE_URL=database_url,
        JWT_SECRET_KEY=SECRET,
        REQUEST_TIMEOUT=str(REQUEST_TIMEOUT),
    ) as server:
        for request in [LISTING, HEAD + b"\r\n", posted(b"Content-Length: 2", body=b"{}")] * 100:
            exchange(server, request)
        yield server


@pytest.mark.parametrize("state", (UNFINISHED | ENDLESS).values(), ids=UNFINISHED | ENDLESS)
def test_a_state_is_bounded_and_ends_while_others_are_answered(
    service: Server, state: State, figure: Callable[[str], None]
) -> None:
    with (
        watched(service, LISTING) as cost,
        Crowd(service, CONNECTIONS, state.opening, state.forever) as crowd,
    ):
        seconds = crowd.press(REQUEST_TIMEOUT + SLACK)
        statuses = crowd.statuses()
    taken = crowd.sent // CONNECTIONS // 1024
    figure(f"{cost}, ended after {seconds:.1f} s and {taken} KiB of each, {dict(statuses)}")
    assert crowd.ended
    assert cost.growth < MOST_GROWTH
    assert cost.slowest < MOST_WAITING
    if CAMPAIGN:  # a machine that is busy may refuse some of the others, too
        assert set(cost.statuses) == {200}
    assert set(statuses) <= state.statuses
    assert exchange(service, LISTING).status == 200


def test_what_is_too_much_together_is_refused(service: Server) -> None:
    with Crowd(service, CONNECTIONS, posted(LARGE, body=b" " * 64_900)) as crowd:
        crowd.press(REQUEST_TIMEOUT + SLACK)
        statuses = crowd.statuses()

    assert set(statuses) == {408, 503}
    answer = exchange(service, posted(LARGE, body=b'{"title": "Large"}'.ljust(65_000)))
    assert answer.status == 201


TRICKLES = {
    "a head": (408, HEAD + b"X: "),
    "a body": (408, posted(LARGE)),
    "chunks": (408, posted(CHUNKED, body=b"fde8\r\n")),
    "a body that nobody asked for": (401, ANONYMOUS),
}


@pytest.mark.parametrize(("status", "opening"), TRICKLES.values(), ids=TRICKLES)
def test_a_deadline_is_not_put_off_by_a_byte_now_and_then(
    service: Server, status: int, opening: bytes
) -> None:
    with Crowd(service, 1, opening) as crowd:
        [member] = crowd.members
        deadline = monotonic() + REQUEST_TIMEOUT + SLACK
        while crowd.press(0.1) and not crowd.ended and monotonic() < deadline:
            with suppress(OSError):  # it has ended, which is seen next
                member.connection.send(b"a")

    assert crowd.ended
    assert member.statuses() == [status]


@pytest.mark.parametrize("name", ["a trailer field", "trailer fields", "a chunk extension"])
def test_what_never_ends_is_not_read_for_long(
    service: Server, name: str, figure: Callable[[str], None]
) -> None:
    state = ENDLESS[name]
    with (
        watched(service, LISTING) as cost,
        Crowd(service, 1, state.opening, state.forever) as crowd,
    ):
        while crowd.sent < 100_000_000 and not crowd.ended:
            crowd.press(0.1)
    figure(f"{crowd.sent / 2**20:.1f} MiB taken, {cost}")
    assert crowd.ended
    assert crowd.sent < MOST_TAKEN
    assert cost.slowest < MOST_WAITING
