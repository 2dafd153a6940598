"""Load that does not wait for its answers: requests are sent when they are due."""

import asyncio
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit

_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length: "
_RETRY_AFTER = b"retry-after: "
_TICK = 0.001  # seconds
_OPENED_AT_ONCE = 100


@dataclass
class Outcome:
    """What came of a load: the seconds that each answer took, by status."""

    seconds: float = 0.0
    latencies: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    unsent: int = 0
    """Requests for which every connection was still waiting."""
    lost: int = 0
    """Connections that ended."""

    def rate(self, status: int) -> float:
        """Return answers a second."""
        return len(self.latencies[status]) / self.seconds

    def percentile(self, status: int, share: float) -> float:
        """Return the seconds within which that share of the answers came."""
        ordered = sorted(self.latencies[status])
        return ordered[int(len(ordered) * share)]


class Connection(asyncio.Protocol):
    """Sends one request after another, times each answer, and waits as long as a refusal asks."""

    def __init__(self, idle: deque["Connection"], outcome: Outcome) -> None:
        self._loop = asyncio.get_running_loop()
        self._idle = idle
        self._outcome = outcome
        self._received = b""
        self._sent_at = 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._idle.append(self)

    def send(self, request: bytes) -> None:
        assert self._transport is not None
        self._sent_at = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(_HEAD_END)
        if end and len(body) == int(head.partition(_LENGTH)[2].partition(b"\r")[0]):
            status = int(head.split(b" ", 2)[1])
            self._outcome.latencies[status].append(time.perf_counter() - self._sent_at)
            self._received = b""
            if pause := head.partition(_RETRY_AFTER)[2].partition(b"\r")[0]:
                self._loop.call_later(int(pause), self._idle.append, self)
            else:
                self._idle.append(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._outcome.lost += 1

    def close(self) -> None:
        assert self._transport is not None
        self._transport.abort()


async def load(
    url: str, request: bytes, *, connections: int, rate: float | None, seconds: float
) -> Outcome:
    """Send `rate` requests a second or, without one, each as soon as a connection is free."""
    outcome, idle = Outcome(), deque[Connection]()
    everyone = await _connected(url, idle, outcome, connections)
    started = time.perf_counter()
    sent = 0
    while (elapsed := time.perf_counter() - started) < seconds:
        due = len(idle) if rate is None else int(elapsed * rate) - sent - outcome.unsent
        free = min(due, len(idle))
        for _ in range(free):
            idle.popleft().send(request)
        sent += free
        outcome.unsent += due - free
        await asyncio.sleep(0 if rate is None else _TICK)
    outcome.seconds = time.perf_counter() - started
    while len(idle) + outcome.lost < connections:  # noqa: ASYNC110 (an event per answer costs)
        await asyncio.sleep(_TICK)
    for connection in everyone:
        connection.close()
    return outcome


async def _connected(
    url: str, idle: deque[Connection], outcome: Outcome, count: int
) -> list[Connection]:
    host, _, port = urlsplit(url).netloc.partition(":")
    loop = asyncio.get_running_loop()
    opened: list[Connection] = []
    while len(opened) < count:
        some = min(_OPENED_AT_ONCE, count - len(opened))
        pairs = await asyncio.gather(
            *(
                loop.create_connection(lambda: Connection(idle, outcome), host, int(port))
                for _ in range(some)
            )
        )
        opened += [connection for _, connection in pairs]
    return opened
