"""Names that generated clients carry, whatever goes over the wire."""

from collections.abc import Iterator
from typing import Any

from tools.contract_diff.document import Node, escaped
from tools.contract_diff.findings import Finding, Impact, Use

_SCHEMAS = "/components/schemas/"
MEMBERS = "x-enum-varnames"
"""What generators name the members of an enum by, in the order of their values."""


def compare_components(old: Node, new: Node) -> Iterator[Finding]:
    """Yield the schemas that are gone, of those that an operation uses."""
    kept = new.document.get("components", {}).get("schemas", {})
    for place in _used(old.document, old.document["paths"], set()):
        name = place.removeprefix(_SCHEMAS)
        if name not in map(escaped, kept):
            why = "generated clients name their types by it"
            yield Finding(Impact.MAJOR, place, f"the schema {name} is gone", why)


def _used(document: Any, value: Any, seen: set[str]) -> Iterator[str]:
    """Yield the pointers of the schemas that the value refers to, or they themselves."""
    if isinstance(value, list):
        value = dict(enumerate(value))
    if not isinstance(value, dict):
        return
    for key, child in value.items():
        if key != "$ref" or not isinstance(child, str):
            yield from _used(document, child, seen)
        elif child.startswith("#/") and child not in seen:
            seen.add(child)
            if child[1:].startswith(_SCHEMAS):
                yield child[1:]
            yield from _used(document, Node(document, "", document).at(child).value, seen)


def compare_operations(old: Node, new: Node, use: Use) -> Iterator[Finding]:
    """Yield an operation's new name, and the tags by which clients group their methods."""
    if old.value.get("operationId") not in {None, new.value.get("operationId")}:
        why = "generated clients name their methods by it"
        yield use.breaking(new.place("operationId"), f"{use.operation} is renamed", why)
    before, after = (operation.value.get("tags", []) for operation in (old, new))
    if before[:1] != after[:1] or not set(before) <= set(after):
        why = "generated clients name their modules by it"
        yield use.breaking(new.place("tags"), f"{before} became {after}", why)


def compare_parameter_names(old: Node, new: Node, use: Use) -> Iterator[Finding]:
    """Yield a parameter whose name is written otherwise, which only a header's can be."""
    before, after = old.value["name"], new.value["name"]
    if before != after:
        why = "generated clients name their arguments by it"
        yield use.breaking(new.place("name"), f"{before} became {after}", why)


def compare_titles(old: Node, new: Node, use: Use) -> Iterator[Finding]:
    """Yield another title of what generators make a type of, if it had a name before."""
    if not old.value.keys() & {"properties", "enum"} or old.value.get("title") == new.value.get(
        "title"
    ):
        return
    before, after = _name(old), _name(new)
    if before not in {None, after}:
        why = "generated clients name their types by it"
        yield use.breaking(new.place("title"), f"{before} became {after or 'nothing'}", why)


def compare_members(old: Node, new: Node, use: Use) -> Iterator[Finding]:
    """Yield the members of an enum that have another name; names where there were none are new."""
    before, after = (
        dict(zip(schema.value.get("enum", ()), schema.value.get(MEMBERS, ()), strict=False))
        for schema in (old, new)
    )
    for value in old.value.get("enum", ()):
        was, now = before.get(value), after.get(value)
        if was is None and now is not None:
            yield use.compatible(new.place(MEMBERS), f"{value!r} is called {now}")
        elif was != now and value in new.value.get("enum", ()):
            why = "generated clients name the members of an enum by it"
            yield use.breaking(new.place(MEMBERS), f"{was} became {now or 'nothing'}", why)


def _name(schema: Node) -> str | None:
    title: str | None = schema.value.get("title")
    component = schema.pointer.removeprefix(_SCHEMAS)
    return title or (None if "/" in component else component)
