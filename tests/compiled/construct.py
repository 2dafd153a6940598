"""What a construct is, and the pieces that contracts of one construct are made of."""

from dataclasses import dataclass, field
from typing import Any

Operation = dict[str, Any]

LONG = 10**30
"""An integer that no machine's registers hold."""


@dataclass(frozen=True)
class Sent:
    """A request to the operation of a construct, and what has to come of it."""

    target: str = "/p"
    arguments: Any = None
    """What the handler gets, if the request is right."""
    fault: str = ""
    """What the client is told otherwise, or a part of it."""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    status: int = 0
    """0 where it follows from the others."""
    answer: bytes | None = None
    """The answer's body, where it is not the arguments."""
    answered: dict[str, str] = field(default_factory=dict)
    """Headers of the answer."""


@dataclass(frozen=True)
class Kept:
    group: str
    name: str
    operation: Operation
    sent: list[Sent]
    path: str = "/p"
    method: str = "get"
    more: dict[str, Any] = field(default_factory=dict)
    """What else the contract has, such as components."""
    others: dict[str, Any] = field(default_factory=dict)
    """Its other paths."""
    item: dict[str, Any] = field(default_factory=dict)
    """What else its path has."""
    handler: str = "echo"


@dataclass(frozen=True)
class Refused:
    group: str
    name: str
    operation: Operation
    finding: str
    path: str = "/p"
    method: str = "get"
    more: dict[str, Any] = field(default_factory=dict)
    item: dict[str, Any] = field(default_factory=dict)
    """What else its path has."""
    handler: str = "echo"


def parameter(schema: Any, name: str = "a", where: str = "query", **more: Any) -> Operation:
    required = {"required": True} if where == "path" else {}
    described = {} if schema is None else {"schema": schema}
    return {"parameters": [{"name": name, "in": where, **required, **described, **more}]}


def body(schema: Any, media_type: str = "application/json", **more: Any) -> Operation:
    content = {media_type: {"schema": schema}}
    return {"requestBody": {"required": True, "content": content, **more}}


def items(kind: str = "string", **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": {"type": kind}, **more}


def json(
    text: str, arguments: Any = None, fault: str = "", media_type: str = "application/json"
) -> Sent:
    """A body that is sent, and the argument `body` that the handler gets."""
    got = None if fault else {"body": arguments}
    return Sent("/p", got, fault, {"Content-Type": media_type}, text.encode())


def in_body(name: str, schema: Any, *sent: Sent, **more: Any) -> Kept:
    return Kept("Schemas", name, body(schema), list(sent), method="post", **more)


STRING: dict[str, Any] = {"type": "string"}
INTEGER: dict[str, Any] = {"type": "integer"}
IN_BODY = "POST /p: requestBody/content/application/json/schema"
OK = {"description": "Fine."}
