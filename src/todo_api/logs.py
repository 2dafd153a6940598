"""One log line a request, and the request's id."""

import logging
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from compiled.request import HeaderFields, fields_by_name
from db import pool
from todo_api.log_output import REQUESTS, described
from todo_api.meter import Meter

if TYPE_CHECKING:
    from todo_api.tracing import RequestSpan

REQUEST = "todo_api.request"
"""Where the ASGI scope holds the `Request`."""

DISCONNECTED = 499
"""The status of a request that its client did not wait for."""

_SANE_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_log = logging.getLogger(REQUESTS)
_LINE = logging.LogRecord(_log.name, logging.INFO, __file__, 0, "request", None, None).__dict__
"""What all lines have in common; to find it out for each costs more than to write the line."""


Client = tuple[str, int]
"""An address and a port."""


async def _no_body() -> bytes:
    return b""


@dataclass(slots=True)
class Request:
    """What is known of a request so far."""

    id: str
    method: str
    headers: HeaderFields = field(default_factory=dict)
    scheme: str = "http"
    query: bytes = b""
    authorization: Sequence[bytes] = ()
    """The values of all Authorization headers."""
    client: Client | None = None
    body: Callable[[], Awaitable[bytes]] = _no_body
    """Reads the body, to be called once."""
    state: Mapping[str, Any] = field(default_factory=dict)
    """What the application holds while it runs."""
    operation: str | None = None
    user: str | None = None
    status: int = DISCONNECTED
    error_code: str | None = None
    meter: Meter | None = None
    span: "RequestSpan | None" = None
    limits: Sequence[tuple[bytes, bytes]] = ()
    """The headers that tell what is left of a quota."""
    started: float = field(default_factory=time.perf_counter)

    def fields(self) -> dict[str, Any]:
        """Return what is logged; durations are in milliseconds."""
        fields = {
            "request_id": self.id,
            "user": self.user,
            "method": self.method,
            "operation": self.operation,
            "status": self.status,
            "duration_ms": _milliseconds(time.perf_counter() - self.started),
            "database_ms": _milliseconds(pool.elapsed.get()),
        }
        if self.span is not None:
            fields["trace_id"] = self.span.trace_id
        return fields

    def end(self) -> None:
        """Count the request, log it and end its span; to be called once, when it is over."""
        self.count()
        self.log()
        if self.span is not None:
            self.span.end(self)

    def count(self) -> None:
        """Count the request, if requests are counted."""
        if self.meter is not None:
            seconds = time.perf_counter() - self.started
            self.meter.add((self.operation, self.status, self.error_code, seconds))

    def log(self) -> None:
        """Write the request's line."""
        if _log.isEnabledFor(logging.INFO):
            _log.handle(_record(self.fields()))


def _milliseconds(seconds: float) -> float:
    return int(seconds * 100_000) / 100  # round() takes four times as long


def _record(fields: dict[str, Any]) -> logging.LogRecord:
    record = logging.LogRecord.__new__(logging.LogRecord)
    now = time.time()
    record.__dict__.update(_LINE, created=now, msecs=int(now % 1 * 1000), fields=fields)
    return record


def begun(scope: Scope) -> Request:
    """Give a request its id; the caller ends it when it is over."""
    headers = fields_by_name(scope["headers"])
    request = Request(
        request_id(headers),
        scope["method"],
        headers,
        scope.get("scheme", "http"),
        client=scope.get("client"),
        state=scope.get("state") or {},
    )
    request.meter = request.state.get("meter")
    scope[REQUEST] = request
    pool.elapsed.set(0.0)
    return request


class RequestLog:
    """Give each request its id, and write its line when it is over."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application and log what came of it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = begun(scope)
        header = (b"x-request-id", request.id.encode())

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                request.status = message["status"]
                message["headers"] = [*message.get("headers", ()), header]
            await send(message)

        try:
            await self.app(scope, receive, send_with_id)
        finally:
            request.end()


def request_id(headers: HeaderFields) -> str:
    """Return the id that the client chose, if it is a sane one, or a new one."""
    chosen = headers.get(b"x-request-id")
    return chosen.decode() if chosen and _SANE_ID.fullmatch(chosen) else token_hex(16)


def log_error(error: BaseException, request: Request) -> None:
    """Log where `error` comes from; not its message, which may hold what a user wrote."""
    causes = [error]
    while (cause := causes[-1].__cause__ or causes[-1].__context__) is not None:
        causes.append(cause)
    fields = {
        "request_id": request.id,
        "operation": request.operation,
        "errors": [described(cause) for cause in causes],
    }
    logging.getLogger("todo_api.errors").error("error", extra={"fields": fields})
