"""Every error a client can see, as a problem document (RFC 9457), in one table."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus

import orjson
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from db.errors import (
    Conflict,
    DatabaseOverloaded,
    DatabaseRefused,
    DatabaseUnavailable,
    IdempotencyKeyReused,
    InvalidCursor,
    StaleVersion,
    TaskNotFound,
)
from todo_api.auth import TokenInvalid, TokenMissing
from todo_api.causes import type_of
from todo_api.errors import (
    BodyTooSlow,
    ClientDisconnected,
    InvalidBody,
    InvalidParameters,
    MalformedRequest,
    MethodNotAllowed,
    NoSuchPath,
    NotReady,
    PayloadTooLarge,
    RateLimited,
    ShuttingDown,
    UnsupportedMediaType,
    WrongUser,
)
from todo_api.headers import Headers
from todo_api.keys import KeysUnavailable
from todo_api.logs import REQUEST, Request, log_error
from todo_api.replies import Reply, reply
from todo_api.schemas import MOST_CHARACTERS, Fault

MEDIA_TYPE = "application/problem+json"
_MEDIA_TYPE = MEDIA_TYPE.encode()


@dataclass(frozen=True)
class Kind:
    """What an exception looks like from outside; without a `detail`, its message is one."""

    status: HTTPStatus
    error_code: str
    detail: str = ""
    headers: Headers = field(default_factory=list)


_TRY_AGAIN = [(b"retry-after", b"1")]
_INTERNAL_ERROR = Kind(
    HTTPStatus.INTERNAL_SERVER_ERROR,
    "INTERNAL_ERROR",
    "Something went wrong on the server. Report it with this request_id.",
)
_KINDS: dict[type[Exception], Kind] = {
    InvalidParameters: Kind(HTTPStatus.BAD_REQUEST, "VALIDATION_ERROR"),
    InvalidCursor: Kind(HTTPStatus.BAD_REQUEST, "VALIDATION_ERROR"),
    MalformedRequest: Kind(
        HTTPStatus.BAD_REQUEST, "VALIDATION_ERROR", "This is not a valid HTTP request."
    ),
    BodyTooSlow: Kind(
        HTTPStatus.BAD_REQUEST,
        "VALIDATION_ERROR",
        "The body did not arrive in time.",
        [(b"connection", b"close")],
    ),
    TokenMissing: Kind(
        HTTPStatus.UNAUTHORIZED,
        "AUTH_MISSING",
        "Send a token in the header Authorization, as Bearer <JWT>.",
        [(b"www-authenticate", b"Bearer")],
    ),
    TokenInvalid: Kind(
        HTTPStatus.UNAUTHORIZED,
        "AUTH_INVALID",
        headers=[(b"www-authenticate", b'Bearer error="invalid_token"')],
    ),
    WrongUser: Kind(
        HTTPStatus.FORBIDDEN,
        "AUTH_FORBIDDEN",
        "The token belongs to another user than the path.",
    ),
    TaskNotFound: Kind(HTTPStatus.NOT_FOUND, "NOT_FOUND", "There is no such task."),
    NoSuchPath: Kind(HTTPStatus.NOT_FOUND, "NOT_FOUND", "There is no such path."),
    MethodNotAllowed: Kind(
        HTTPStatus.METHOD_NOT_ALLOWED,
        "METHOD_NOT_ALLOWED",
        "This path has other methods; see the header Allow.",
    ),
    StaleVersion: Kind(
        HTTPStatus.PRECONDITION_FAILED,
        "PRECONDITION_FAILED",
        "The task has changed since the version that If-Match names. Get it and try again.",
    ),
    PayloadTooLarge: Kind(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "PAYLOAD_TOO_LARGE",
        "The body may have at most 65536 bytes.",
    ),
    UnsupportedMediaType: Kind(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE"),
    InvalidBody: Kind(HTTPStatus.UNPROCESSABLE_ENTITY, "VALIDATION_ERROR"),
    IdempotencyKeyReused: Kind(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "IDEMPOTENCY_KEY_REUSED",
        "This Idempotency-Key was used before, with another body. Use a new key.",
    ),
    RateLimited: Kind(
        HTTPStatus.TOO_MANY_REQUESTS,
        "RATE_LIMITED",
        "Too many requests. Wait as long as Retry-After says.",
    ),
    DatabaseRefused: Kind(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "DATABASE_ERROR",
        "The database refused the request. Report it with this request_id.",
    ),
    DatabaseUnavailable: Kind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "DATABASE_ERROR",
        "The database can't be reached at the moment. Try again shortly.",
        _TRY_AGAIN,
    ),
    Conflict: Kind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "DATABASE_ERROR",
        "Others were changing the same at this moment. Try again shortly.",
        _TRY_AGAIN,
    ),
    NotReady: Kind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "DATABASE_ERROR",
        "The database has no tables yet: run todo-api migrate.",
        _TRY_AGAIN,
    ),
    ShuttingDown: Kind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "OVERLOADED",
        "The server is shutting down and takes on no more work.",
        _TRY_AGAIN,
    ),
    DatabaseOverloaded: Kind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "OVERLOADED",
        "The server has more work than it can take on. Try again shortly.",
        _TRY_AGAIN,
    ),
    KeysUnavailable: Kind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "AUTH_UNAVAILABLE",
        "Tokens can't be checked at the moment. Try again shortly.",
        _TRY_AGAIN,
    ),
}
_TITLES = {413: "Content Too Large", 422: "Unprocessable Content"}
"""The names of RFC 9110 where Python's are older."""


