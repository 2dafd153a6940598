"""The published contract: `openapi/todo.yaml`, byte for byte."""

from functools import cache
from importlib.resources import files
from typing import Any

import orjson
import yaml


@cache
def contract_yaml() -> bytes:
    """Return the contract as it was written."""
    return files("openapi").joinpath("todo.yaml").read_bytes()


@cache
def contract() -> dict[str, Any]:
    """Return the contract's content; not to be changed."""
    loaded: dict[str, Any] = yaml.load(contract_yaml(), Loader=_Loader)  # noqa: S506 (a CSafeLoader)
    return loaded


@cache
def contract_json() -> bytes:
    """Return the contract as JSON."""
    return orjson.dumps(contract(), option=orjson.OPT_INDENT_2)


_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
