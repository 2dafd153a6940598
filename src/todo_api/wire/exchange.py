"""A request on a connection, from its head to its answer."""

import asyncio
from collections.abc import Callable

from todo_api.wire.framing import MOST_BYTES, Body, Chunked, Sized
from todo_api.wire.head import Head


class Exchange:
    """Reads a request's body out of `received`, but only where somebody asks for it.

    So a request that is refused for its token costs nobody the reading of its body. `proceed` is
    called when a body is asked for whose client waits for that (RFC 9110, 10.1.1), and `wait` when
    it has not come whole.
    """

    __slots__ = (
        "_arrival",
        "_body",
        "_proceed",
        "_received",
        "_wait",
        "answered",
        "head",
        "keep_alive",
        "refused",
    )

    def __init__(
        self,
        head: Head,
        received: bytearray,
        proceed: Callable[[], None],
        wait: Callable[[], None],
    ) -> None:
        self.head = head
        self._received = received
        self._proceed = proceed
        self._wait = wait
        self._body: Body | None
        if head.length is None:
            self._body = Chunked()
        else:
            self._body = Sized(head.length) if head.length else None
        self._arrival: asyncio.Future[None] | None = None
        self.keep_alive = head.keep_alive
        """Whether the connection goes on after this request, as far as it is known."""
        self.answered = self.refused = False

    @property
    def held(self) -> int:
        """The bytes of the body that were taken out of what was received."""
        return 0 if self._body is None else self._body.held

    @property
    def is_read(self) -> bool:
        """Tell whether nothing of the request is left to be read."""
        return self._body is None

    @property
    def is_last(self) -> bool:
        """Tell whether the connection is to end with this request's answer.

        Where nobody asked for a body that its client sends only when asked to, or that is too large
        to be skipped, nobody can tell where the next request begins.
        """
        head = self.head
        unread = self._body is not None
        vague = unread and (head.expects_continue or (head.length or 0) > MOST_BYTES)
        return vague or not self.keep_alive

    async def body(self) -> bytes:
        """Return the request's body.

        Raises `PayloadTooLarge`, `MalformedRequest`, and what `fail` is called with meanwhile.
        """
        if self._body is None:
            return b""
        try:
            whole = self._body.consume(self._received)
            if self.head.expects_continue:
                self._proceed()
            if not whole:
                self._arrival = arrival = asyncio.get_running_loop().create_future()
                self._wait()  # which may fail it at once
                await arrival
        except BaseException:
            self.keep_alive = False
            raise
        content, self._body = self._body.content, None
        return content

    def advance(self) -> bool:
        """Go on reading the body that is waited for, and tell whether the wait is over."""
        try:
            if self._body is not None and not self._body.consume(self._received):
                return False
        except Exception as error:  # noqa: BLE001 (is raised where the body was asked for)
            self._arrive(error)
        else:
            self._arrive(None)
        return True

    def fail(self, error: Exception) -> None:
        """Tell who waits for the body, if anybody does, that it does not come."""
        self._arrive(error)

    def skip(self) -> bool:
        """Throw away what has come of the body, and tell whether it is over; raises as `body`."""
        if self._body is not None and self._body.consume(self._received):
            self._body = None
        return self._body is None

    def _arrive(self, error: Exception | None) -> None:
        arrival, self._arrival = self._arrival, None
        if arrival is None or arrival.done():
            return
        if error is None:
            arrival.set_result(None)
        else:
            arrival.set_exception(error)
