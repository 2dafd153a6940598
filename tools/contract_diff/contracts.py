"""Two versions of a contract: servers, paths and operations."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tools.contract_diff.document import Node, NotJudgedError, as_json, differences
from tools.contract_diff.findings import GO_ON, Direction, Finding, Impact, Use, presence, shared
from tools.contract_diff.messages import (
    Parameters,
    compare_bodies,
    compare_parameters,
    compare_responses,
)
from tools.contract_diff.names import compare_components, compare_operations
from tools.contract_diff.schemas import deprecation
from tools.contract_diff.security import compare_security

METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})
DOCUMENT = frozenset(
    {"openapi", "info", "servers", "tags", "security", "paths", "components", "externalDocs"}
)
SERVER = frozenset({"url", "description"})
PATH = METHODS | {"summary", "description", "parameters"}
TEXT = {"summary", "description", "tags", "externalDocs"}
OPERATION = frozenset(
    {"operationId", "parameters", "requestBody", "responses", "security", "deprecated", *TEXT}
)


def compare(old: Any, new: Any) -> list[Finding]:
    """Return what changes for clients from one OpenAPI 3.0 document to the next.

    Where nothing does, the places whose text differs are the findings.
    """
    before, after = (_contract(as_json(document)) for document in (old, new))
    found = [
        *_servers(before, after),
        *_paths(before["paths"], after["paths"]),
        *compare_components(before, after),
    ]
    return found or list(_text(before.value, after.value))


def _contract(document: Any) -> Node:
    contract = Node(document, "", document)
    contract.only(DOCUMENT)
    if not str(document["openapi"]).startswith("3.0."):
        raise NotJudgedError(f"#/openapi is {document['openapi']}: only 3.0 is judged")
    return contract


def _text(old: Any, new: Any) -> Iterator[Finding]:
    for place in differences(old, new):
        if place != "/info/version":
            yield Finding(Impact.PATCH, place, "the text differs", "")


def _servers(old: Node, new: Node) -> Iterator[Finding]:
    before, after = _urls(old), _urls(new)
    for url in before - after:
        yield Finding(Impact.MAJOR, "/servers", f"the server {url} is gone", "clients call it")
    for url in after - before:
        yield Finding(Impact.MINOR, "/servers", f"the server {url} is new", GO_ON)


def _urls(contract: Node) -> set[str]:
    servers = contract.get("servers", [{"url": "/"}])
    for index in range(len(servers.value)):
        servers[index].only(SERVER)
    return {server["url"] for server in servers.value}


def _paths(old: Node, new: Node) -> Iterator[Finding]:
    yield from presence(old, new, "the path", "a client that calls it gets 404")
    for before, after in shared(old, new):
        before.only(PATH)
        after.only(PATH)
        why = "a client that calls it gets 405"
        yield from presence(_methods(before), _methods(after), "the operation", why)
        for method in METHODS & before.value.keys() & after.value.keys():
            yield from _operation((before, before[method]), (after, after[method]))


def _methods(path: Node) -> Node:
    return replace(path, value={key: path.value[key] for key in METHODS & path.value.keys()})


def _operation(old: tuple[Node, Node], new: tuple[Node, Node]) -> Iterator[Finding]:
    """Yield what changes in an operation, each given with the path that it belongs to."""
    before, after = old[1], new[1]
    name = before.value.get("operationId", before.pointer)
    use = Use(name, Direction.REQUEST)
    for operation in (before, after):
        operation.only(OPERATION)
    yield from compare_operations(before, after, use)
    yield from deprecation(before, after, use)
    yield from compare_security(before, after, use)
    yield from compare_parameters(_parameters(*old), _parameters(*new), use)
    yield from compare_bodies(before, after, use)
    yield from compare_responses(before["responses"], after["responses"], name)


def _parameters(*holders: Node) -> Parameters:
    """Return the parameters of a path and of its operation, whose own come last and count."""
    found: Parameters = {}
    for holder in holders:
        parameters = holder.get("parameters", [])
        for index in range(len(parameters.value)):
            parameter = parameters[index]
            where, name = parameter.value["in"], parameter.value["name"]
            key = (where, name.lower() if where == "header" else name)
            found[key] = parameters.place(index), parameter
    return found
