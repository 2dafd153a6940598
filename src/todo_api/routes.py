"""Paths, matched as they came over the wire."""

import re
from typing import Generic, TypeVar

from starlette.types import Scope

from todo_api.errors import MethodNotAllowed

Operation = TypeVar("Operation")


class Routes(Generic[Operation]):
    """A table of path templates, each with its operations by method.

    Paths are matched before they are decoded, so that an encoded slash is part of a segment
    (RFC 3986, 2.2) and every resource has one path only.
    """

    def __init__(self) -> None:
        self._operations: dict[re.Pattern[bytes], dict[str, Operation]] = {}

    def add(self, template: str, method: str, operation: Operation) -> None:
        """Add an operation; a GET answers HEAD as well."""
        methods = self._operations.setdefault(_pattern(template), {})
        methods[method.upper()] = operation
        if method.upper() == "GET":
            methods["HEAD"] = operation

    def match(self, scope: Scope) -> tuple[Operation, tuple[bytes, ...]] | None:
        """Return the operation and its undecoded path parameters, or None for an unknown path.

        Raises `MethodNotAllowed` for a known path without this method.
        """
        path = scope["raw_path"].removeprefix(scope.get("root_path", "").encode())
        for pattern, methods in self._operations.items():
            if found := pattern.fullmatch(path):
                if operation := methods.get(scope["method"]):
                    return operation, found.groups()
                raise MethodNotAllowed(", ".join(sorted(methods)))
        return None


def _pattern(template: str) -> re.Pattern[bytes]:
    literals = re.split(r"\{[^}]+\}", template)
    return re.compile("([^/]+)".join(map(re.escape, literals)).encode())
