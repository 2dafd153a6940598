"""A request on a connection, from its head to its response."""

import asyncio
from collections.abc import Callable

from todo_api.wire.framing import MOST_BYTES, Body, Chunked, Sized
from todo_api.wire.head import Head


class Exchange:
    """Reads a request's body out of `received`, on demand.

    So the body of a request with an invalid token is never read. `proceed` is called to send 100
    Continue to a client that waits for it (RFC 9110, 10.1.1), and `wait` when the body is not
    complete yet.
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
        """Whether the connection may continue after this request."""
        self.answered = self.refused = False

    @property
    def held(self) -> int:
        """The number of bytes of the body that were taken out of `received`."""
        return 0 if self._body is None else self._body.held

    @property
    def is_read(self) -> bool:
        """Tell whether the whole request has been read."""
        return self._body is None

    @property
    def is_last(self) -> bool:
        """Tell whether the connection has to end with this request's response.

        If an unread body waits for 100 Continue, or is too large to skip, the start of the next
        request is unknown.
        """
        head = self.head
        unread = self._body is not None
        vague = unread and (head.expects_continue or (head.length or 0) > MOST_BYTES)
        return vague or not self.keep_alive

    async def body(self) -> bytes:
        """Return the request's body.

        Raises `PayloadTooLarge`, `MalformedRequest`, and the error that `fail` is called with.
        """
        if self._body is None:
            return b""
        try:
            whole = self._body.consume(self._received)
            if self.head.expects_continue:
                self._proceed()
            if not whole:
                self._arrival = arrival = asyncio.get_running_loop().create_future()
                self._wait()  # it may fail at once
                await arrival
        except BaseException:
            self.keep_alive = False
            raise
        content, self._body = self._body.content, None
        return content

    def advance(self) -> bool:
        """Read more of the body that is waited for; return True when the wait is over."""
        try:
            if self._body is not None and not self._body.consume(self._received):
                return False
        except Exception as error:  # noqa: BLE001 (`body` raises it)
            self._arrive(error)
        else:
            self._arrive(None)
        return True

    def fail(self, error: Exception) -> None:
        """Fail the wait for the body, if there is one."""
        self._arrive(error)

    def skip(self) -> bool:
        """Discard what has arrived of the body; tell whether it is complete; raises as `body`."""
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
