"""The bytes that a connection has received and not processed yet."""

import asyncio

from todo_api.wire.connections import Connections
from todo_api.wire.head import MOST_BYTES

ALWAYS = 8 * 1024
"""Bytes that each connection may always hold: most requests are smaller."""

_scratch = memoryview(bytearray(MOST_BYTES))
"""The read buffer that all connections of the process share."""


class Inbox:
    """At most 64 KiB; when full, the connection is not read until there is room."""

    def __init__(self, transport: asyncio.Transport, connections: Connections) -> None:
        self.data = bytearray()
        self._transport = transport
        self._connections = connections
        self._counted = 0
        self._reading = True
        self._resting = False

    def room(self) -> memoryview:
        """Return the buffer for the next bytes."""
        return _scratch[: max(1, MOST_BYTES - len(self.data))]

    def take(self, count: int) -> None:
        """Add the bytes that were written to the buffer."""
        self.data += _scratch[:count]

    def cut(self, end: int) -> bytes:
        """Remove and return the bytes up to `end`."""
        part = bytes(self.data[:end])
        del self.data[:end]
        return part

    def settle(self, beside: int = 0) -> bool:
        """Update the count of held bytes, plus `beside`, and resume reading if there is room.

        Returns False if all connections together hold too much, and this one more than `ALWAYS`.
        """
        held = len(self.data) + beside
        self._connections.received += held - self._counted
        self._counted = held
        fits = held <= ALWAYS or self._connections.has_room
        self._read(wanted=fits and not self._resting and len(self.data) < MOST_BYTES)
        return fits

    def rest(self, *, resting: bool) -> None:
        """Pause or resume reading."""
        self._resting = resting
        self.settle()

    def _read(self, *, wanted: bool) -> None:
        if wanted != self._reading and not self._transport.is_closing():
            self._reading = wanted
            if wanted:
                self._transport.resume_reading()
            else:
                self._transport.pause_reading()
