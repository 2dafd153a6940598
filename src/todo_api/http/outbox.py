"""What a connection sends, and what its client has not read of it yet."""

import asyncio

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
        self._unsent = 0
        self._drained: asyncio.Future[None] | None = None
        transport.set_write_buffer_limits(_MOST_UNNOTICED)

    @property
    def unsent(self) -> int:
        """The bytes that are still to be sent."""
        return self._transport.get_write_buffer_size()

    def pause(self, deadline: float) -> None:
        """Note that the client does not read."""
        self.paused, self.deadline, self._unsent = True, deadline, self.unsent

    def resume(self) -> None:
        """Note that the client has read, or is gone."""
        self.paused = False
        drained, self._drained = self._drained, None
        if drained is not None and not drained.done():
            drained.set_result(None)

    def renew(self, deadline: float) -> bool:
        """Set a new deadline, if enough was read since the last; tell whether it was."""
        enough = self._unsent - self.unsent >= LEAST_READ
        if enough:
            self.pause(deadline)
        return enough

    async def drain(self) -> None:
        """Wait until the client has read, or is gone."""
        if self.paused:
            self._drained = asyncio.get_running_loop().create_future()
            await self._drained
