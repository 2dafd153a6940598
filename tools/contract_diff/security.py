"""What a client has to prove, before and after."""

from collections.abc import Iterator
from typing import Any

from tools.contract_diff.document import Node
from tools.contract_diff.findings import Finding, Use

Alternatives = list[dict[str, list[str]]]


def compare_security(old: Node, new: Node, use: Use) -> Iterator[Finding]:
    """Yield what changes in the security of an operation; its own replaces the document's."""
    before, after = _alternatives(old), _alternatives(new)
    place = (new if "security" in new.value else Node(new.document, "", {})).place("security")
    if not all(any(_met(each, given) for each in after) for given in before):
        yield use.breaking(place, "other credentials are asked for", "today's are refused")
    elif not all(each in before for each in after) or len(before) != len(after):
        yield use.compatible(place, "more credentials will do")
    for name in {name for each in before for name in each}:
        yield from _compare_scheme(name, old.document, new.document, use)


def _alternatives(operation: Node) -> Alternatives:
    given: Alternatives = operation.value.get("security", operation.document.get("security"))
    return given or [{}]


def _met(asked: dict[str, list[str]], given: dict[str, list[str]]) -> bool:
    return all(name in given and set(scopes) <= set(given[name]) for name, scopes in asked.items())


def _compare_scheme(name: str, old: Any, new: Any, use: Use) -> Iterator[Finding]:
    before, after = _scheme(old, name), _scheme(new, name)
    if after and before != after:
        place = Node(new, "/components/securitySchemes", {}).place(name)
        yield use.breaking(place, "the security scheme changes", "today's credentials are refused")


def _scheme(document: Any, name: str) -> dict[str, Any]:
    scheme = document.get("components", {}).get("securitySchemes", {}).get(name, {})
    return {
        key: value for key, value in scheme.items() if key not in {"description", "bearerFormat"}
    }
