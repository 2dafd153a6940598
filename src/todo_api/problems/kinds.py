"""The response to each exception, in one table."""

from dataclasses import dataclass, field
from http import HTTPStatus

from compiled.errors import RequestRefused
from compiled.request import Headers
from db.errors import (
    Conflict,
    DatabaseOverloaded,
    DatabaseReadOnly,
    DatabaseRefused,
    DatabaseUnavailable,
    IdempotencyKeyReused,
    InvalidCursor,
    NoVersionNamed,
    StaleVersion,
    TaskNotFound,
)
from db.readiness import Unfit
from identity.errors import TokenInvalid, TokenMissing
from identity.keys import KeysUnavailable
from todo_api.problems.errors import (
    BodyTooSlow,
    HeadTooLarge,
    HeadTooSlow,
    MalformedRequest,
    NoKeys,
    NoSuchPath,
    PayloadTooLarge,
    RateLimited,
    ShuttingDown,
    WrongUser,
)


@dataclass(frozen=True)
class Kind:
    """The response to an exception; without a `detail`, the exception's message is used."""

    status: HTTPStatus
    error_code: str
    detail: str = ""
    headers: Headers = field(default_factory=list)


_TRY_AGAIN = [(b"retry-after", b"1")]
INTERNAL_ERROR = Kind(
    HTTPStatus.INTERNAL_SERVER_ERROR,
    "INTERNAL_ERROR",
    "Something went wrong on the server. Report it with this request_id.",
)
REFUSALS = {
    HTTPStatus.BAD_REQUEST: Kind(HTTPStatus.BAD_REQUEST, "VALIDATION_ERROR"),
    HTTPStatus.METHOD_NOT_ALLOWED: Kind(
        HTTPStatus.METHOD_NOT_ALLOWED,
        "METHOD_NOT_ALLOWED",
        "This path has other methods; see the header Allow.",
    ),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: Kind(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE"
    ),
    HTTPStatus.UNPROCESSABLE_ENTITY: Kind(HTTPStatus.UNPROCESSABLE_ENTITY, "VALIDATION_ERROR"),
}
"""The refusals of the compiled contract, by status."""
KINDS: dict[type[Exception], Kind] = {
    InvalidCursor: Kind(HTTPStatus.BAD_REQUEST, "VALIDATION_ERROR"),
    MalformedRequest: Kind(
        HTTPStatus.BAD_REQUEST, "VALIDATION_ERROR", "This is not a valid HTTP request."
    ),
    BodyTooSlow: Kind(
        HTTPStatus.REQUEST_TIMEOUT,
        "VALIDATION_ERROR",
        "The body did not arrive in time.",
        [(b"connection", b"close")],
    ),
    HeadTooSlow: Kind(
        HTTPStatus.REQUEST_TIMEOUT,
        "VALIDATION_ERROR",
        "The head of the request did not arrive in time.",
    ),
    HeadTooLarge: Kind(
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        "VALIDATION_ERROR",
        "The head of the request may have at most 65536 bytes, 100 fields and a path of 4096"
        " bytes.",
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
    StaleVersion: Kind(
        HTTPStatus.PRECONDITION_FAILED,
        "PRECONDITION_FAILED",
        "The task has changed since the version that If-Match names. Get it and try again.",
    ),
    NoVersionNamed: Kind(
        HTTPStatus.PRECONDITION_FAILED,
        "PRECONDITION_FAILED",
        'If-Match has weak ETags (W/"1") only, which never match.'
        ' Send the version that you saw, in quotes: "<version>".',
    ),
    PayloadTooLarge: Kind(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "PAYLOAD_TOO_LARGE",
        "The body may have at most 65536 bytes.",
    ),
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
    DatabaseReadOnly: Kind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "DATABASE_ERROR",
        "The database takes no changes at the moment. Try again shortly.",
        _TRY_AGAIN,
    ),
    Unfit: Kind(HTTPStatus.SERVICE_UNAVAILABLE, "DATABASE_ERROR", headers=_TRY_AGAIN),
    NoKeys: Kind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "AUTH_UNAVAILABLE",
        "The server has had no signing keys yet: the log says why.",
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


def kind_of(error: Exception) -> Kind:
    """Return the kind of `error`, that of its most specific class in the table."""
    if isinstance(error, RequestRefused):
        return REFUSALS[error.status]
    known = (KINDS[cls] for cls in type(error).__mro__ if cls in KINDS)
    return next(known, INTERNAL_ERROR)
