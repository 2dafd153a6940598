"""All connections of a process: their deadlines, and the limits on their memory."""

import asyncio
from collections import deque
from typing import NamedTuple, Protocol

MOST_RECEIVED = 8 * 1024 * 1024
"""Received bytes that are not processed yet, of all connections together."""
MOST_UNSENT = 16 * 1024 * 1024
"""Bytes of responses that the clients have not read, of all connections together."""

_TICK = 0.25
"""Seconds by which a deadline may be early or late; a look at 5,000 connections takes 0.7 ms."""
_TURNS = 16
"""Pipelined requests to begin before the loop handles new connections and other requests."""


class Deadlines(NamedTuple):
    """Time limits of a connection's states, in seconds."""

    idle: float = 75.0
    """Without a request; longer than proxies keep them, or a proxy would use a closed one."""
    head: float = 10.0
    body: float = 10.0
    """REQUEST_TIMEOUT, which has the same default, replaces this and `head`."""
    unread: float = 30.0
    """With a response that the client reads too slowly (`LEAST_READ` of `outbox`)."""
    refused: float = 1.0
    """After a refusal: the wait of `Retry-After`, enforced."""
    linger: float = 2.0
    """After the last response, so that the client can read it before the connection is reset."""


class Connection(Protocol):
    """A connection with a deadline."""

    @property
    def deadline(self) -> float:
        """The time of `expire`, on the loop's clock."""

    @property
    def unsent(self) -> int:
        """The number of response bytes that the client has not read."""

    def expire(self) -> None:
        """Handle the deadline."""

    def take_turn(self) -> None:
        """Begin the pipelined request."""

    def abort(self) -> None:
        """Close at once; unsent bytes are lost."""


class Connections:
    """Checks all connections four times a second, instead of a timer for each request."""

    def __init__(self, deadlines: Deadlines) -> None:
        self.deadlines = deadlines
        self.received = 0
        """The number of received bytes that all connections hold."""
        self._all: set[Connection] = set()
        self._unread: dict[Connection, int] = {}
        """Unsent bytes of each stalled connection; the one whose client read last is last."""
        self._early: deque[Connection] = deque()
        self._loop = asyncio.get_running_loop()
        self.now = self._loop.time()
        """The loop's clock at the last check."""
        self._timer = self._loop.call_later(_TICK, self._look)

    @property
    def has_room(self) -> bool:
        """Tell whether the connections may hold more."""
        return self.received <= MOST_RECEIVED

    def add(self, connection: Connection) -> None:
        """Add an open connection."""
        self._all.add(connection)

    def remove(self, connection: Connection) -> None:
        """Remove a closed connection."""
        self._all.discard(connection)
        self._unread.pop(connection, None)

    def stalled(self, connection: Connection) -> None:
        """Note a stalled client; above the limit, close those that have stalled the longest.

        This limits the memory of unread responses, whose size is only known once they exist.
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
        """Let a connection begin its next, pipelined request when it is its turn.

        Few clients pipeline. Without turns, those that do could together keep new connections
        waiting.
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
        """Stop checking."""
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
