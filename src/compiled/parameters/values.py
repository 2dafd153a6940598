"""Parse a parameter's text into a value of the declared type."""

import json
import re
from collections.abc import Callable
from typing import Any

import orjson

from compiled.document import Place

Read = Callable[[str], Any]

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)", re.ASCII)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?", re.ASCII)
MOST_DIGITS = 1000
"""More digits take longer to parse than the rest of a request; Python's limit is 4,300."""
_TEXTS = {"true": True, "false": False}
_SCALARS = ("string", "integer", "number", "boolean")


class InvalidText(ValueError):
    """A text of the wrong type; the message says what is expected."""


def types_of(schema: Place, above: frozenset[str] = frozenset()) -> set[str]:
    """Return the types that a schema allows; empty if it names none.

    A text can't be null, since OpenAPI defines no spelling for it. `above` are the references
    followed so far, because a schema may refer to itself.
    """
    if schema.ref in above:
        return set()
    above |= {schema.ref or ""}
    own = schema.get("type")
    if own is not None:
        return {own}
    combined = [types_of(each, above) for each in schema.items("allOf")]
    for key in ("anyOf", "oneOf"):
        several = [types_of(each, above) for each in schema.items(key)]
        if several:
            combined.append(set().union(*several))
    return next(filter(None, combined), set())


def scalar_reader(schema: Place) -> Read:
    """Return the parser of one value; refuses types that are not scalar, such as an object."""
    types = types_of(schema)
    if not types and "enum" in schema:
        return _one_of(schema.get("enum"))
    [kind, *others] = sorted(types) or ["string"]
    if kind not in _SCALARS or others:
        schema.refuse(f"type {' or '.join(sorted(types))} is not supported here in a parameter")
        return _string
    read = _READERS[kind]
    if schema.get("nullable") is True and kind != "string":
        return lambda text: None if text == "null" else read(text)
    return read


def read_json(text: str) -> Any:
    """Parse a value as JSON."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise InvalidText("Must be valid JSON.") from None


def _one_of(values: list[Any]) -> Read:
    known = {value if isinstance(value, str) else json.dumps(value): value for value in values}
    return lambda text: known.get(text, text)


def _string(text: str) -> str:
    return text


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise InvalidText("Must be an integer, such as 7.")
    if len(text) > MOST_DIGITS:
        raise InvalidText(f"Must have at most {MOST_DIGITS} digits.")
    return int(text)


def _number(text: str) -> float:
    if _INTEGER.fullmatch(text):
        return _integer(text)
    value = float(text) if _NUMBER.fullmatch(text) else float("inf")
    if abs(value) == float("inf"):
        raise InvalidText("Must be a number, such as 7.5.")
    return value


def _boolean(text: str) -> bool:
    if text not in _TEXTS:
        raise InvalidText("Must be true or false.")
    return _TEXTS[text]


_READERS: dict[str, Read] = {
    "string": _string,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
}
