"""The bytes that a connection sends, and those that its client has not read yet."""

import asyncio
import fcntl
import sys
import termios

LEAST_READ = 65_536
"""Bytes that a slow client has to read in `Deadlines.unread` seconds: about 2 KB a second."""

_MOST_UNNOTICED = 16_384
"""Up to this many unsent bytes, a client counts as reading."""


class Outbox:
    """Tells whether the client reads; `paused` is set while it does not."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self.paused = False
        self.deadline = 0.0
        """While `paused`: the time, on the loop's clock, by which the client has to have read."""
        self.write = transport.write
        self._transport = transport
        self._unread = 0
        self._drained: asyncio.Future[None] | None = None
        transport.set_write_buffer_limits(_MOST_UNNOTICED)

    @property
    def unsent(self) -> int:
        """The number of bytes still to be sent."""
        return self._transport.get_write_buffer_size()

    def _outstanding(self) -> int:
        """Return the number of bytes that the client has not read, with the system's send buffer.

        The system may buffer megabytes, and takes more only when much of that is sent: with a
        client that reads 10 KB a second, our own buffer does not change for a minute (tcp(7)).
        """
        link = self._transport.get_extra_info("socket")
        held = bytearray(4)
        try:
            fcntl.ioctl(link.fileno(), termios.TIOCOUTQ, held)  # the same as SIOCOUTQ
        except OSError:
            return self.unsent  # the connection has ended, or the system can't tell
        return self.unsent + int.from_bytes(held, sys.byteorder)

    def pause(self, deadline: float) -> None:
        """Note that the client does not read."""
        self.paused, self.deadline, self._unread = True, deadline, self._outstanding()

    def resume(self) -> None:
        """Note that the client has read, or is gone."""
        self.paused = False
        drained, self._drained = self._drained, None
        if drained is not None and not drained.done():
            drained.set_result(None)

    def renew(self, deadline: float) -> bool:
        """Set a new deadline if enough was read since the last one; tell whether it was."""
        enough = self._unread - self._outstanding() >= LEAST_READ
        if enough:
            self.pause(deadline)
        return enough

    async def drain(self) -> None:
        """Wait until the client has read, or is gone."""
        if self.paused:
            self._drained = asyncio.get_running_loop().create_future()
            await self._drained
