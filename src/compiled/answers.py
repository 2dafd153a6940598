"""What a handler returned -> what goes over the wire."""

import json
import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, NamedTuple

import orjson
from starlette.types import Scope, Send

from compiled.bodies import is_json, media_type_of
from compiled.document import Place
from compiled.request import Headers

_NOT_MODIFIED = "304"
_BODILESS = (204, 304)
_LINE_END = re.compile("[\\r\\n\\0]")
_LONGEST_TAGS = 1000  # characters; 64 KiB of tags, from anyone, took 14 ms
_ENTITY_TAG = re.compile(r'(W/)?"([!#-~]*)"')


class Answer(NamedTuple):
    """A handler's answer with a status, headers or media type beside its content.

    The default status is the lowest 2xx that the contract declares, the default media type the
    first that it declares for the status.
    """

    content: Any = None
    status: int | None = None
    headers: Mapping[str, str] = {}
    media_type: str | None = None


class Reply(NamedTuple):
    """An HTTP response."""

    status: int
    headers: Headers
    body: bytes = b""

    async def send(self, scope: Scope, send: Send) -> None:
        """Send the response, to HEAD without its body (RFC 9110, 9.3.2)."""
        body = b"" if scope["method"] == "HEAD" else self.body
        start = {"type": "http.response.start", "status": self.status, "headers": self.headers}
        await send(start)
        await send({"type": "http.response.body", "body": body})


class _Rendering(NamedTuple):
    media_type: bytes
    render: Callable[[Any], bytes]


class Responses:
    """The declared responses of one operation; `place` is refused if it can't be enforced."""

    def __init__(self, place: Place, *, conditional: bool) -> None:
        self._renderings: dict[str, list[_Rendering]] = {}
        for status, response in place.fields("responses"):
            response.refuse_keys("description", "headers", "content", "links")
            self._renderings[status.upper()] = [
                _rendering(media_type) for media_type in response.get("content") or ()
            ]
        self._status = _success(list(self._renderings))
        success = self._renderings_of(self._status)
        self._usual = success[0] if success else None
        responses = dict(place.fields("responses"))
        declared = responses.get(str(self._status))
        headers = () if declared is None else declared.get("headers") or ()
        has_tag = any(name.lower() == "etag" for name in headers)
        self.conditional = conditional and has_tag and _NOT_MODIFIED in self._renderings
        """Whether the content gets an ETag, and a client that has the current content gets 304."""

    def reply(self, answer: Any, if_none_match: str | None) -> Reply:
        """Return the response for what a handler returned.

        A handler returns None, the content, `(content, headers)` or an `Answer`. Raises `TypeError`
        for content that does not fit the response's media type.
        """
        status, media_type, headers = self._status, None, None
        if type(answer) is Answer:
            answer, chosen, headers, media_type = answer
            status = status if chosen is None else chosen
        elif type(answer) is tuple:
            answer, headers = answer
        if answer is None:
            return _without_body(status, _encoded(headers) if headers else [])
        if status in _BODILESS:
            raise TypeError(f"an answer of {status} has no content")
        rendering = self._usual
        if status != self._status or media_type is not None or rendering is None:
            rendering = self._rendering(status, media_type)
        body = None
        if self.conditional and status == self._status:
            tag = headers.get("ETag") if headers else None
            if tag is None:
                body = rendering.render(answer)
                tag = etag_of(body)
                headers = {**(headers or {}), "ETag": tag}
            if if_none_match is not None and is_current(if_none_match, tag):
                return Reply(304, [(b"etag", tag.encode("latin-1"))])
        if body is None:
            body = rendering.render(answer)
        return reply(status, _encoded(headers) if headers else [], body, rendering.media_type)

    def _renderings_of(self, status: int) -> list[_Rendering]:
        for name in (str(status), f"{status // 100}XX", "DEFAULT"):
            if name in self._renderings:
                return self._renderings[name]
        return []

    def _rendering(self, status: int, media_type: str | None) -> _Rendering:
        if media_type is not None:
            return _rendering(media_type)
        declared = self._renderings_of(status)
        if not declared:
            raise TypeError(f"the contract has no content for {status}, and the answer has one")
        return declared[0]


def _without_body(status: int, headers: Headers) -> Reply:
    """Return a response without a body; all but 204 get `Content-Length: 0` (RFC 9110, 8.6)."""
    return Reply(status, headers if status in _BODILESS else [*headers, (b"content-length", b"0")])


def reply(status: int, headers: Headers, body: bytes, media_type: bytes) -> Reply:
    """Return a response with a body."""
    length = b"%d" % len(body)
    content = [(b"content-type", media_type), (b"content-length", length)]
    return Reply(status, [*headers, *content], body)


def etag_of(content: bytes) -> str:
    """Return a strong ETag of `content` (RFC 9110, 8.8.3)."""
    return f'"{sha256(content).hexdigest()[:32]}"'


def is_current(if_none_match: str | None, etag: str) -> bool:
    """Tell whether the client already has `etag`, by weak comparison (RFC 9110, 8.8.3.2)."""
    if if_none_match is None or len(if_none_match) > _LONGEST_TAGS:
        return False
    if if_none_match in (etag, "*"):  # what nearly all clients send
        return True
    return etag.removeprefix("W/").strip('"') in (
        tag for _, tag in _ENTITY_TAG.findall(if_none_match)
    )


def strong_tags(if_match: str | None) -> list[str] | None:
    """Return the strong ETags' values, or None if any state matches (`*`, or no header)."""
    if if_match is None or if_match == "*":
        return None
    return [tag for weak, tag in _ENTITY_TAG.findall(if_match) if not weak]


def _success(statuses: list[str]) -> int:
    """Return the default status of an answer: the lowest declared 2xx."""
    exact = [int(status) for status in statuses if status.isdigit() and status[0] == "2"]
    return min(exact, default=200)


def _rendering(media_type: str) -> _Rendering:
    name = media_type_of(media_type.encode()) or media_type
    if is_json(name):
        return _Rendering(media_type.encode(), _json)
    if name.startswith("text/") and "charset" not in media_type:
        return _Rendering(f"{media_type}; charset=utf-8".encode(), _raw)
    return _Rendering(media_type.encode(), _raw)


def _json(content: Any) -> bytes:
    try:
        return orjson.dumps(content)
    except TypeError:  # an integer over 64 bits, which orjson does not write, or no JSON at all
        return json.dumps(content, ensure_ascii=False, allow_nan=False).encode()


def _raw(content: Any) -> bytes:
    if isinstance(content, str):
        return content.encode()
    if isinstance(content, bytes):
        return content
    raise TypeError(f"an answer of this media type is text or bytes, not {type(content).__name__}")


def _encoded(headers: Mapping[str, str]) -> Headers:
    encoded = []
    for name, value in headers.items():
        if _LINE_END.search(value):
            raise ValueError("a header of the answer has a line end in it")
        encoded.append((name.lower().encode(), value.encode("latin-1")))
    return encoded
