"""The headers that every response gets."""

from collections.abc import Collection
from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from compiled.answers import Reply
from compiled.request import Headers
from todo_api.http.security import headers_for
from todo_api.request import Request

_VARY = (b"vary", b"Authorization, Origin")
_CLOSE = (b"connection", b"close")


class Envelope:
    """Adds the security headers, those of CORS (Fetch, 3.2) and limits, and the request's id.

    It does in one step what the middlewares around the other paths do.
    """

    def __init__(self, origins: Collection[str], exposed: Collection[str]) -> None:
        expose = (b"access-control-expose-headers", ", ".join(exposed).encode())
        allow_any = (b"access-control-allow-origin", b"*")
        self._native: Headers = [_VARY]
        self._foreign = [expose, allow_any, _VARY] if "*" in origins else [expose, _VARY]
        self._allowed = {
            origin.encode(): [expose, (b"access-control-allow-origin", origin.encode()), _VARY]
            for origin in origins
        }
        self._lines: dict[tuple[str, bytes | None, bool], bytes] = {}

    def around(self, reply: Reply, request: Request) -> Reply:
        """Return `reply` with all its headers."""
        name = (b"x-request-id", request.id.encode())
        failed = reply.status >= HTTPStatus.BAD_REQUEST
        constant = self._constant(request.scheme, request.headers.get(b"origin"), failed)
        headers = [*reply.headers, *request.limits, *constant, name]
        return Reply(reply.status, headers, reply.body)

    def rendered(self, reply: Reply, request: Request, date: bytes = b"", *, last: bool) -> bytes:
        """Return the bytes of `reply` with all its headers (RFC 9112, 4 to 6).

        `date` is the line of the Date header; the connection ends after a `last` response.
        """
        origin = request.headers.get(b"origin")
        if origin is not None and origin not in self._allowed:
            origin = b""
        known = (request.scheme, origin, reply.status >= HTTPStatus.BAD_REQUEST)
        constant = self._lines.get(known)
        if constant is None:
            constant = self._lines[known] = _lines(self._constant(*known))
        own: Headers = [*reply.headers, *request.limits]
        if last and _CLOSE not in own:
            own.append(_CLOSE)
        body = b"" if request.method == "HEAD" else reply.body
        name = b"x-request-id: %b\r\n\r\n" % request.id.encode()
        return b"".join((STATUS_LINE[reply.status], date, _lines(own), constant, name, body))

    def _constant(self, scheme: str, origin: bytes | None, failed: bool) -> Headers:
        cors = self._native if origin is None else self._allowed.get(origin, self._foreign)
        return [*headers_for(scheme, failed=failed), *cors]


def _lines(headers: Headers) -> bytes:
    return b"".join([b"%b: %b\r\n" % header for header in headers])
