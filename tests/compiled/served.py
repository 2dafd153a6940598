"""Contracts that are served over HTTP, with handlers that say what they got."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from http import HTTPStatus
from typing import Any

import orjson
import uvicorn
from connexion.exceptions import ResolverError
from connexion.resolver import Resolver
from starlette.types import Receive, Scope, Send

from compiled import Admission, Answer, Operations, Reply, Request, RequestRefused, Seams
from compiled.contract.loading import load
from compiled.request import fields_by_name
from compiled.routes import path_of
from tests.compiled.construct import LONG, Kept, Refused

_FINE = {"200": {"description": "Fine.", "content": {"application/json": {}}}}


async def echo(_: Any, **arguments: Any) -> Any:
    return arguments


async def nothing(_: Any) -> None:
    pass


async def other(_: Any, **_arguments: Any) -> str:
    return "another"


async def chosen(_: Any) -> Answer:
    return Answer([1], 202, {"X-A": "b"}, "application/a+json")


async def with_header(_: Any) -> Any:
    return {}, {"X-A": "b"}


async def text(_: Any) -> str:
    return "Grüße"


async def image(_: Any) -> bytes:
    return b"\x89PNG"


async def list_of_one(_: Any) -> list[int]:
    return [1]


async def long(_: Any) -> int:
    return LONG


async def strict(_: Any) -> None:
    pass


def slow(_: Any, **_arguments: Any) -> None:
    pass


HANDLERS: dict[str, Callable[..., Any]] = {
    "echo": echo,
    "pets.echo": echo,
    "other": other,
    "nothing": nothing,
    "chosen": chosen,
    "with_header": with_header,
    "text": text,
    "image": image,
    "list_of_one": list_of_one,
    "long": long,
    "strict": strict,
    "slow": slow,
}


class Unauthorized(Exception):
    pass


def check_of(right: bytes) -> Callable[[Request, bytes | None], Any]:
    async def check(_: Request, credentials: bytes | None) -> None:
        if credentials != right:
            raise Unauthorized

    return check


CHECKS = {
    "bearer": check_of(b"Bearer right"),
    "key": check_of(b"right"),
    "queryKey": check_of(b"right"),
    "cookieKey": check_of(b"right"),
    "oauth": check_of(b""),
}


def refusal(error: Exception, _: Request) -> Reply:
    if isinstance(error, Unauthorized):
        return Reply(401, [])
    if isinstance(error, RequestRefused):
        faults = [f"{fault.pointer}: {fault.detail}" for fault in error.faults]
        return Reply(error.status, error.headers, orjson.dumps([str(error), *faults]))
    raise error


def resolved(name: str) -> Callable[..., Any]:
    if name not in HANDLERS:
        raise ResolverError(f"no function {name}")
    return HANDLERS[name]


def compiled(contract: dict[str, Any]) -> Operations[Request]:
    operations = Operations(Seams[Request](CHECKS, lambda _: None, refusal, Admission()))
    operations.compile(load(contract), Resolver(resolved))
    return operations


def contract_of(construct: Kept | Refused, base: str = "/") -> dict[str, Any]:
    """Return a whole contract around a construct."""
    operation = {"operationId": construct.handler, "responses": _FINE, **construct.operation}
    declared = {name: value for name, value in operation.items() if value is not None}
    method = "get" if construct.method == "head" else construct.method
    item = {method: declared, **construct.item}
    more = deepcopy(construct.more)
    paths = {construct.path: item, **getattr(construct, "others", {}), **more.pop("paths", {})}
    return {
        "openapi": "3.0.3",
        "info": {"title": "A construct", "version": "1"},
        "servers": [{"url": base}],
        "paths": deepcopy(paths),
        **more,
    }


class Application:
    """An ASGI application of several contracts, each below its own number."""

    def __init__(self, constructs: list[Kept]) -> None:
        self._contracts = [
            compiled(contract_of(construct, f"/{number}"))
            for number, construct in enumerate(constructs)
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = path_of(scope)
        operations = self._contracts[int(path.split(b"/")[1])]

        async def body() -> bytes:
            message = await receive()
            content: bytes = message.get("body", b"")
            return content

        headers = scope["headers"]
        authorization = [value for name, value in headers if name == b"authorization"]
        fields = fields_by_name(headers)
        request = Request(scope["method"], fields, scope["query_string"], authorization, body)
        match = operations.match(path)
        reply = Reply(HTTPStatus.NOT_FOUND, [])
        if match is not None:
            reply = await operations.answer(request, match)
        await reply.send(scope, send)


@contextmanager
def served(constructs: list[Kept]) -> Iterator[int]:
    """Serve them, and yield the port."""
    application = Application(constructs)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(application, lifespan="off", log_config=None))
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])))
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield listener.getsockname()[1]
        server.should_exit = True
        thread.join()
