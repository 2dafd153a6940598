"""Edits of the contract, each at a JSON pointer (RFC 6901)."""

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from typing import Any

Document = dict[str, Any]


LIST = "/paths/~1api~1{user_id}~1tasks"
ITEM = "/paths/~1api~1{user_id}~1tasks~1{task_id}"
PARAMETERS = "/components/parameters"
HEADERS = "/components/headers"
SCHEMAS = "/components/schemas"
TASK = f"{SCHEMAS}/TaskResponse"
DUE = {"description": "When it is due.", "type": "string", "format": "date", "maxLength": 10}
TAG = {"name": "label", "in": "query", "description": "Only of this label.", "schema": DUE}
ORDER: dict[str, Any] = {
    "type": "string",
    "enum": ["-created_at", "created_at", "due_date", "-priority"],
    "x-enum-varnames": ["NEWEST_FIRST", "OLDEST_FIRST", "DUE_FIRST", "URGENT_FIRST"],
    "default": "-created_at",
}
COOKIE = {"type": "apiKey", "in": "cookie", "name": "session"}


@dataclass(frozen=True)
class Edit:
    pointer: str
    apply: Callable[[Document], None]


@dataclass(frozen=True)
class Change:
    """What is done to the contract; backwards, the contract is what it was before that."""

    sentence: str
    edit: Edit
    _: KW_ONLY
    backwards: bool = False
    seen_at: str = ""

    @property
    def place(self) -> str:
        return self.seen_at or self.edit.pointer


def put(pointer: str, value: Any) -> Edit:
    def apply(document: Document) -> None:
        holder, key = _holder(document, pointer)
        holder[key] = value

    return Edit(pointer, apply)


def drop(pointer: str) -> Edit:
    def apply(document: Document) -> None:
        holder, key = _holder(document, pointer)
        del holder[key]

    return Edit(pointer, apply)


def append(pointer: str, value: Any) -> Edit:
    def apply(document: Document) -> None:
        holder, key = _holder(document, pointer)
        holder[key].append(value)

    return Edit(pointer, apply)


def rename(pointer: str, name: str) -> Edit:
    def apply(document: Document) -> None:
        holder, key = _holder(document, pointer)
        holder[name] = holder.pop(key)

    return Edit(pointer, apply)


def rename_schema(name: str, new: str) -> Edit:
    """Rename a component with all that refers to it."""
    pointer, reference = f"{SCHEMAS}/{name}", f"#{SCHEMAS}/{name}"

    def follow(value: Any) -> None:
        children = list(value.values() if isinstance(value, dict) else value)
        for child in (child for child in children if isinstance(child, dict | list)):
            if isinstance(child, dict) and child.get("$ref") == reference:
                child["$ref"] = f"#{SCHEMAS}/{new}"
            follow(child)

    def apply(document: Document) -> None:
        rename(pointer, new).apply(document)
        follow(document)

    return Edit(pointer, apply)


def several(*edits: Edit) -> Edit:
    """All of them in turn; the place is that of the first."""

    def apply(document: Document) -> None:
        for edit in edits:
            edit.apply(document)

    return Edit(edits[0].pointer, apply)


def _holder(document: Document, pointer: str) -> tuple[Any, Any]:
    *path, last = (part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])
    holder: Any = document
    for part in path:
        holder = holder[_key(holder, part)]
    return holder, _key(holder, last)


def _key(holder: Any, part: str) -> Any:
    return int(part) if isinstance(holder, list) else part