def problem(error: Exception, request_id: str) -> Reply:
    """Return the response that tells a client of `error`."""
    return _problem(error, _kind(error), request_id)


def answer_to(error: Exception, request: Request) -> Reply:
    """Return the response that tells the client of `error`, and tell the log what is our fault."""
    error = _translated(error)
    kind = _kind(error)
    request.error_code = kind.error_code
    if kind.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
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
    if faults:
        document["errors"] = [fault._asdict() for fault in faults]
    body = orjson.dumps(document, option=orjson.OPT_UTC_Z)
    headers = kind.headers
    if isinstance(error, MethodNotAllowed):
        headers = [(b"allow", error.allow.encode())]
    if isinstance(error, RateLimited):
        headers = [(b"retry-after", b"%d" % error.wait)]
    return reply(kind.status, headers, body, _MEDIA_TYPE)


def _now() -> datetime | str:
    """Return the time to the microsecond; orjson would leave out what is zero, one in a million."""
    now = datetime.now(UTC)
    return now if now.microsecond else f"{now:%Y-%m-%dT%H:%M:%S.%fZ}"


def _kind(error: Exception) -> Kind:
    known = (_KINDS[cls] for cls in type(error).__mro__ if cls in _KINDS)
    return next(known, _INTERNAL_ERROR)


def _translated(error: Exception) -> Exception:
    """Return what Starlette's routes raise in our own terms."""
    if isinstance(error, HTTPException) and error.status_code == HTTPStatus.NOT_FOUND:
        return NoSuchPath()
    if isinstance(error, HTTPException) and error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        methods = (error.headers or {}).get("Allow", "").split(", ")
        return MethodNotAllowed(", ".join(sorted(methods)))
    return error


def _faults(error: Exception) -> list[Fault]:
    if isinstance(error, InvalidCursor):
        return [Fault("cursor", "Must be the next_cursor of this very list.")]
    return getattr(error, "faults", [])


def _summary(faults: list[Fault]) -> str:
    pointers = dict.fromkeys(fault.pointer for fault in faults)
    names = ", ".join(pointer or "the body itself" for pointer in pointers)
    return names and f"The request is not valid: {names}."[:MOST_CHARACTERS]


class Problems:
    """Answer every exception with its problem document."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application; a response that has begun can't be replaced any more."""
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
