"""The parameters of one operation, and the names of the handler's arguments."""

import re
from collections.abc import Iterable, Sequence
from keyword import iskeyword
from typing import Any
from urllib.parse import unquote_to_bytes

from compiled.document import Place, snake_case
from compiled.errors import MOST_CHARACTERS, MOST_FAULTS, Fault
from compiled.parameters.parameter import LONGEST_CHARACTER, Parameter
from compiled.request import HeaderFields
from compiled.schemas.schema import Schemas

BODY = "body"
"""The argument name of the request's body."""

_LONGEST_NAME = MOST_CHARACTERS * LONGEST_CHARACTER
_SOURCES = ("path", "query", "header", "cookie")
_NOT_PARAMETERS = frozenset({"accept", "content-type", "authorization"})
"""Headers that OpenAPI describes elsewhere: it ignores parameters of these names."""


class Parameters:
    """The declared parameters of an operation; its own come before those of its path.

    `own` are the operation's, `shared` its path's, and `extra` names what else the query may hold,
    such as an API key. An argument has its parameter's name in snake_case; if two names clash,
    both are prefixed with their location (`path_id`, `query_id`).
    """

    def __init__(
        self,
        path: str,
        own: Iterable[Place],
        shared: Iterable[Place],
        schemas: Schemas,
        extra: Iterable[str] = (),
    ) -> None:
        self.path_names = re.findall(r"\{([^}]+)\}", path)
        by_source: dict[str, list[Parameter]] = {source: [] for source in _SOURCES}
        for place in ({**_unique(shared), **_unique(own)}).values():
            parameter = Parameter(place, schemas)
            if parameter.source == "path" and parameter.name not in self.path_names:
                place.refuse(f"there is no {{{parameter.name}}} in the path")
            elif parameter.source == "header" and parameter.name.lower() in _NOT_PARAMETERS:
                place.refuse(f"header {parameter.name} is not supported as a parameter")
            else:
                by_source[parameter.source].append(parameter)
        in_path = {each.name: each for each in by_source["path"]}
        self.undeclared = [name for name in self.path_names if name not in in_path]
        """Names in the path template that no parameter declares."""
        self._path = [in_path[name] for name in self.path_names if name in in_path]
        self._query = by_source["query"]
        self._headers = [(each.name.lower().encode(), each) for each in by_source["header"]]
        self._cookies = by_source["cookie"]
        self._known = {
            **dict.fromkeys(extra, 1),
            **{each.name: each.most_texts for each in self._query},
        }
        """The names allowed in a query, and how often each is read."""
        self.names = _named([each for several in by_source.values() for each in several])
        """The argument names."""

    def arguments(
        self, path: Sequence[bytes], query: bytes, headers: HeaderFields, faults: list[Fault]
    ) -> dict[str, Any]:
        """Return every parameter's value by argument name, or add to `faults`."""
        arguments = {}
        for parameter, segment in zip(self._path, path, strict=True):
            arguments[parameter.argument] = parameter.value((segment,), faults)
        texts = self._texts(query, faults) if query else {}
        for parameter in self._query:
            arguments[parameter.argument] = parameter.value(texts.get(parameter.name), faults)
        for name, parameter in self._headers:
            sent = (headers[name],) if name in headers else None
            arguments[parameter.argument] = parameter.value(sent, faults)
        if self._cookies:
            cookies = cookies_of(headers)
            for parameter in self._cookies:
                sent = (cookies[parameter.name],) if parameter.name in cookies else None
                arguments[parameter.argument] = parameter.value(sent, faults)
        return arguments

    def _texts(self, query: bytes, faults: list[Fault]) -> dict[str, list[bytes]]:
        texts: dict[str, list[bytes]] = {}
        for pair in filter(None, query.split(b"&")):
            if len(faults) >= MOST_FAULTS:
                break
            raw_name, _, text = pair.partition(b"=")
            raw_name = raw_name[:_LONGEST_NAME].replace(b"+", b" ")
            name = unquote_to_bytes(raw_name).decode(errors="replace") or "?"
            most = self._known.get(name)
            if most is None:
                fault = "Is not a parameter of this operation."
                faults.append(Fault(name[:MOST_CHARACTERS], fault))
            elif name not in texts:
                texts[name] = [text]
            elif len(texts[name]) < most:
                texts[name].append(text)
            elif most == 1:
                faults.append(Fault(name, "Must be sent only once."))
        return texts


def cookies_of(headers: HeaderFields) -> dict[str, bytes]:
    """Return the cookies of a request by name, the first of each (RFC 6265, 5.4)."""
    cookies: dict[str, bytes] = {}
    for pair in headers.get(b"cookie", b"").split(b";"):
        name, separator, value = pair.strip(b" \t").partition(b"=")
        if separator:
            cookies.setdefault(name.decode("latin-1"), value.strip(b'"'))
    return cookies


def _unique(places: Iterable[Place]) -> dict[tuple[str, str], Place]:
    """Return the places by source and name; refuses duplicates."""
    unique: dict[tuple[str, str], Place] = {}
    for place in places:
        source, name = place.get("in"), place.get("name")
        key = (source, name.lower() if source == "header" else name)
        if key in unique:
            place.refuse(f"parameter {name} stands twice")
        unique[key] = place
    return unique


def _named(parameters: Sequence[Parameter]) -> list[str]:
    """Set each parameter's argument name, and return the names."""
    plain = [_identifier(each.name) for each in parameters]
    for parameter, name in zip(parameters, plain, strict=True):
        alone = plain.count(name) == 1 and name != BODY
        parameter.argument = name if alone else f"{parameter.source}_{name}"
    return [each.argument for each in parameters]


def _identifier(name: str) -> str:
    plain = snake_case(name)
    if iskeyword(plain):
        return f"{plain}_"
    return plain if plain.isidentifier() else f"_{plain}"
