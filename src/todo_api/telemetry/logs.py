"""One log line a request, and the request's id."""

import logging
import re
import time
from secrets import token_hex
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from compiled.request import HeaderFields, fields_by_name
from db.pool import pool
from todo_api.request import Request
from todo_api.telemetry.log_output import REQUESTS, described, only_handler
from todo_api.telemetry.request_line import fields_of, json_of

REQUEST = "todo_api.request"
"""Where the ASGI scope holds the `Request`."""

_SANE_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_log = logging.getLogger(REQUESTS)
_LINE = logging.LogRecord(_log.name, logging.INFO, __file__, 0, "request", None, None).__dict__
"""What all lines have in common; to find it out for each costs more than to write the line."""


def end(request: Request) -> None:
    """Count a request, log it and end its span; to be called once, when it is over."""
    if request.meter is not None:
        seconds = time.perf_counter() - request.started
        request.meter.add((request.operation, request.status, request.error_code, seconds))
    log(request)
    if request.span is not None:
        request.span.end(request)


def log(request: Request) -> None:
    """Write the request's line."""
    if not _log.isEnabledFor(logging.INFO):
        return
    now, seconds = time.time(), time.perf_counter() - request.started
    if handler := only_handler(_log):
        handler.keep(json_of(request, now, seconds, pool.elapsed.get()))
    else:
        _log.handle(_record(now, fields_of(request, seconds, pool.elapsed.get())))


def _record(now: float, fields: dict[str, Any]) -> logging.LogRecord:
    record = logging.LogRecord.__new__(logging.LogRecord)
    record.__dict__.update(_LINE, created=now, msecs=int(now % 1 * 1000), fields=fields)
    return record


def begun(scope: Scope) -> Request:
    """Give a request its id; the caller ends it when it is over."""
    headers = fields_by_name(scope["headers"])
    request = Request(
        scope["method"],
        headers,
        id=request_id(headers),
        scheme=scope.get("scheme", "http"),
        client=scope.get("client"),
        path=scope.get("raw_path") or b"",
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
            end(request)


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
        "reason": request.reason,
        "errors": [described(cause) for cause in causes],
    }
    logging.getLogger("todo_api.errors").error("error", extra={"fields": fields})
