"""The published contract: `openapi/todo.yaml`, byte for byte."""

from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any

import orjson
import yaml

from compiled import ContractRefused
from compiled.schemas.schema import schema_of


@cache
def contract_yaml() -> bytes:
    """Return the bytes of the contract's file."""
    return files("openapi").joinpath("todo.yaml").read_bytes()


@cache
def contract() -> dict[str, Any]:
    """Return the contract's content; not to be changed.

    Raises `ContractRefused` for what is not YAML, and for a duplicate key in a mapping, of which
    YAML parsers silently drop the first.
    """
    try:
        loaded = yaml.load(contract_yaml(), Loader=_Loader)  # noqa: S506 (a safe one)
    except yaml.YAMLError as error:
        raise ContractRefused([_told(error)]) from None
    if not isinstance(loaded, dict):
        raise ContractRefused(["is not a mapping"])
    return loaded


def component(name: str) -> dict[str, Any]:
    """Return one of the contract's schemas; raises `ContractRefused` if it is missing."""
    schemas: dict[str, Any] = (contract().get("components") or {}).get("schemas") or {}
    if name not in schemas:
        raise ContractRefused([f"components/schemas/{name} is missing, which the service asks for"])
    found: dict[str, Any] = schemas[name]
    return found


def users() -> Callable[[str], bool]:
    """Return the check whether a text is a valid user id; raises `ContractRefused`."""
    accepts = schema_of(component("UserId"), contract()).accepts

    def is_user(text: str) -> bool:
        try:
            return accepts(text)
        except ValueError:  # no pattern can be matched with a lone surrogate
            return False

    return is_user


@cache
def contract_json() -> bytes:
    """Return the contract as JSON."""
    return orjson.dumps(contract(), option=orjson.OPT_INDENT_2)


def _told(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    if mark is None:  # bytes that are not text
        return " ".join(str(error).split())
    return f"line {mark.line + 1}: {getattr(error, 'problem', 'is not YAML')}"


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # libyaml's, if it is there
    """Refuses a mapping with a duplicate key."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [key.value for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
        for key, _ in node.value:
            if names.count(key.value) > 1:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key.value} stands twice", key.start_mark
                )
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


_Loader.add_constructor(
    "tag:yaml.org,2002:map", lambda loader, node: loader.construct_mapping(node, deep=True)
)
