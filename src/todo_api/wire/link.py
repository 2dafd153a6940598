"""A connection's two directions and its deadline, whatever is spoken over it."""

import asyncio
from math import inf
from typing import Any, cast

from uvicorn.protocols.utils import get_local_addr, get_remote_addr, is_ssl
from uvicorn.server import ServerState

from todo_api.wire.connections import Connections
from todo_api.wire.inbox import Inbox
from todo_api.wire.outbox import Outbox

_MOST_DISCARDED = 1024 * 1024  # bytes, after a last answer


class Link(asyncio.BufferedProtocol):
    """One connection, known to uvicorn and to `Connections` as long as it is open."""

    transport: asyncio.Transport

    def __init__(self, server: ServerState, connections: Connections) -> None:
        self.server = server
        self.connections = connections
        self.times = connections.deadlines
        self._deadline = inf
        self._discarded = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.transport = transport = cast("asyncio.Transport", transport)
        self.client = get_remote_addr(transport)
        self.host = get_local_addr(transport)
        self.scheme = "https" if is_ssl(transport) else "http"
        self.inbox = Inbox(transport, self.connections)
        self.outbox = Outbox(transport)
        self.server.connections.add(cast("Any", self))
        self.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 (whose fault it was)
        """End."""
        self.server.connections.discard(cast("Any", self))
        self.connections.remove(self)
        self.inbox.data.clear()
        self.inbox.settle()
        self.outbox.resume()

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 (ours is fixed)
        """Return where the next bytes are to be written."""
        return self.inbox.room()

    def pause_writing(self) -> None:
        """Give the client so long to read."""
        self.outbox.pause(self.connections.now + self.times.unread)
        self.connections.stalled(self)

    def resume_writing(self) -> None:
        """Note that the client has read."""
        self.connections.flowing(self)
        self.outbox.resume()

    @property
    def deadline(self) -> float:
        """When `expire` is due, on the loop's clock."""
        return self.outbox.deadline if self.outbox.paused else self._deadline

    @property
    def unsent(self) -> int:
        """The bytes that the client has not read."""
        return self.outbox.unsent

    def wait(self, seconds: float) -> None:
        """Set the deadline of what the connection does now."""
        self._deadline = self.connections.now + seconds

    def expire(self) -> None:
        """Do what is to be done at the deadline: here that of a client which does not read."""
        if not self.outbox.renew(self.connections.now + self.times.unread):
            self.abort()

    def take_turn(self) -> None:
        """Go on when it is this connection's turn."""

    def linger(self) -> None:
        """End our side, and throw away what comes until the client ends its own.

        To close at once resets a connection on which something is still on its way here, and with
        it the answer that the client has not read (RFC 9112, 9.6).
        """
        self.inbox.data.clear()
        self.inbox.rest(resting=False)
        if self.transport.can_write_eof():
            self.transport.write_eof()

    def discard(self) -> bool:
        """Throw away what came, and tell whether more may come."""
        self._discarded += len(self.inbox.data)
        self.inbox.data.clear()
        return self._discarded <= _MOST_DISCARDED

    def abort(self) -> None:
        """End at once, and throw away what is not sent."""
        self.transport.abort()
