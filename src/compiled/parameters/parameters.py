"""The contract's parameters, compiled once: text of a request -> a value of the declared type."""

import re
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import unquote_to_bytes

from compiled.schemas.schema import MOST_CHARACTERS, Fault, Schema

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)", re.ASCII)
_ENOUGH_DIGITS = 20
"""A longer number is out of any bounds, so its other digits need no reading."""
_TEXT_OF = {"true": True, "false": False}


class InvalidText(ValueError):
    """A text that is not of its parameter's type; the message says what it must be."""


class Parameter:
    """One declared parameter."""

    def __init__(self, declared: dict[str, Any]) -> None:
        self.name: str = declared["name"]
        self.argument = self.name.lower().replace("-", "_")
        self.required: bool = declared.get("required", False)
        self.default: Any = declared["schema"].get("default")
        self._schema = Schema(declared["schema"])
        self._read = _READERS[declared["schema"]["type"]]

    def value(self, text: str | None, faults: list[Fault]) -> Any:
        """Return the value that `text` stands for, or add to `faults` why it has none."""
        if text is None:
            if self.required:
                faults.append(Fault(self.name, "Is required."))
            return self.default
        try:
            value = self._read(text)
        except InvalidText as error:
            faults.append(Fault(self.name, str(error)))
            return None
        if not self._schema.accepts(value):
            found = self._schema.faults(value)
            faults.extend(Fault(self.name, fault.detail) for fault in found)
        return value


class Parameters:
    """The declared parameters of one operation; `path_names` in the order of the path."""

    def __init__(self, path: str, declared: Iterable[dict[str, Any]]) -> None:
        # Connexion repeats a path's own parameters at every reading, hence the dict.
        unique = {(each["in"], each["name"]): each for each in declared}.values()
        in_path = {each["name"]: Parameter(each) for each in unique if each["in"] == "path"}
        self.path_names = re.findall(r"\{([^}]+)\}", path)
        self._path = [in_path[name] for name in self.path_names]
        self._query = [Parameter(each) for each in unique if each["in"] == "query"]
        self._query_names = frozenset(parameter.name for parameter in self._query)
        headers = [Parameter(each) for each in unique if each["in"] == "header"]
        self._headers = [(each.name.lower().encode(), each) for each in headers]

    def arguments(
        self, path: Sequence[str], query: bytes, headers: dict[bytes, bytes], faults: list[Fault]
    ) -> dict[str, Any]:
        """Return every parameter's value by its argument's name, or add to `faults`."""
        arguments = {}
        for parameter, text in zip(self._path, path, strict=True):
            arguments[parameter.argument] = parameter.value(text, faults)
        texts = self._texts(query, faults) if query else {}
        for parameter in self._query:
            arguments[parameter.argument] = parameter.value(texts.get(parameter.name), faults)
        for name, parameter in self._headers:
            sent = headers[name].decode("latin-1") if name in headers else None
            arguments[parameter.argument] = parameter.value(sent, faults)
        return arguments

    def _texts(self, query: bytes, faults: list[Fault]) -> dict[str, str]:
        texts: dict[str, str] = {}
        for pair in filter(None, query.split(b"&")):
            raw_name, _, raw_text = pair.replace(b"+", b" ").partition(b"=")
            name = unquote_to_bytes(raw_name).decode(errors="replace") or "?"
            try:
                text = unquote_to_bytes(raw_text).decode()
            except UnicodeDecodeError:
                faults.append(Fault(name[:MOST_CHARACTERS], "Must be percent-encoded UTF-8."))
                continue
            if name not in self._query_names:
                fault = "Is not a parameter of this operation."
                faults.append(Fault(name[:MOST_CHARACTERS], fault))
            elif name in texts:
                faults.append(Fault(name, "Must be sent only once."))
            texts[name] = text
        return texts


def decoded(segment: bytes) -> str:
    """Return a path segment as text; what is not UTF-8 becomes U+FFFD, which no parameter takes."""
    return unquote_to_bytes(segment).decode(errors="replace")


def _string(text: str) -> str:
    return text


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise InvalidText("Must be an integer, such as 7.")
    return int(text[:_ENOUGH_DIGITS])


def _boolean(text: str) -> bool:
    if text not in _TEXT_OF:
        raise InvalidText("Must be true or false.")
    return _TEXT_OF[text]


_READERS = {"string": _string, "integer": _integer, "boolean": _boolean}
