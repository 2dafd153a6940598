"""HTTP responses: what a handler returned -> what goes over the wire."""

from typing import Any, NamedTuple

import orjson
from starlette.types import Scope, Send

from compiled.request import Headers
from todo_api.conditions import is_current
from todo_api.contract import etag_of

_NOT_MODIFIED = 304


class Reply(NamedTuple):
    """An HTTP response."""

    status: int
    headers: Headers
    body: bytes = b""

    async def send(self, scope: Scope, send: Send) -> None:
        """Send the response; to HEAD all but its body (RFC 9110, 9.3.2)."""
        body = b"" if scope["method"] == "HEAD" else self.body
        start = {"type": "http.response.start", "status": self.status, "headers": self.headers}
        await send(start)
        await send({"type": "http.response.body", "body": body})


def reply(status: int, headers: Headers, body: bytes, media_type: bytes) -> Reply:
    """Return a response with a body."""
    length = b"%d" % len(body)
    content = [(b"content-type", media_type), (b"content-length", length)]
    return Reply(status, [*headers, *content], body)


def reply_with(answer: Any, status: int, if_none_match: str | None) -> Reply:
    """Return the response for what a handler returned: nothing, a body, or a body and headers.

    What has no ETag of its own gets one from its content, if it can be asked for again (200); a
    client that holds the current one gets 304.
    """
    if answer is None:
        return Reply(status, [])
    content, headers = answer if isinstance(answer, tuple) else (answer, {})
    body = b""
    if "ETag" not in headers:
        body = orjson.dumps(content)
        headers = {"ETag": etag_of(body)}
    if is_current(if_none_match, headers["ETag"]):
        return Reply(_NOT_MODIFIED, _encoded({"ETag": headers["ETag"]}))
    return reply(status, _encoded(headers), body or orjson.dumps(content), b"application/json")


def _encoded(headers: dict[str, str]) -> Headers:
    return [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
