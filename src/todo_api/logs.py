"""One log line a request, and the request's id."""

import asyncio
import logging
import re
import sys
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Literal, TextIO

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from db import pool
from db.reasons import reason
from todo_api.headers import HeaderFields, fields_by_name
from todo_api.meter import Meter

if TYPE_CHECKING:
    from todo_api.tracing import RequestSpan

REQUEST = "todo_api.request"
"""Where the ASGI scope holds the `Request`."""

DISCONNECTED = 499
"""The status of a request that its client did not wait for."""

Format = Literal["auto", "json", "text"]

_SANE_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_WHILE = 0.1  # seconds that a line may be kept
_log = logging.getLogger("todo_api.requests")
_LINE = logging.LogRecord(_log.name, logging.INFO, __file__, 0, "request", None, None).__dict__
"""What all lines have in common; to find it out for each costs more than to write the line."""


@dataclass(slots=True)
class Request:
    """What is known of a request so far."""

    id: str
    method: str
    headers: HeaderFields = field(default_factory=dict)
    scheme: str = "http"
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
    scheme = scope.get("scheme", "http")
    request = Request(_request_id(headers), scope["method"], headers, scheme)
    if state := scope.get("state"):
        request.meter = state.get("meter")
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


def _request_id(headers: HeaderFields) -> str:
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
        "errors": [_described(cause) for cause in causes],
    }
    logging.getLogger("todo_api.errors").error("error", extra={"fields": fields})


def _described(error: BaseException) -> dict[str, Any]:
    frames = []
    step = error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        frames.append(f"{code.co_filename}:{step.tb_lineno} {code.co_name}")
        step = step.tb_next
    return {
        "type": type(error).__qualname__,
        "sqlstate": getattr(error, "pgcode", None),
        "reason": reason(error),
        "frames": frames[-7:],
    }


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record's time, level, logger, message and fields."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[1]:
            line["errors"] = [_described(record.exc_info[1])]
        return orjson.dumps(line, option=orjson.OPT_UTC_Z, default=str).decode()


class TextFormatter(logging.Formatter):
    """One line a person can read."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record's time, level, message and fields."""
        instant = datetime.fromtimestamp(record.created).astimezone()
        fields = " ".join(
            f"{name}={value}"
            for name, value in getattr(record, "fields", {}).items()
            if value is not None
        )
        text = fields if record.name == _log.name else f"{record.getMessage()} {fields}"
        return f"{instant:%H:%M:%S} {record.levelname:<7} {text}".rstrip()


class Handler(logging.StreamHandler[TextIO]):
    """Writes the requests of a tenth of a second together: each write costs as much as its line.

    What is not a request is written at once, after all that came before it.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the record's line for a while; without an event loop, write it."""
        try:
            self._lines.append(self.format(record))
            if record.name != _log.name or not self._flushed_later():
                self.flush()
        except Exception:  # noqa: BLE001 (what can't be logged must not end what is logged)
            self.handleError(record)

    def _flushed_later(self) -> bool:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return False
        if len(self._lines) == 1:
            loop.call_later(_WHILE, self.flush)
        return True

    def flush(self) -> None:
        """Write the lines that are kept."""
        with self.lock or nullcontext():
            lines, self._lines = self._lines, []
            if lines:
                self.stream.write("\n".join([*lines, ""]))
            super().flush()


def configure(log_format: Format) -> None:
    """Send the service's and the server's lines to standard error, in `log_format`.

    `auto` is text on a terminal and JSON elsewhere. A logger that has a handler already is left as
    it is.
    """
    text = log_format == "text" or (log_format == "auto" and sys.stderr.isatty())
    handler = Handler()
    handler.setFormatter(TextFormatter() if text else JsonFormatter())
    for name in ("todo_api", "uvicorn"):
        logger = logging.getLogger(name)
        if not logger.handlers:
            logger.addHandler(handler)
            logger.setLevel(logging.INFO)
            logger.propagate = False
