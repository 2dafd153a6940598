"""What a connection has received and not worked on yet."""

import asyncio

from todo_api.wire.connections import Connections
from todo_api.wire.head import MOST_BYTES

ALWAYS = 8 * 1024
"""Bytes that each connection may hold in any case: most requests are smaller."""

_scratch = memoryview(bytearray(MOST_BYTES))
"""Where all connections of the process are read into, one after another."""


class Inbox:
    """At most 64 KiB; when it is full, the connection is not read until there is room again."""

    def __init__(self, transport: asyncio.Transport, connections: Connections) -> None:
        self.data = bytearray()
        self._transport = transport
        self._connections = connections
        self._counted = 0
        self._reading = True
        self._resting = False

    def room(self) -> memoryview:
        """Return where the next bytes are to be written."""
        return _scratch[: max(1, MOST_BYTES - len(self.data))]

    def take(self, count: int) -> None:
        """Add so many bytes that were written there."""
        self.data += _scratch[:count]

    def cut(self, end: int) -> bytes:
        """Take away the first bytes, up to `end`, and return them."""
        part = bytes(self.data[:end])
        del self.data[:end]
        return part

    def settle(self, beside: int = 0) -> bool:
        """Count what is held now, `beside` it included, and read on if there is room.

        Returns False where all connections together hold too much, and this one its part of it.
        """
        held = len(self.data) + beside
        self._connections.received += held - self._counted
        self._counted = held
        fits = held <= ALWAYS or self._connections.has_room
        self._read(wanted=fits and not self._resting and len(self.data) < MOST_BYTES)
        return fits

    def rest(self, *, resting: bool) -> None:
        """Read nothing until told otherwise."""
        self._resting = resting
        self.settle()

    def _read(self, *, wanted: bool) -> None:
        if wanted != self._reading and not self._transport.is_closing():
            self._reading = wanted
            if wanted:
                self._transport.resume_reading()
            else:
                self._transport.pause_reading()
