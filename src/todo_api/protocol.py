"""uvicorn's HTTP protocol, stricter where the contract or RFC 9110 asks for it."""

import re
from secrets import token_hex
from typing import Any, cast

from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from todo_api.errors import MalformedRequest
from todo_api.logs import Request, begun
from todo_api.operations import WHOLE
from todo_api.problems import problem
from todo_api.replies import Reply

MOST_HEAD_BYTES = 65_536

_UPGRADE = re.compile(rb"\nupgrade(?=[ \t]*:)", re.IGNORECASE)
_IGNORED = b"\nignored"
_CLOSE = (b"connection", b"close")
_VERSIONS = ("1.0", "1.1")
_FAREWELL = 1.0
"""Seconds that a shutdown leaves an idle connection open for the request that is on its way."""


class Protocol(HttpToolsProtocol):
    """HTTP/1.1 as httptools parses it."""

    _leaving = False
    _running: RequestResponseCycle
    _in_head = _in_body = _ended = False
    _unparsed = 0
    """Bytes received of a head that is not complete."""
    _hosts = 0
    _fields = 0
    """Bytes of the header fields parsed so far."""

    def data_received(self, data: bytes) -> None:
        """Parse what came, and bound the memory that an unfinished head may take."""
        if not self._in_body:
            # A server may ignore Upgrade (RFC 9110, 7.8), but httptools then skips the body.
            data = _UPGRADE.sub(_IGNORED, data)
        self._ended = False
        super().data_received(data)
        # What came with the end of another request is not of this head alone.
        alone = self._in_head and not self._ended
        self._unparsed = self._unparsed + len(data) if alone else 0
        if self._unparsed > MOST_HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("The head of the request is too large.")

    def on_message_begin(self) -> None:
        """Begin with a request's head."""
        self._in_head = True
        self._hosts = self._fields = 0
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header field, but none of a trailer, which is not to be merged (RFC 9110, 6.5.1).

        White space around the value is no part of it (RFC 9110, 5.5).
        """
        if self._in_body:
            return
        super().on_header(name, value.strip(b" \t"))
        self._fields += len(name) + len(value)
        self._hosts += name.lower() == b"host"

    def on_headers_complete(self) -> None:
        """Go on to the body, unless the head is more or less than one (RFC 9112, 2.3 and 3.2)."""
        self._in_head, self._in_body = False, True
        version = self.parser.get_http_version()
        hosts = (0, 1) if version == "1.0" else (1,)
        too_large = len(self.url) + self._fields > MOST_HEAD_BYTES
        if too_large or version not in _VERSIONS or self._hosts not in hosts:
            raise MalformedRequest  # httptools hands it to send_400_response
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """End the request's body and trailer."""
        self._in_body, self._ended = False, True
        super().on_message_complete()

    def shutdown(self) -> None:
        """Close after the request that runs or, being idle, after one that is on its way.

        To close an idle connection at once resets what its client has just sent (RFC 9112, 9.6).
        """
        if not self._leaving and (self.cycle is None or self.cycle.response_complete):
            self._leaving = True
            self.loop.call_later(_FAREWELL, self.shutdown)
        else:
            super().shutdown()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 (uvicorn's sentence for people)
        """Refuse what is not HTTP; the connection can't go on, as nobody knows where it stands.

        An answer that is on its way to a complete request before is let go first.
        """
        if self.cycle and not self.cycle.response_complete and not self.cycle.more_body:
            self.cycle.keep_alive = False
            return
        request = Request(token_hex(16), method="-", status=400, error_code="VALIDATION_ERROR")
        request.meter = self.app_state["meter"]
        answer = problem(MalformedRequest(), request.id)
        answer.headers.append((b"x-request-id", request.id.encode()))
        self._write(answer, answer.body, close=True)
        request.end()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        """Begin a request, unless there is more to do than can be done.

        That is refused here, as a refusal by the application costs as much as an answer, and the
        refusals then leave no time for the answers.
        """
        if self.transport.is_closing():
            cycle.response_complete = True  # nothing follows a last answer (RFC 9112, 9.6)
            return
        if self._leaving:
            cycle.keep_alive = False
        intake, scope = self.app_state["intake"], cast("dict[str, Any]", cycle.scope)
        if intake.has_room_for(scope):
            self._running = cycle
            scope["extensions"] = {WHOLE: self._reply_once_writable}
            super()._start_asgi_task(cycle, app)
            intake.take()
        else:
            if self.pipeline or self.flow.write_paused:
                cycle.keep_alive = False  # who neither waits nor reads is let go
            self._reply(cycle, intake.refusal(begun(scope)))

    async def _reply_once_writable(self, answer: Reply) -> None:
        """Answer the request that runs, of which a connection has one at a time."""
        cycle = self._running
        if self.flow.write_paused and not cycle.disconnected:
            await self.flow.drain()
        if not (cycle.disconnected or self.transport.is_closing()):
            self._reply(cycle, answer)

    def _reply(self, cycle: RequestResponseCycle, answer: Reply) -> None:
        """Answer a request in one write, where uvicorn takes two and looks each header over."""
        body = b"" if cycle.scope["method"] == "HEAD" else answer.body
        close = not cycle.keep_alive or _CLOSE in answer.headers
        cycle.response_started = cycle.response_complete = True
        self._write(answer, body, close=close)
        cycle.message_event.set()
        cycle.on_response()

    def _write(self, answer: Reply, body: bytes, *, close: bool) -> None:
        headers = [*self.server_state.default_headers, *answer.headers]
        if close and _CLOSE not in headers:
            headers.append(_CLOSE)
        lines = [b"%b: %b\r\n" % header for header in headers]
        self.transport.write(b"".join([STATUS_LINE[answer.status], *lines, b"\r\n", body]))
        if close:
            self.transport.close()
