"""Many connections that all do the same, and what they cost the server and others meanwhile."""

import selectors
import socket
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from threading import Event

import psutil

from tests.live.conftest import Server
from tests.live.wire import answer_of, exchange

_BUFFER = 65_536  # bytes that the system holds of a connection in each direction, about
_TICK = 0.01  # seconds
_BOTH = selectors.EVENT_READ | selectors.EVENT_WRITE


class Member:
    """A connection that sends something, and then something else for ever."""

    def __init__(self, connection: socket.socket, opening: bytes, forever: bytes) -> None:
        self.connection = connection
        self._unsent = memoryview(opening or forever)
        self._forever = memoryview(forever)
        self.sent = 0
        self.received = bytearray()
        self.ended = False

    @property
    def interests(self) -> int:
        if self.ended:
            return 0
        return _BOTH if self._unsent else selectors.EVENT_READ

    def send(self) -> None:
        """Send what is taken; whether the connection has ended is for `receive` to find out."""
        try:
            count = self.connection.send(self._unsent)
        except OSError:
            self._unsent = self._forever = memoryview(b"")
            return
        self.sent += count
        self._unsent = self._unsent[count:] or self._forever

    def receive(self, most: int = _BUFFER) -> None:
        try:
            data = self.connection.recv(most)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        self.received += data
        self.ended = not data

    def statuses(self) -> list[int]:
        """Return the statuses of all answers, or 0 where there is none."""
        reader, statuses = BytesIO(self.received), []
        while reader.tell() < len(self.received):
            statuses.append(answer_of(reader).status)
        return statuses or [0]


class Crowd(ExitStack):
    """Connections that send the same, each as far as it is taken."""

    def __init__(
        self,
        server: Server,
        count: int,
        opening: bytes = b"",
        forever: bytes = b"",
        *,
        reads: bool = True,
    ) -> None:
        super().__init__()
        self._events = _BOTH if reads else selectors.EVENT_WRITE
        self._selector = self.enter_context(selectors.DefaultSelector())
        self.members = [
            Member(self.enter_context(_connected(server)), opening, forever) for _ in range(count)
        ]
        for member in self.members:
            self._selector.register(member.connection, _BOTH & self._events, member)

    @property
    def ended(self) -> bool:
        return all(member.ended for member in self.members)

    @property
    def sent(self) -> int:
        """Bytes that were taken, by the server or by the system on its behalf."""
        return sum(member.sent for member in self.members)

    def statuses(self) -> Counter[int]:
        """Return how often each status was answered; 0 is a connection without an answer."""
        return Counter(status for member in self.members for status in member.statuses())

    def press(self, seconds: float) -> float:
        """Send and read for so long, or until all connections have ended; return the seconds."""
        started = time.monotonic()
        while not self.ended and time.monotonic() < started + seconds:
            for key, events in self._selector.select(_TICK):
                self._serve(key.data, events)
        return time.monotonic() - started

    def _serve(self, member: Member, events: int) -> None:
        if events & selectors.EVENT_WRITE:
            member.send()
        if events & selectors.EVENT_READ:
            member.receive()
        interests = member.interests & self._events
        if interests:
            self._selector.modify(member.connection, interests, member)
        else:
            self._selector.unregister(member.connection)


def _connected(server: Server) -> socket.socket:
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
    connection.connect(("127.0.0.1", int(server.url.rpartition(":")[2])))
    connection.setblocking(False)
    return connection


@dataclass
class Cost:
    """What a crowd costs its server, and others who ask it something."""

    server: Server
    most: int = 0
    """Bytes of memory that were taken at most."""
    slowest: float = 0.0
    """Seconds that an answer to somebody else took at most."""
    statuses: Counter[int] = field(default_factory=Counter)
    """Of the answers to somebody else."""

    def __post_init__(self) -> None:
        self._process = psutil.Process(self.server.process.pid)
        self._first = self.most = self._process.memory_info().rss

    @property
    def growth(self) -> int:
        """The most bytes of memory that were taken beyond those at first."""
        return self.most - self._first

    def connections(self) -> int:
        """Return how many connections the server holds, somebody else's excepted."""
        port = int(self.server.url.rpartition(":")[2])
        held = [
            connection
            for connection in self._process.net_connections("tcp")
            if connection.laddr.port == port and connection.status != psutil.CONN_LISTEN
        ]
        return max(0, len(held) - 1)

    def measure(self, over: Event) -> None:
        while not over.wait(_TICK):
            self.most = max(self.most, self._process.memory_info().rss)

    def ask(self, request: bytes, over: Event) -> None:
        while not over.wait(_TICK):
            started = time.monotonic()
            self.statuses[exchange(self.server, request).status] += 1
            self.slowest = max(self.slowest, time.monotonic() - started)

    def __str__(self) -> str:
        return f"{self.growth / 2**20:.0f} MiB, others answered within {self.slowest:.2f} s"


@contextmanager
def watched(server: Server, request: bytes) -> Iterator[Cost]:
    """Measure what the server's memory grows by, while somebody else sends a request repeatedly."""
    cost, over = Cost(server), Event()
    with ThreadPoolExecutor(2) as threads:
        running = [threads.submit(cost.measure, over), threads.submit(cost.ask, request, over)]
        try:
            yield cost
        finally:
            over.set()
    for future in running:
        future.result()
