"""Match paths as received, before decoding."""

import re
from operator import itemgetter
from typing import Generic, NamedTuple, TypeVar

from starlette.types import Scope

from compiled.errors import method_not_allowed

Target = TypeVar("Target")


class Match(NamedTuple, Generic[Target]):
    """What a path has for each method, and its undecoded parameters."""

    targets: dict[str, Target]
    values: tuple[bytes, ...]

    def target(self, method: str) -> Target:
        """Return what the path has for that method; raises 405."""
        if target := self.targets.get(method):
            return target
        raise method_not_allowed(self.targets)


class _Template(NamedTuple, Generic[Target]):
    rank: list[str]
    pattern: re.Pattern[bytes]
    targets: dict[str, Target]


class Routes(Generic[Target]):
    """A table of path templates and their methods.

    Paths are matched before decoding, so an encoded slash is part of a segment (RFC 3986, 2.2) and
    every resource has only one path. Concrete paths are matched before templates, and templates
    with a longer concrete prefix before others (OpenAPI 3.0, Path Templating).
    """

    def __init__(self) -> None:
        self._concrete: dict[bytes, dict[str, Target]] = {}
        self._templates: dict[
            int, list[tuple[list[str], re.Pattern[bytes], dict[str, Target]]]
        ] = {}
        """By the number of slashes."""

    def add(self, template: str, method: str, target: Target) -> None:
        """Add a method of a path; GET also serves HEAD."""
        methods = self._methods(template)
        methods[method.upper()] = target
        if method.upper() == "GET":
            methods["HEAD"] = target

    def match(self, path: bytes) -> Match[Target] | None:
        """Return the match of a path, or None."""
        if (methods := self._concrete.get(path)) is not None:
            return Match(methods, ())
        for _, pattern, targets in self._templates.get(path.count(b"/"), ()):
            if found := pattern.fullmatch(path):
                return Match(targets, found.groups())
        return None

    def _methods(self, template: str) -> dict[str, Target]:
        if "{" not in template:
            return self._concrete.setdefault(template.encode(), {})
        pattern = _pattern(template)
        templates = self._templates.setdefault(template.count("/"), [])
        for _, known, methods in templates:
            if known == pattern:
                return methods
        added: _Template[Target] = _Template(_order(template), pattern, {})
        templates.append(added)
        templates.sort(key=itemgetter(0))
        return added.targets


def path_of(scope: Scope) -> bytes:
    """Return a request's undecoded path, below the application's mount point."""
    path: bytes = scope["raw_path"]
    return path.removeprefix(scope.get("root_path", "").encode())


def _order(template: str) -> list[str]:
    """Return the sort key of a template: concrete segments first, then those with more text."""
    segments = [re.sub(r"\{[^}]+\}", "{", segment) for segment in template.split("/")]
    return [f"{'{' in segment:d}{9999 - len(segment):04d}{segment}" for segment in segments]


def _pattern(template: str) -> re.Pattern[bytes]:
    literals = re.split(r"\{[^}]+\}", template)
    return re.compile("([^/]+)".join(map(re.escape, literals)).encode())
