"""What goes over the wire in an operation: parameters, bodies, responses and headers."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tools.contract_diff.document import Node
from tools.contract_diff.findings import MISSED, Direction, Finding, Use, presence, shared
from tools.contract_diff.names import compare_parameter_names
from tools.contract_diff.schemas import changed, compare_schemas, deprecation

TEXT = {"description", "example", "examples"}
SERIALISATION = {"style", "explode", "allowReserved", "allowEmptyValue"}
PARAMETER = frozenset({"name", "in", "required", "schema", "deprecated", *SERIALISATION, *TEXT})
BODY = frozenset({"description", "required", "content"})
RESPONSE = frozenset({"description", "headers", "content", "links"})
MEDIA_TYPE = frozenset({"schema", "example", "examples"})

Parameters = dict[tuple[str, str], tuple[str, Node]]


def compare_parameters(old: Parameters, new: Parameters, use: Use) -> Iterator[Finding]:
    """Yield what changes in the parameters, which are told apart by `in` and `name`."""
    for (where, name), (place, _) in old.items():
        if (where, name) not in new:
            why = "a client that sends it is refused or ignored"
            yield use.breaking(place, f"the {where} parameter {name} is gone", why)
    for key, (place, parameter) in new.items():
        if key in old:
            before = old[key][1]
            yield from compare_parameter_names(before, parameter, use)
            yield from _described(before, parameter, use)
        else:
            what = f"the {key[0]} parameter {key[1]} is new"
            yield _addition(place, what, use, required=bool(parameter.value.get("required")))


def _described(old: Node, new: Node, use: Use) -> Iterator[Finding]:
    """Yield what changes in a parameter, or in a header, which is described like one."""
    old.only(PARAMETER)
    new.only(PARAMETER)
    yield from _requirement(old, new, use)
    yield from _serialisation(old, new, use)
    yield from deprecation(old, new, use)
    yield from compare_schemas(old.get("schema", {}), new.get("schema", {}), use)


def _serialisation(old: Node, new: Node, use: Use) -> Iterator[Finding]:
    before, after = _written(old), _written(new)
    for keyword in before:
        if before[keyword] != after[keyword]:
            what = changed(before[keyword], after[keyword])
            yield use.breaking(new.place(keyword), what, "it is written otherwise")


def _written(parameter: Node) -> dict[str, Any]:
    """Return how a value is written, with OpenAPI's defaults; a header has no `in`."""
    place = parameter.value.get("in", "header")
    defaults = {"style": "form" if place in {"query", "cookie"} else "simple"}
    given = {key: parameter.value[key] for key in SERIALISATION & parameter.value.keys()}
    style = given.get("style", defaults["style"])
    unset = {"explode": style == "form", "allowReserved": False, "allowEmptyValue": False}
    return defaults | unset | given


def _requirement(old: Node, new: Node, use: Use) -> Iterator[Finding]:
    before, after = bool(old.value.get("required")), bool(new.value.get("required"))
    if before != after:
        what = "is required now" if after else "is no longer required"
        yield use.shifted(new.place("required"), what, narrower=after, wider=before, why=MISSED)


def _addition(place: str, what: str, use: Use, *, required: bool) -> Finding:
    if required:
        return use.breaking(place, f"{what}, and required", "today's requests are refused")
    return use.compatible(place, what)


def compare_bodies(old: Node, new: Node, use: Use) -> Iterator[Finding]:
    """Yield what changes in the request body of two operations."""
    place = new.place("requestBody")
    if "requestBody" not in new.value:
        if "requestBody" in old.value:
            why = "what a client sends is not taken"
            yield use.breaking(place, "the request body is gone", why)
        return
    after = new["requestBody"]
    after.only(BODY)
    if "requestBody" not in old.value:
        required = bool(after.value.get("required"))
        yield _addition(place, "the request body is new", use, required=required)
        return
    before = old["requestBody"]
    before.only(BODY)
    yield from _requirement(before, after, use)
    yield from _contents(before, after, use)


def compare_responses(old: Node, new: Node, operation: str) -> Iterator[Finding]:
    """Yield what changes in the responses of an operation."""
    use = Use(operation, Direction.RESPONSE)
    yield from presence(old, new, "the status", "a client that waits for it waits in vain", use)
    for status in new.value.keys() - old.value.keys():
        if str(status).startswith("2"):
            why = "a client takes it for the success that it knows, with another body"
            yield use.breaking(new.place(status), "the success is new", why)
    for before, after in shared(old, new):
        yield from _compare_response(before, after, use)


def _compare_response(old: Node, new: Node, use: Use) -> Iterator[Finding]:
    old.only(RESPONSE)
    new.only(RESPONSE)
    yield from _contents(old, new, use)
    headers = _recased(old.get("headers", {}), new.get("headers", {})), new.get("headers", {})
    yield from presence(*headers, "the header", "a client that reads it finds nothing", use)
    for before, after in shared(*headers):
        yield from _described(before, after, use)


def _contents(old: Node, new: Node, use: Use) -> Iterator[Finding]:
    contents = old.get("content", {}), new.get("content", {})
    why = "a client that sends or asks for it gets an error"
    yield from presence(*contents, "the media type", why, use)
    for before, after in shared(*contents):
        before.only(MEDIA_TYPE)
        after.only(MEDIA_TYPE)
        yield from compare_schemas(before.get("schema", {}), after.get("schema", {}), use)


def _recased(old: Node, new: Node) -> Node:
    """Return the old headers by the new names, whose case does not matter (RFC 9110, 5.1)."""
    names = {name.lower(): name for name in new.value}
    recased = {names.get(name.lower(), name): header for name, header in old.value.items()}
    return replace(old, value=recased)
