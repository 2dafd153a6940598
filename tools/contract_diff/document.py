"""An OpenAPI document, read through its references."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


class NotJudgedError(Exception):
    """The document holds something whose changes are not judged here."""


@dataclass(frozen=True)
class Node:
    """A value of a document, the pointer to its definition, and the references that led there."""

    document: Any
    pointer: str
    value: Any
    trail: tuple[str, ...] = ()

    def __getitem__(self, key: str | int) -> "Node":
        child = Node(self.document, self.place(key), self.value[key], self.trail)
        return child._followed()

    def get(self, key: str, default: Any) -> "Node":
        """Return the child, or a node of `default` where there is none."""
        return self[key] if key in self.value else Node(self.document, self.place(key), default)

    def place(self, key: str | int) -> str:
        """Return the pointer to where the child is used, before any reference is followed."""
        return f"{self.pointer}/{escaped(key)}"

    def only(self, known: frozenset[str]) -> None:
        """Refuse a node with other keys than those."""
        for key in self.value.keys() - known:
            raise NotJudgedError(f"#{self.place(key)} is nothing that this tool can judge")

    def at(self, reference: str) -> "Node":
        """Return what a reference into the document leads to, from its root."""
        target = self
        for part in reference[2:].split("/"):
            target = target[part.replace("~1", "/").replace("~0", "~")]
        return target

    def _followed(self) -> "Node":
        reference = self.value.get("$ref") if isinstance(self.value, dict) else None
        if not isinstance(reference, str):
            return self
        if not reference.startswith("#/"):
            raise NotJudgedError(f"#{self.pointer} leads to another document: {reference}")
        if reference in self.trail:
            raise NotJudgedError(f"#{self.pointer} leads back to {reference}: a cycle")
        return Node(self.document, "", self.document, (*self.trail, reference)).at(reference)


def as_json(value: Any) -> Any:
    """Return the value with strings for keys, as JSON has them: YAML reads 200 as a number."""
    if isinstance(value, dict):
        return {str(key): as_json(child) for key, child in value.items()}
    return [as_json(child) for child in value] if isinstance(value, list) else value


def differences(old: Any, new: Any, pointer: str = "") -> Iterator[str]:
    """Yield the pointers of what differs, whatever it means."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in [*new, *(key for key in old if key not in new)]:
            if (key in old) != (key in new):
                yield f"{pointer}/{escaped(key)}"
            else:
                yield from differences(old[key], new[key], f"{pointer}/{escaped(key)}")
    elif old != new:
        yield pointer


def escaped(key: str | int) -> str:
    """Return the key as a part of a JSON pointer (RFC 6901)."""
    return str(key).replace("~", "~0").replace("/", "~1")
