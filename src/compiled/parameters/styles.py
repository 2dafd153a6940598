"""How the items of an array are written (OpenAPI 3.0, Style Values; RFC 6570)."""

import re
from collections.abc import Callable, Sequence

from compiled.document import Place
from compiled.parameters.values import InvalidText

Split = Callable[[Sequence[bytes]], list[bytes]]
"""Splits a parameter's undecoded texts into those of its items."""

DEFAULTS = {"path": "simple", "query": "form", "header": "simple", "cookie": "form"}
_STYLES = {
    "path": {"simple", "label", "matrix"},
    "query": {"form", "spaceDelimited", "pipeDelimited"},
    "header": {"simple"},
    "cookie": {"form"},
}
_SEPARATORS = {
    "spaceDelimited": re.compile(rb"%20|\+| "),
    "pipeDelimited": re.compile(rb"%7[Cc]|\|"),
}


def style_of(place: Place, source: str) -> tuple[str, bool]:
    """Return a parameter's style and `explode`; refuses a style that its location can't have."""
    style = place.get("style", DEFAULTS[source])
    if style not in _STYLES[source]:
        place.refuse(f"style {style} is not supported")
        style = DEFAULTS[source]
    return style, place.get("explode", style == "form")


def splitter(place: Place, source: str) -> Split:
    """Return the function that splits an array into its items (an empty text is an empty array)."""
    style, explode = style_of(place, source)
    if source in {"query", "cookie"} and explode:
        if source == "cookie":
            place.refuse("an array in a cookie is not supported but with explode: false")
        return list
    if source == "header":
        return lambda texts: [item.strip(b" \t") for item in _split(texts[0], b",")]
    if style in _SEPARATORS:
        separator = _SEPARATORS[style]
        return lambda texts: separator.split(texts[0]) if texts[0] else []
    prefix = _prefix(place, style)
    between = prefix if explode and prefix else b","
    return lambda texts: _split(_without(texts[0], prefix), between)


def unwrapper(place: Place) -> Callable[[bytes], bytes]:
    """Return the function that extracts a scalar from a path segment."""
    prefix = _prefix(place, style_of(place, "path")[0])
    return (lambda segment: _without(segment, prefix)) if prefix else bytes


def _prefix(place: Place, style: str) -> bytes:
    """Return the prefix of a value in a path."""
    return {"label": b".", "matrix": b";%b=" % place.get("name").encode()}.get(style, b"")


def _split(text: bytes, separator: bytes) -> list[bytes]:
    return text.split(separator) if text else []


def _without(segment: bytes, prefix: bytes) -> bytes:
    if segment + b"=" == prefix:  # `;tags`, the form of an empty value
        return b""
    if not segment.startswith(prefix):
        raise InvalidText(f"Must begin with {prefix.decode()} in the path.")
    return segment[len(prefix) :]
