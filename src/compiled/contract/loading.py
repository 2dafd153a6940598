"""Load a contract with Connexion; report what it refuses, a line for each place."""

from collections.abc import Iterator
from typing import Any

from connexion.exceptions import InvalidSpecification
from connexion.spec import OpenAPISpecification, Specification, create_spec_validator
from jsonschema import ValidationError  # type: ignore[import-untyped]  # has no stubs here

from compiled.document import Document
from compiled.errors import MOST_CHARACTERS, ContractRefused

_METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})


def load(contract: dict[str, Any]) -> Specification:
    """Return a contract as Connexion loads it; raises `ContractRefused`.

    References to other documents are refused before Connexion would fetch them.
    """
    document = Document(contract)
    version = str(contract.get("openapi"))
    if not version.startswith("3.0."):
        document.refuse("", f"openapi {version} is not supported, only 3.0")
    try:
        for place, ref in _references(contract, ()):
            if not document.has(ref):
                document.refuse(_named(place), f"$ref {ref} leads nowhere in this document")
    except RecursionError:  # a YAML alias inside its own anchor
        document.refuse("", "is nested too deeply, or in itself")
    document.check()
    try:
        specification: Specification = Specification.load(contract)
    except InvalidSpecification as error:
        raise ContractRefused(list(_findings(contract)) or [_line(str(error))]) from None
    return specification


def _references(node: Any, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(node, list):
        for at, item in enumerate(node):
            yield from _references(item, (*place, str(at)))
    elif isinstance(node, dict):
        if isinstance(ref := node.get("$ref"), str):
            yield place, ref
        for key, value in node.items():
            if key not in {"example", "examples", "default", "enum"}:
                yield from _references(value, (*place, str(key)))


def _findings(contract: dict[str, Any]) -> Iterator[str]:
    validator = create_spec_validator(contract)(OpenAPISpecification.openapi_schema)
    for error in validator.iter_errors(contract):
        for each in _meant(error):
            place = [str(step) for step in each.absolute_path]
            yield f"{_named(tuple(place))}: {_line(each.message)}"


def _meant(error: ValidationError) -> Iterator[ValidationError]:
    """Yield what is wrong with an object where the schema would have taken a reference, too."""
    branches: dict[Any, list[ValidationError]] = {}
    for each in error.context or ():
        branches.setdefault(each.schema_path[0], []).append(each)
    others = [errors for errors in branches.values() if not any(map(_misses_ref, errors))]
    if not others:
        yield error
        return
    for each in min(others, key=len):
        yield from _meant(each)


def _misses_ref(error: ValidationError) -> bool:
    return error.validator == "required" and "$ref" in error.validator_value


def _named(place: tuple[str, ...]) -> str:
    """Return a place as its operation and the path below it."""
    match place:
        case ("paths", path, method, *below) if method in _METHODS:
            return ": ".join(filter(None, (f"{method.upper()} {path}", "/".join(below))))
        case ("paths", path, *below):
            return ": ".join(filter(None, (path, "/".join(below))))
    return "/".join(place)


def _line(message: str) -> str:
    return message.partition("\n")[0][:MOST_CHARACTERS]
