"""What a connection sends, and what its client has not read of it yet."""

import asyncio
import fcntl
import sys
import termios

LEAST_READ = 65_536
"""Bytes that a client who takes its time has to read in `Deadlines.unread` seconds."""

_MOST_UNNOTICED = 16_384
"""Unsent bytes up to which a client counts as one that reads."""


class Outbox:
    """Tells whether the client reads; `paused` is set while it does not."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self.paused = False
        self.deadline = 0.0
        """When the client has to have read its part, on the loop's clock; while `paused`."""
        self.write = transport.write
        self._transport = transport
        self._unread = 0
        self._drained: asyncio.Future[None] | None = None
        transport.set_write_buffer_limits(_MOST_UNNOTICED)

    @property
    def unsent(self) -> int:
        """The bytes that are still to be sent."""
        return self._transport.get_write_buffer_size()

    def _outstanding(self) -> int:
        """Return the bytes that the client has not taken, those that the system holds included.

        The system may hold megabytes, and asks for more only when much of that is gone: what we
        hold ourselves does not change for a minute where a client takes 10 KB a second (tcp(7)).
        """
        link = self._transport.get_extra_info("socket")
        held = bytearray(4)
        try:
            fcntl.ioctl(link.fileno(), termios.TIOCOUTQ, held)  # which is SIOCOUTQ
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
        """Set a new deadline, if enough was read since the last; tell whether it was."""
        enough = self._unread - self._outstanding() >= LEAST_READ
        if enough:
            self.pause(deadline)
        return enough

    async def drain(self) -> None:
        """Wait until the client has read, or is gone."""
        if self.paused:
            self._drained = asyncio.get_running_loop().create_future()
            await self._drained
