"""Latency at a constant rate: requests are sent when they are due, not when an answer has come."""

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field
from itertools import cycle
from typing import cast

from bench.load import CONNECTIONS

_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length:"
_TICK = 0.001  # seconds
_PATIENCE = 10.0  # seconds for the last answers


class LatencyError(Exception):
    """A connection that ended, an answer that did not come, or one with another status."""


@dataclass
class Exchange:
    """Requests that are due and connections that are free; seconds from due to answered."""

    status: bytes
    due: deque[tuple[float, bytes]] = field(default_factory=deque)
    idle: deque["Connection"] = field(default_factory=deque)
    latencies: list[float] = field(default_factory=list)
    failure: str | None = None

    def match(self) -> None:
        """Send what is due over what is free."""
        while self.due and self.idle:
            self.idle.popleft().send(*self.due.popleft())


class Connection(asyncio.Protocol):
    """Sends one request at a time and takes its answer."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._received = b""
        self._due_at = 0.0
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Be free."""
        self.transport = cast("asyncio.Transport", transport)
        self._exchange.idle.append(self)

    def send(self, due_at: float, request: bytes) -> None:
        """Send a request that was due at `due_at`."""
        self._due_at = due_at
        cast("asyncio.Transport", self.transport).write(request)

    def data_received(self, data: bytes) -> None:
        """Note the time when the answer is whole."""
        self._received += data
        head, end, body = self._received.partition(_HEAD_END)
        if not end or len(body) < _length(head):
            return
        self._exchange.latencies.append(time.perf_counter() - self._due_at)
        if head.split(b" ", 2)[1] != self._exchange.status:
            self._exchange.failure = self._received.decode(errors="replace")
        self._received = b""
        self._exchange.idle.append(self)
        self._exchange.match()

    def connection_lost(self, exc: Exception | None) -> None:
        """Report what a server should not do."""
        self._exchange.failure = f"a connection ended: {exc}"


def latencies(
    port: int, requests: list[bytes], status: int, *, rate: float, seconds: float
) -> list[float]:
    """Return the seconds that each answer took; raises LatencyError."""
    return asyncio.run(_latencies(port, requests, status, rate, seconds))


def percentile(seconds: list[float], share: float) -> float:
    """Return the seconds within which that share of the answers came."""
    return sorted(seconds)[int(len(seconds) * share)]


async def _latencies(
    port: int, requests: list[bytes], status: int, rate: float, seconds: float
) -> list[float]:
    exchange = Exchange(str(status).encode())
    loop = asyncio.get_running_loop()
    opened = [
        await loop.create_connection(lambda: Connection(exchange), "127.0.0.1", port)
        for _ in range(CONNECTIONS)
    ]
    count = await _send(exchange, requests, rate, seconds)
    deadline = time.perf_counter() + _PATIENCE
    while len(exchange.latencies) < count and not exchange.failure:
        if time.perf_counter() > deadline:
            raise LatencyError(f"{count - len(exchange.latencies)} answers did not come")
        await asyncio.sleep(_TICK)
    if exchange.failure:
        raise LatencyError(exchange.failure)
    for transport, _ in opened:
        transport.abort()
    return exchange.latencies


async def _send(exchange: Exchange, requests: list[bytes], rate: float, seconds: float) -> int:
    """Return how many requests became due. One waits for a free connection, and its clock runs."""
    following = cycle(requests)
    began, count = time.perf_counter(), 0
    while (now := time.perf_counter()) - began < seconds and not exchange.failure:
        while count < (now - began) * rate:
            exchange.due.append((now, next(following)))
            count += 1
        exchange.match()
        await asyncio.sleep(_TICK)
    return count


def _length(head: bytes) -> int:
    return int(head.lower().partition(_LENGTH)[2].partition(b"\r")[0])
