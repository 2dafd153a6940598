"""Request bodies: media type, JSON, schema."""

import json
import re
from contextlib import suppress
from copy import deepcopy
from functools import lru_cache
from http import HTTPStatus
from typing import Any, NamedTuple

import orjson

from compiled.document import Place
from compiled.errors import Fault, RequestRefused
from compiled.request import HeaderFields, Headers, Request
from compiled.schemas.schema import Schema, Schemas

_NO_CODING = (b"", b"identity")
_UTF_8 = ("utf-8", "utf8")
_ACCEPT_ENCODING = (b"accept-encoding", b"identity")

_MOST_OF_A_MEDIA_TYPE = 200  # bytes, because parsed values are cached
_NOT_JSON = Fault("", "Must be valid JSON in UTF-8.")
_MISSING = Fault("", "Is required: a JSON object.")
_LONG_NUMBER = re.compile(rb"[0-9]{19}")
_RANGES = ("*/*", "application/*")
_LISTS = ("allOf", "anyOf", "oneOf")


class Body(NamedTuple):
    """A body's JSON and the schema it has to match."""

    content: Any
    schema: Schema
    defaults: dict[str, Any]

    def checked(self) -> Any:
        """Return the content with its defaults; raises 422 if it breaks the schema."""
        if not self.schema.accepts(self.content):
            faults = self.schema.faults(self.content)
            raise RequestRefused(HTTPStatus.UNPROCESSABLE_ENTITY, faults=faults)
        if self.defaults and isinstance(self.content, dict):
            return {**deepcopy(self.defaults), **self.content}
        return self.content


class _Declared(NamedTuple):
    schema: Schema
    defaults: dict[str, Any]


class RequestBody:
    """The declared body of one operation; `place` is refused if it can't be enforced."""

    def __init__(self, place: Place, schemas: Schemas, method: str = "post") -> None:
        place.refuse_keys("description", "content", "required")
        self._required = place.get("required", False)
        self._by_type: dict[str, _Declared] = {}
        for media_type, content in place.members("content"):
            name = media_type_of(media_type.encode()) or ""
            if not is_json(name) and name not in _RANGES:
                content.refuse("bodies of this media type are not supported, only JSON")
                continue
            if name in self._by_type:
                content.refuse("stands twice, written differently")
            content.refuse_keys("schema", "example", "examples")
            self._by_type[name] = self._declared(content, schemas)
        self._taken = " or ".join(self._by_type)
        named = [name for name in self._by_type if name not in _RANGES] if method == "patch" else []
        self._accept: Headers = [(b"accept-patch", ", ".join(named).encode())] if named else []
        """Sent with a 415 to PATCH (RFC 5789, 2.2); it can't name media ranges."""

    async def read(self, request: Request, faults: list[Fault]) -> Body | None:
        """Return the parsed body, not yet validated, or add to `faults` why it is not JSON.

        Returns None if an optional body is missing. Raises 415 and the errors of `request.body`.
        """
        declared = self._declared_for(request.headers)
        raw = await request.body()
        if not raw and not self._required:
            return None
        try:
            return Body(_parsed(raw), *declared)
        except orjson.JSONDecodeError:
            faults.append(_NOT_JSON if raw else _MISSING)
            return Body(None, *declared)

    def _declared(self, content: Place, schemas: Schemas) -> _Declared:
        schema = content["schema"] if "schema" in content else Place(content.document, {})
        return _Declared(schemas.compile(schema), _defaults(schema))

    def _declared_for(self, headers: HeaderFields) -> _Declared:
        content_type = headers.get(b"content-type")
        if content_type is None and not has_body(headers):
            return next(iter(self._by_type.values()))
        name = media_type_of((content_type or b"")[:_MOST_OF_A_MEDIA_TYPE])
        declared = self._by_type.get(name or "") or self._in_range(name or "")
        is_coded = headers.get(b"content-encoding", b"").lower() not in _NO_CODING
        if declared is None or is_coded:
            raise RequestRefused(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                f"Send the body as {self._taken} in UTF-8, without Content-Encoding.",
                # Accept-Encoding must not answer a request without a coding (RFC 9110, 12.5.3).
                headers=[*self._accept, _ACCEPT_ENCODING] if is_coded else self._accept,
            )
        return declared

    def _in_range(self, name: str) -> _Declared | None:
        """Return the body declared for a media range that covers this type (RFC 9110, 12.5.1)."""
        if not is_json(name):
            return None
        specific = "application/*" if name.startswith("application/") else "*/*"
        return self._by_type.get(specific) or self._by_type.get("*/*")


def is_json(media_type: str) -> bool:
    """Tell whether a media type is JSON (RFC 6839, 3.1)."""
    return media_type == "application/json" or media_type.endswith("+json")


def has_body(headers: HeaderFields) -> bool:
    """Tell whether a request's headers announce a body."""
    return b"transfer-encoding" in headers or declared_length(headers) != b"0"


def declared_length(headers: HeaderFields) -> bytes:
    """Return the digits of Content-Length, without leading zeros."""
    return headers.get(b"content-length", b"0").lstrip(b"0") or b"0"


@lru_cache(maxsize=256)  # clients choose them: 256 of 200 bytes have 50 KiB
def media_type_of(content_type: bytes) -> str | None:
    """Return the media type in lower case, or None if its charset is not UTF-8."""
    media_type, *parameters = content_type.decode("latin-1").lower().split(";")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip().strip('"') not in _UTF_8:
            return None
    return media_type.strip()


def _parsed(raw: bytes) -> Any:
    """Parse JSON; the standard library reads integers over 64 bits, which orjson makes floats."""
    content = orjson.loads(raw)
    if _LONG_NUMBER.search(raw):
        with suppress(RecursionError):  # json's nesting limit is lower than orjson's
            return json.loads(raw)
    return content


def _defaults(schema: Place) -> dict[str, Any]:
    """Return the defaults of a body's top-level properties; refuses those of nested ones."""
    if not isinstance(schema.value, dict):
        return {}
    defaults = {}
    seen = {schema.ref}
    for name, place in schema.members("properties"):
        if "default" in place:
            defaults[name] = place.get("default")
        _refuse_defaults(place, seen)
    for key in ("items", "not", *_LISTS):
        _refuse_defaults_of(schema, key, seen)
    return defaults


def _refuse_defaults(schema: Place, seen: set[str | None], *, inner: bool = False) -> None:
    if not isinstance(schema.value, dict) or (schema.ref and schema.ref in seen):
        return
    seen.add(schema.ref)
    if inner and "default" in schema:
        schema.refuse("a default is not supported but of the body's own properties")
    for key in ("properties", "items", "additionalProperties", "not", *_LISTS):
        _refuse_defaults_of(schema, key, seen)


def _refuse_defaults_of(schema: Place, key: str, seen: set[str | None]) -> None:
    if key == "properties":
        inner = [place for _, place in schema.members(key)]
    elif key in _LISTS:
        inner = list(schema.items(key))
    else:
        inner = [schema[key]] if key in schema else []
    for place in inner:
        _refuse_defaults(place, seen, inner=True)
