"""Request bodies: media type, size, JSON, schema, in the contract's order."""

import asyncio
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
from starlette.types import Receive

from compiled.schemas.schema import Fault, Schema
from todo_api.errors import (
    BodyTooSlow,
    ClientDisconnected,
    InvalidBody,
    PayloadTooLarge,
    UnsupportedMediaType,
)
from todo_api.http.framing import MOST_BYTES
from todo_api.logs import Request

_NO_CODING = (b"", b"identity")

_MOST_OF_A_MEDIA_TYPE = 200  # bytes, as what was parsed is remembered
_NOT_JSON = Fault("", "Must be valid JSON in UTF-8.")
_MISSING = Fault("", "Is required: a JSON object.")


class Body(NamedTuple):
    """A body's JSON and the schema it has to keep."""

    content: Any
    schema: Schema

    def checked(self) -> Any:
        """Return the content; raises `InvalidBody` where it breaks the schema."""
        if not self.schema.accepts(self.content):
            raise InvalidBody(self.schema.faults(self.content))
        return self.content


class RequestBody:
    """The declared body of one operation."""

    def __init__(self, declared: dict[str, Any]) -> None:
        self._schemas = {
            media_type: Schema(content["schema"])
            for media_type, content in declared["content"].items()
        }
        self._taken = " or ".join(self._schemas)

    async def read(self, request: Request, faults: list[Fault]) -> Body:
        """Return the body, not yet checked, or add to `faults` why it is not JSON.

        Raises `UnsupportedMediaType`, and what reading raises: `PayloadTooLarge`, `BodyTooSlow`,
        `MalformedRequest` and `ClientDisconnected`.
        """
        schema = self._schema_for(request.headers)
        raw = await request.body()
        try:
            return Body(orjson.loads(raw), schema)
        except orjson.JSONDecodeError:
            faults.append(_NOT_JSON if raw else _MISSING)
            return Body(None, schema)

    def _schema_for(self, headers: dict[bytes, bytes]) -> Schema:
        content_type = headers.get(b"content-type")
        if content_type is None and not _has_body(headers):
            return next(iter(self._schemas.values()))
        schema = self._schemas.get(_media_type((content_type or b"")[:_MOST_OF_A_MEDIA_TYPE]))
        if schema is None or headers.get(b"content-encoding", b"").lower() not in _NO_CODING:
            raise UnsupportedMediaType(
                f"Send the body as {self._taken} in UTF-8, without Content-Encoding."
            )
        return schema


def _has_body(headers: dict[bytes, bytes]) -> bool:
    return b"transfer-encoding" in headers or _declared_length(headers) != b"0"


def _declared_length(headers: dict[bytes, bytes]) -> bytes:
    return headers.get(b"content-length", b"0").lstrip(b"0") or b"0"


@lru_cache(maxsize=256)
def _media_type(content_type: bytes) -> str | None:
    """Return the media type in lower case, or None where its charset is not UTF-8."""
    media_type, *parameters = content_type.decode("latin-1").lower().split(";")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip().strip('"') != "utf-8":
            return None
    return media_type.strip()


async def received(headers: dict[bytes, bytes], receive: Receive, timeout: float) -> bytes:  # noqa: ASYNC109 (for all parts together)
    """Return the body that an ASGI server hands out; it has to arrive within `timeout` seconds.

    Raises `PayloadTooLarge`, `BodyTooSlow` and `ClientDisconnected`.
    """
    declared = _declared_length(headers)
    if len(declared) > len(str(MOST_BYTES)) or int(declared) > MOST_BYTES:
        raise PayloadTooLarge
    try:
        async with asyncio.timeout(timeout):
            return await _joined(receive)
    except TimeoutError:
        raise BodyTooSlow from None


async def _joined(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnected
        body += message.get("body", b"")
        if len(body) > MOST_BYTES:
            raise PayloadTooLarge
        more = message.get("more_body", False)
    return body
