"""The cause and cure of each `error_code`: the page that a problem's type links to."""

from functools import cache
from html import escape
from typing import NamedTuple

PATH = "/errors"

_STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:42rem;margin:2rem auto;padding:0 1rem}"
    "section{padding:.5rem .75rem;margin:1rem -.75rem;border-radius:.5rem;scroll-margin-top:1rem}"
    "h2{font:600 1.1rem ui-monospace,monospace;margin:0 0 .25rem}p{margin:.25rem 0}"
    ":target{background:#fff3c4;color:#222}:root{color-scheme:light dark}"
)


class Cause(NamedTuple):
    """Why a request ends with an `error_code`, and what to do about it."""

    statuses: tuple[int, ...]
    cause: str
    cure: str


CAUSES = {
    "VALIDATION_ERROR": Cause(
        (400, 408, 422, 431),
        "The body is not JSON (400), or a parameter (400) or the body (422) breaks the contract;"
        " the request did not arrive in time (408); its path or its header fields are too large"
        " (431).",
        "Look at errors: each names a field by its JSON pointer, or a parameter, and its fault."
        " Send what did not arrive again; send less in cookies and other header fields.",
    ),
    "AUTH_MISSING": Cause(
        (401,),
        "The request carries no bearer token.",
        "Sign in, and send Authorization: Bearer <JWT>.",
    ),
    "AUTH_INVALID": Cause(
        (401,),
        "The token has expired, is not signed by the identity provider, or is for another service.",
        "Ask the identity provider for a new token and send the request again, once; then sign in.",
    ),
    "AUTH_FORBIDDEN": Cause(
        (403,),
        "The token belongs to another user than the path's user_id.",
        "Use the token's own user in the path: its claim user_id, else sub.",
    ),
    "NOT_FOUND": Cause(
        (404,),
        "The user has no such task (any more), or the service has no such path.",
        "List the tasks again; a task of another user is simply not there.",
    ),
    "METHOD_NOT_ALLOWED": Cause(
        (405,),
        "The path is a right one, but it does not take this method.",
        "Use one of those that the header Allow lists.",
    ),
    "PRECONDITION_FAILED": Cause(
        (412,),
        "Somebody has changed the task since the version that If-Match names; or If-Match has weak"
        ' ETags only (W/"1"), which a proxy that compresses makes of strong ones.',
        "Get the task, decide again, and send the change with the new version. In place of a weak"
        ' ETag send the version in quotes, such as "1", or switch the compression off.',
    ),
    "PAYLOAD_TOO_LARGE": Cause(
        (413,),
        "The body has more than 64 KiB.",
        "Send less: a title has at most 200 characters, a description at most 1000.",
    ),
    "UNSUPPORTED_MEDIA_TYPE": Cause(
        (415,),
        "The body has no Content-Type, or another one than JSON in UTF-8, or is compressed.",
        "Send Content-Type: application/json.",
    ),
    "IDEMPOTENCY_KEY_REUSED": Cause(
        (422,),
        "The Idempotency-Key was used before, with another body.",
        "Make a new key for each new task, and use it again only to repeat the same request.",
    ),
    "RATE_LIMITED": Cause(
        (429,),
        "There were more requests than the service takes from one client.",
        "Wait for the seconds that Retry-After names.",
    ),
    "INTERNAL_ERROR": Cause(
        (500,),
        "The service has a fault.",
        "Report it with the request_id, which leads to the fault in the service's log.",
    ),
    "DATABASE_ERROR": Cause(
        (500, 503),
        "The database is away, too slow or read-only (503), or refused what it should have taken"
        " (500).",
        "At 503, try again after the seconds that Retry-After names; a new task with an"
        " Idempotency-Key, as the first may have been made. Report a 500 with its request_id.",
    ),
    "AUTH_UNAVAILABLE": Cause(
        (503,),
        "The identity provider's keys could not be had yet.",
        "Try again after the seconds that Retry-After names.",
    ),
    "OVERLOADED": Cause(
        (503,),
        "The service has more to do than it can take on; this request was not begun.",
        "Try again after the seconds that Retry-After names, and more slowly.",
    ),
}
"""By `error_code`, in the contract's order."""


def type_of(error_code: str) -> str:
    """Return the URI reference of a problem's type (RFC 9457, 3.1.1), the page's section."""
    return f"{PATH}#{error_code}"


@cache
def page() -> str:
    """Return all causes as an HTML page with an anchor for each `error_code`."""
    return (
        '<!DOCTYPE html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>Errors of the Todo API</title>'
        f"<style>{_STYLE}</style><h1>Errors</h1><p>What a problem document's error_code stands for."
        f"{''.join(_section(code, cause) for code, cause in CAUSES.items())}</html>\n"
    )


def _section(error_code: str, cause: Cause) -> str:
    statuses = " or ".join(map(str, cause.statuses))
    return (
        f'<section id="{error_code}"><h2>{error_code}</h2><p>{statuses}: {escape(cause.cause)}'
        f"<p><b>What to do:</b> {escape(cause.cure)}</section>"
    )
