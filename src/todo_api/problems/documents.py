"""Problem documents (RFC 9457) for every error that a client can see."""

from datetime import UTC, datetime
from http import HTTPStatus

import orjson
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from compiled.answers import Reply, reply
from compiled.errors import MOST_CHARACTERS, Fault, RequestRefused, method_not_allowed
from db.errors import InvalidCursor, WaitedTooLong
from db.readiness import Unfit
from identity.errors import TokenInvalid
from todo_api.problems.causes import type_of
from todo_api.problems.errors import ClientDisconnected, NoKeys, NoSuchPath, RateLimited
from todo_api.problems.kinds import Kind, kind_of
from todo_api.request import Request
from todo_api.telemetry.logs import REQUEST, log_error

MEDIA_TYPE = "application/problem+json"
_MEDIA_TYPE = MEDIA_TYPE.encode()
_TITLES = {413: "Content Too Large", 422: "Unprocessable Content"}
"""RFC 9110's names, where Python has older ones."""


def problem(error: Exception, request_id: str) -> Reply:
    """Return the problem document for `error`."""
    return _problem(error, kind_of(error), request_id)


def answer_to(error: Exception, request: Request) -> Reply:
    """Return the problem document for `error`, and log the service's own faults.

    Raises `ClientDisconnected` if the client is gone.
    """
    if isinstance(error, ClientDisconnected):
        raise error
    error = _translated(error)
    kind = kind_of(error)
    request.error_code = kind.error_code
    request.reason = _reason(error)
    # Overload is not a fault, and a log line for each request would add to it.
    overload = kind.error_code == "OVERLOADED" or isinstance(error, WaitedTooLong)
    if kind.status >= HTTPStatus.INTERNAL_SERVER_ERROR and not overload:
        log_error(error, request)
    return _problem(error, kind, request.id)


def _problem(error: Exception, kind: Kind, request_id: str) -> Reply:
    faults = _faults(error)
    document = {
        "type": type_of(kind.error_code),
        "title": _TITLES.get(kind.status, kind.status.phrase),
        "status": kind.status,
        "detail": kind.detail or _summary(faults) or str(error),
        "error_code": kind.error_code,
        "timestamp": _now(),
        "request_id": request_id,
    }
    if isinstance(error, NoKeys | Unfit):  # only for /ready, which is outside the contract
        document["reason"] = error.reason
    if faults:
        document["errors"] = [fault._asdict() for fault in faults]
    body = orjson.dumps(document, option=orjson.OPT_UTC_Z)
    headers = kind.headers
    if isinstance(error, RequestRefused):
        headers = error.headers
    if isinstance(error, RateLimited):
        headers = [(b"retry-after", b"%d" % error.wait)]
    return reply(kind.status, headers, body, _MEDIA_TYPE)


def _now() -> datetime | str:
    """Return the time with microseconds, even when they are zero: orjson would leave those out."""
    now = datetime.now(UTC)
    return now if now.microsecond else f"{now:%Y-%m-%dT%H:%M:%S.%fZ}"


def _translated(error: Exception) -> Exception:
    """Translate the exceptions of Starlette's routes to this service's."""
    if isinstance(error, HTTPException) and error.status_code == HTTPStatus.NOT_FOUND:
        return NoSuchPath()
    if isinstance(error, HTTPException) and error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        methods = (error.headers or {}).get("Allow", "").split(", ")
        return method_not_allowed(methods)
    return error


def _faults(error: Exception) -> list[Fault]:
    if isinstance(error, InvalidCursor):
        return [Fault("cursor", "Must be the next_cursor of this very list.")]
    return getattr(error, "faults", [])


def _reason(error: Exception) -> str | None:
    """Return an error's keyword; only own errors have one, as others may hold users' data."""
    return error.reason if isinstance(error, NoKeys | TokenInvalid | Unfit) else None


def _summary(faults: list[Fault]) -> str:
    pointers = dict.fromkeys(fault.pointer for fault in faults)
    names = ", ".join(pointer or "the body itself" for pointer in pointers)
    return names and f"The request is not valid: {names}."[:MOST_CHARACTERS]


class Problems:
    """Turn every exception into its problem document."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application; an error after the response has begun can't be reported."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except ClientDisconnected:
            return
        except Exception as error:  # noqa: BLE001 (the one place where all errors end)
            answer = answer_to(error, scope[REQUEST])
            if not started:
                await answer.send(scope, send)
