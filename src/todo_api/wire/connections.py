"""All connections of a process: their deadlines, and the memory that they may take together."""

import asyncio
from collections import deque
from typing import NamedTuple, Protocol

MOST_RECEIVED = 8 * 1024 * 1024
"""Bytes received and not worked on yet, of all connections together."""
MOST_UNSENT = 16 * 1024 * 1024
"""Bytes of answers that nobody has read yet, of all connections together."""

_TICK = 0.25  # seconds
_TURNS = 16
"""Early requests that are begun before the loop looks for new connections and other requests."""


class Deadlines(NamedTuple):
    """How long a connection may be in each state, in seconds."""

    idle: float = 75.0
    """Without a request: longer than proxies keep one, or they would use one that ends."""
    head: float = 10.0
    body: float = 10.0
    unread: float = 30.0
    """With an answer of which the client does not read what is the least (`outbox`)."""
    refused: float = 1.0
    """After a refusal: what `Retry-After` asks for, whether the client heeds it or not."""
    linger: float = 2.0
    """After a last answer, so that its client reads it before the connection is reset."""


class Connection(Protocol):
    """What is looked after."""

    @property
    def deadline(self) -> float:
        """When `expire` is due, on the loop's clock."""

    @property
    def unsent(self) -> int:
        """The bytes of answers that its client has not read."""

    def expire(self) -> None:
        """Do what is to be done at the deadline."""

    def take_turn(self) -> None:
        """Begin the request that came early."""

    def abort(self) -> None:
        """End at once, and throw away what is not sent."""


class Connections:
    """Looks over all connections four times a second, instead of a timer for each request."""

    def __init__(self, deadlines: Deadlines) -> None:
        self.deadlines = deadlines
        self.received = 0
        """The bytes that all connections hold."""
        self._all: set[Connection] = set()
        self._unread: dict[Connection, int] = {}
        """What is unsent where a client does not read; who has read last stands last."""
        self._early: deque[Connection] = deque()
        self._loop = asyncio.get_running_loop()
        self.now = self._loop.time()
        """The loop's clock at the last look."""
        self._timer = self._loop.call_later(_TICK, self._look)

    @property
    def has_room(self) -> bool:
        """Tell whether the connections may hold more."""
        return self.received <= MOST_RECEIVED

    def add(self, connection: Connection) -> None:
        """Look after a connection from now on."""
        self._all.add(connection)

    def remove(self, connection: Connection) -> None:
        """Forget a connection, which is closed."""
        self._all.discard(connection)
        self._unread.pop(connection, None)

    def stalled(self, connection: Connection) -> None:
        """Note that a client does not read, and part with those who have not for the longest time.

        That bounds the memory of unread answers: how large one is, is known only when it is there.
        """
        self._unread[connection] = connection.unsent
        excess = sum(self._unread.values()) - MOST_UNSENT
        while excess > 0:
            first = next(iter(self._unread))
            excess -= self._unread.pop(first)
            first.abort()

    def flowing(self, connection: Connection) -> None:
        """Note that a client reads again."""
        self._unread.pop(connection, None)

    def queue(self, connection: Connection) -> None:
        """Let a connection begin its next request when it is its turn.

        Few clients send a request before they have the answer to the last. Those who send many
        would else, all together, keep a new connection waiting for as long as that takes.
        """
        self._early.append(connection)
        if len(self._early) == 1:
            self._loop.call_soon(self._next_turns)

    def _next_turns(self) -> None:
        for _ in range(min(_TURNS, len(self._early))):
            self._early[0].take_turn()
            self._early.popleft()
        if self._early:
            self._loop.call_soon(self._next_turns)

    def close(self) -> None:
        """Look no more."""
        self._timer.cancel()

    def _look(self) -> None:
        self.now = now = self._loop.time()
        self._timer = self._loop.call_later(_TICK, self._look)
        for connection, unsent in tuple(self._unread.items()):
            if connection.unsent < unsent:
                del self._unread[connection]
                self._unread[connection] = connection.unsent
        for connection in tuple(self._all):
            if connection.deadline <= now:
                connection.expire()
