"""What a schema accepts, before and after."""

import math
from collections.abc import Callable, Iterator
from typing import Any

from tools.contract_diff.document import Node, NotJudgedError
from tools.contract_diff.findings import (
    MISSED,
    UNTOLD,
    Direction,
    Finding,
    Use,
    presence,
    shared,
)
from tools.contract_diff.names import MEMBERS, compare_members, compare_titles
from tools.contract_diff.patterns import compare_patterns

_HALVED = {("int64", "int32"), ("double", "float")}
Shift = tuple[bool, bool]  # whether fewer values are accepted, and whether more are


def _floor(old: Any, new: Any) -> Shift:
    before, after = (-math.inf if each is None else each for each in (old, new))
    return after > before, after < before


def _ceiling(old: Any, new: Any) -> Shift:
    before, after = (math.inf if each is None else each for each in (old, new))
    return after < before, after > before


def _size(old: Any, new: Any) -> Shift:
    return _floor(old or 0, new or 0)


def _exact(old: Any, new: Any) -> Shift:
    return (bool(new), bool(old)) if (old or None) != (new or None) else (False, False)


def _format(old: Any, new: Any) -> Shift:
    if (old, new) in _HALVED:
        return True, False
    return (False, True) if (new, old) in _HALVED else _exact(old, new)


def _flag(old: Any, new: Any) -> Shift:
    return bool(old) > bool(new), bool(new) > bool(old)


def _enum(old: Any, new: Any) -> Shift:
    if old is None or new is None:
        return _exact(old, new)
    return any(each not in new for each in old), any(each not in old for each in new)


def _type(old: Any, new: Any) -> Shift:
    return not _covers(new, old), not _covers(old, new)


def _covers(wide: Any, narrow: Any) -> bool:
    return wide in {None, narrow} or (wide, narrow) == ("number", "integer")


def _pattern(old: Any, new: Any) -> Shift:
    if old is None or new is None:
        return _exact(old, new)
    return compare_patterns(old, new)


def _required(old: Any, new: Any) -> Shift:
    before, after = set(old or ()), set(new or ())
    return bool(after - before), bool(before - after)


def _additional(old: Any, new: Any) -> Shift:
    return _flag(old is not False, new is not False)


KEYWORDS: dict[str, Callable[[Any, Any], Shift]] = {
    "type": _type,
    "nullable": _flag,
    "enum": _enum,
    "required": _required,
    "additionalProperties": _additional,
    "minimum": _floor,
    "maximum": _ceiling,
    "minLength": _size,
    "maxLength": _ceiling,
    "minItems": _size,
    "maxItems": _ceiling,
    "minProperties": _size,
    "maxProperties": _ceiling,
    "format": _format,
    "pattern": _pattern,
    # Whether one of these covers another can't be told: a change is both narrower and wider.
    "multipleOf": _exact,
    "uniqueItems": _exact,
    "not": _exact,
    "exclusiveMinimum": _exact,
    "exclusiveMaximum": _exact,
}
TEXT = {"title", "description", "example", "externalDocs"}
GONE = {
    Direction.REQUEST: "a client that sends it is refused or ignored",
    Direction.RESPONSE: "a client that reads it finds nothing",
}
KNOWN = frozenset(KEYWORDS) | TEXT | {"properties", "items", "default", "deprecated", MEMBERS}


def compare_schemas(old: Node, new: Node, use: Use) -> Iterator[Finding]:
    """Yield what changes for the clients that send or read values of the schema."""
    for schema in (old, new):
        schema.only(KNOWN)
        if schema.value.get("additionalProperties", True) not in (True, False, {}):
            raise NotJudgedError(f"#{schema.place('additionalProperties')} is a schema: not judged")
    yield from compare_titles(old, new, use)
    yield from compare_members(old, new, use)
    yield from _keywords(old, new, use)
    yield from _default(old, new, use)
    yield from deprecation(old, new, use)
    yield from _properties(old, new, use)
    if "items" in old.value or "items" in new.value:
        yield from compare_schemas(old.get("items", {}), new.get("items", {}), use)


def deprecation(old: Node, new: Node, use: Use) -> Iterator[Finding]:
    """Yield that it is deprecated now, which is a minor change by SemVer."""
    if new.value.get("deprecated") and not old.value.get("deprecated"):
        yield use.compatible(new.place("deprecated"), "is deprecated now")


def _keywords(old: Node, new: Node, use: Use) -> Iterator[Finding]:
    for keyword, shift in KEYWORDS.items():
        before, after = old.value.get(keyword), new.value.get(keyword)
        narrower, wider = shift(before, after)
        if narrower or wider:
            place = (new if keyword in new.value else old).place(keyword)
            what, why = changed(before, after), MISSED if keyword == "required" else UNTOLD
            yield use.shifted(place, what, narrower=narrower, wider=wider, why=why)


def _default(old: Node, new: Node, use: Use) -> Iterator[Finding]:
    before, after = old.value.get("default"), new.value.get("default")
    if before != after and use.direction is Direction.REQUEST:
        place = (new if "default" in new.value else old).place("default")
        why = "a request that leaves it out means something else"
        yield use.breaking(place, changed(before, after), why)


def _properties(old: Node, new: Node, use: Use) -> Iterator[Finding]:
    properties = old.get("properties", {}), new.get("properties", {})
    yield from presence(*properties, "the property", GONE[use.direction], use)
    if use.direction is Direction.RESPONSE and old.value.get("additionalProperties") is False:
        for key in properties[1].value.keys() - properties[0].value.keys():
            yield use.breaking(properties[1].place(key), "no other was to come", UNTOLD)
    for before, after in shared(*properties):
        yield from compare_schemas(before, after, use)


def changed(old: Any, new: Any) -> str:
    """Return what became of a keyword's value; of lists, only what is in one of them."""
    if isinstance(old, list) and isinstance(new, list):
        sides = (("gone", old, new), ("new", new, old))
        parts = (
            (word, [each for each in some if each not in others]) for word, some, others in sides
        )
        return ", ".join(f"{word}: {', '.join(map(repr, part))}" for word, part in parts if part)
    return " became ".join("nothing" if each is None else repr(each) for each in (old, new))
