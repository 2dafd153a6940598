"""The contract as a document: follow references, and collect what can't be enforced."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from compiled.errors import ContractRefused

_BESIDE_REF = frozenset({"description", "summary", "title", "example", "deprecated"})
"""Allowed beside a reference: OpenAPI 3.0 ignores them, and they change no behaviour."""


class Document:
    """A contract that is being compiled."""

    def __init__(self, content: dict[str, Any]) -> None:
        self.content = content
        self._findings: dict[str, None] = {}

    @property
    def root(self) -> "Place":
        """The whole document."""
        return Place(self, self.content)

    def refuse(self, where: str, what: str) -> None:
        """Note that a construct can't be enforced."""
        self._findings[f"{where}: {what}" if where else what] = None

    def check(self) -> None:
        """Raise `ContractRefused` if anything was refused."""
        if self._findings:
            raise ContractRefused(list(self._findings))

    def has(self, ref: str) -> bool:
        """Tell whether a reference resolves."""
        try:
            return self.target(ref) is not None
        except (LookupError, ValueError, TypeError):
            return False

    def target(self, ref: str) -> Any:
        """Return a reference's target; raises `LookupError` (RFC 6901)."""
        if not ref.startswith("#/"):
            raise LookupError(ref)
        node: Any = self.content
        for step in unquote(ref[2:]).split("/"):
            key = step.replace("~1", "/").replace("~0", "~")
            node = node[int(key)] if isinstance(node, list) else node[key]
        return node


class Place:
    """A place in the contract: its value, a reference's target if it was one, and its name."""

    def __init__(self, document: Document, value: Any, where: str = "", title: str = "") -> None:
        self.document = document
        self.where = where
        """The place as it is called in a finding, below `title`."""
        self.title = title
        """The operation, for example `GET /pets`, if it is in one."""
        self.ref: str | None = None
        """The reference that leads here, where there is one."""
        self.value = self._followed(value)

    def __contains__(self, key: str) -> bool:
        return key in self.value

    def __getitem__(self, key: str | int) -> "Place":
        return Place(self.document, self.value[key], self._below(key), self.title)

    def get(self, key: str, default: Any = None) -> Any:
        """Return a plain value."""
        return self.value.get(key, default)

    def items(self, key: str) -> Iterator["Place"]:
        """Yield the places of a list, or of nothing where there is none."""
        listed = self.get(key) or ()
        for at in range(len(listed)):
            yield self[key][at]

    def members(self, key: str) -> Iterator[tuple[str, "Place"]]:
        """Yield the names and places of an object, or of nothing where there is none."""
        for name in self.get(key) or ():
            yield name, self[key][name]

    def fields(self, key: str) -> Iterator[tuple[str, "Place"]]:
        """Yield the same without extensions, which may stand between paths or responses."""
        return (member for member in self.members(key) if not member[0].startswith("x-"))

    def titled(self, title: str) -> "Place":
        """Return the same place, named as an operation in findings."""
        return Place(self.document, self.value, "", title)

    def refuse(self, what: str) -> None:
        """Note that something here can't be enforced."""
        where = ": ".join(part for part in (self.title, self.where) if part)
        self.document.refuse(where, what)

    def refuse_keys(self, *known: str) -> None:
        """Refuse every key but `known` and extensions."""
        for key in self.value:
            if key not in known and not key.startswith("x-"):
                self.refuse(f"{key} is not supported")

    def _below(self, key: str | int) -> str:
        return f"{self.where}/{key}" if self.where else str(key)

    def _followed(self, value: Any) -> Any:
        passed: set[str] = set()
        while isinstance(value, dict) and isinstance(ref := value.get("$ref"), str):
            self.ref = ref
            if others := sorted(set(value) - _BESIDE_REF - {"$ref"}):
                names = ", ".join(others)
                self.refuse(f"{names} beside $ref would be ignored; put the $ref into allOf")
            if ref in passed or not self.document.has(ref):
                self.refuse(f"$ref {ref} leads nowhere in this document")
                return {}
            passed.add(ref)
            value = self.document.target(ref)
        return value


_SNAKE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[^A-Za-z0-9]+")


def snake_case(name: str) -> str:
    """Return `name` in snake_case: `petId` becomes pet_id, `X-Request-ID` x_request_id."""
    return "_".join(filter(None, _SNAKE.sub("_", name).lower().split("_")))
