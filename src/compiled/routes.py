"""Paths, matched as they came over the wire."""

import re
from typing import Generic, NamedTuple, TypeVar

from starlette.types import Scope

from todo_api.errors import MethodNotAllowed

Operation = TypeVar("Operation")


class Match(NamedTuple, Generic[Operation]):
    """The operations of a path by method, and its undecoded parameters."""

    operations: dict[str, Operation]
    values: tuple[bytes, ...]

    def operation(self, method: str) -> Operation:
        """Return the operation of that method; raises `MethodNotAllowed`."""
        if operation := self.operations.get(method):
            return operation
        raise MethodNotAllowed(", ".join(sorted(self.operations)))


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

    def match(self, path: bytes) -> Match[Operation] | None:
        """Return what there is at a path, if it is a known one."""
        for pattern, methods in self._operations.items():
            if found := pattern.fullmatch(path):
                return Match(methods, found.groups())
        return None


def path_of(scope: Scope) -> bytes:
    """Return a request's path as it came over the wire, below where the application is mounted."""
    path: bytes = scope["raw_path"]
    return path.removeprefix(scope.get("root_path", "").encode())


def _pattern(template: str) -> re.Pattern[bytes]:
    literals = re.split(r"\{[^}]+\}", template)
    return re.compile("([^/]+)".join(map(re.escape, literals)).encode())
