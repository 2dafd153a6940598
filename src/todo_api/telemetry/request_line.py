"""What is logged of a request: its fields, and the line of JSON that they make."""

import time
from functools import lru_cache
from json.encoder import encode_basestring_ascii as quoted
from typing import Any

import orjson

from todo_api.request import Request
from todo_api.telemetry.log_output import REQUESTS

_MOST_OF_A_PATH = 100  # bytes, of one that is no operation's
_KIND = f'"level":"INFO","logger":"{REQUESTS}","message":"request","request_id":"'

Outcome = tuple[str, str | None, str | None, int, str | None]
"""Method, path, operation, status and error_code."""


def fields_of(request: Request, seconds: float, in_database: float) -> dict[str, Any]:
    """Return the fields of a request that took `seconds`; durations are in milliseconds."""
    return {
        "request_id": request.id,
        "user": request.user,
        **_named(_outcome_of(request)),
        "duration_ms": round(seconds * 1000, 2),
        "database_ms": round(in_database * 1000, 2),
        **_others_of(request),
    }


def json_of(request: Request, created: float, seconds: float, in_database: float) -> str:
    """Return the line of JSON of a request's record that was `created` then.

    It is joined from pieces, most of which are known. So the log adds a tenth to a GET's CPU time,
    where a dict for each line added a fifth (`make bench`). All is ASCII, as a user's id may hold
    what ends a line elsewhere, or turns the direction of writing.
    """
    second = int(created)
    user = "null" if request.user is None else quoted(request.user)
    # Paths beyond the contract's are the client's choice, and endless.
    outcome = (_kept if request.route is not None else _json)(_outcome_of(request))
    others = _others_of(request)
    more = [f',"{name}":{quoted(value)}' for name, value in others.items()] if others else ()
    return (
        f'{_until(second)}.{int((created - second) * 1_000_000):06}Z",{_KIND}{request.id}",'
        f'"user":{user},{outcome},"duration_ms":{seconds * 1000:.2f},'
        f'"database_ms":{in_database * 1000:.2f}{"".join(more)}}}'
    )


def _outcome_of(request: Request) -> Outcome:
    path = request.route or _escaped(request.path)
    return request.method, path, request.operation, request.status, request.error_code


def _named(outcome: Outcome) -> dict[str, str | int | None]:
    names = ("method", "path", "operation", "status", "error_code")
    return dict(zip(names, outcome, strict=True))


def _json(outcome: Outcome) -> str:
    return orjson.dumps(_named(outcome)).decode()[1:-1]


_kept = lru_cache(_json)


def _others_of(request: Request) -> dict[str, str]:
    others = {}
    if request.client is not None and request.state.get("log_client", True):
        others["client"] = request.client[0]
    if request.reason is not None:
        others["reason"] = request.reason
    if request.span is not None:
        others["trace_id"] = request.span.trace_id
    return others


def _escaped(path: bytes) -> str | None:
    """Return how a path begins, which clients write at will, in printable ASCII."""
    return path[:_MOST_OF_A_PATH].decode("latin-1").encode("unicode_escape").decode() or None


@lru_cache(maxsize=1)
def _until(second: int) -> str:
    return time.strftime('{"time":"%Y-%m-%dT%H:%M:%S', time.gmtime(second))
