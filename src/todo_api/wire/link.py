"""A connection's two directions and its deadline, independent of HTTP."""

import asyncio
from math import inf
from typing import Any, cast

from uvicorn.protocols.utils import get_local_addr, get_remote_addr, is_ssl
from uvicorn.server import ServerState

from todo_api.wire.connections import Connections
from todo_api.wire.inbox import Inbox
from todo_api.wire.outbox import Outbox


class Link(asyncio.BufferedProtocol):
    """One connection, registered with uvicorn and `Connections` while it is open."""

    transport: asyncio.Transport

    def __init__(self, server: ServerState, connections: Connections) -> None:
        self.server = server
        self.connections = connections
        self.times = connections.deadlines
        self._deadline = inf

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Register the connection."""
        self.transport = transport = cast("asyncio.Transport", transport)
        self.client = get_remote_addr(transport)
        self.host = get_local_addr(transport)
        self.scheme = "https" if is_ssl(transport) else "http"
        self.inbox = Inbox(transport, self.connections)
        self.outbox = Outbox(transport)
        self.server.connections.add(cast("Any", self))
        self.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 (whose fault it was)
        """Unregister the connection."""
        self.server.connections.discard(cast("Any", self))
        self.connections.remove(self)
        self.inbox.data.clear()
        self.inbox.settle()
        self.outbox.resume()

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 (ours is fixed)
        """Return the buffer for the next bytes."""
        return self.inbox.room()

    def pause_writing(self) -> None:
        """Note that the client does not read, and set its deadline."""
        self.outbox.pause(self.connections.now + self.times.unread)
        self.connections.stalled(self)

    def resume_writing(self) -> None:
        """Note that the client reads again."""
        self.connections.flowing(self)
        self.outbox.resume()

    @property
    def deadline(self) -> float:
        """The time of `expire`, on the loop's clock."""
        return self.outbox.deadline if self.outbox.paused else self._deadline

    @property
    def unsent(self) -> int:
        """The number of bytes that the client has not read."""
        return self.outbox.unsent

    def wait(self, seconds: float) -> None:
        """Set the deadline of the connection's current state."""
        self._deadline = self.connections.now + seconds

    def expire(self) -> None:
        """Handle the deadline of a client that does not read."""
        if not self.outbox.renew(self.connections.now + self.times.unread):
            self.abort()

    def take_turn(self) -> None:
        """Continue when it is this connection's turn."""

    def abort(self) -> None:
        """Close at once; unsent bytes are lost."""
        self.transport.abort()
