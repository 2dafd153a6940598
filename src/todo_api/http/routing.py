"""The contract's operations as an ASGI middleware.

It replaces Connexion's routing, security and validation, which rebuild validators and signatures
for every request.
"""

import asyncio
from functools import partial
from typing import Any

from connexion.middleware.abstract import ROUTING_CONTEXT, SpecMiddleware
from connexion.spec import Specification
from starlette.types import ASGIApp, Receive, Scope, Send

from compiled.bodies import declared_length
from compiled.contract.operations import Operations
from compiled.request import HeaderFields
from compiled.routes import path_of
from todo_api.http.cors import is_preflight
from todo_api.http.envelope import Envelope
from todo_api.problems.errors import BodyTooSlow, ClientDisconnected, PayloadTooLarge
from todo_api.request import Request
from todo_api.telemetry.logs import begun, end
from todo_api.wire.framing import MOST_BYTES


class Routing(SpecMiddleware):
    """Run the contract's operations; pass other requests on.

    The service's own HTTP protocol calls the operations directly; this middleware is for other
    ASGI servers, and for requests outside the contract.
    """

    def __init__(
        self, app: ASGIApp, *, operations: Operations[Request], envelope: Envelope, timeout: float
    ) -> None:
        self.app = app
        self._operations = operations
        self._envelope = envelope
        self._timeout = timeout

    def add_api(self, specification: Specification, **options: Any) -> None:
        """Compile every operation of `specification`; raises as `Operations.compile`."""
        self._operations.compile(specification, options["resolver"])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the operation of the request's path and method, if the contract has one."""
        match = self._operations.match(path_of(scope)) if scope["type"] == "http" else None
        if match is None or is_preflight(scope):
            # Connexion's own application reads this even if no path of the contract matched.
            scope.setdefault("extensions", {})[ROUTING_CONTEXT] = {}
            await self.app(scope, receive, send)
            return
        request = begun(scope)
        request.query = scope["query_string"]
        request.authorization = _authorization(scope)
        request.body = partial(received, request.headers, receive, self._timeout)
        try:
            reply = await self._operations.answer(request, match)
            request.status = reply.status
            await self._envelope.around(reply, request).send(scope, send)
        except ClientDisconnected:
            return
        finally:
            end(request)


def _authorization(scope: Scope) -> list[bytes]:
    return [value for name, value in scope["headers"] if name == b"authorization"]


async def received(headers: HeaderFields, receive: Receive, timeout: float) -> bytes:  # noqa: ASYNC109 (for all parts together)
    """Receive the body from an ASGI server; it has to arrive within `timeout` seconds.

    Raises `PayloadTooLarge`, `BodyTooSlow` and `ClientDisconnected`.
    """
    declared = declared_length(headers)
    if len(declared) > len(str(MOST_BYTES)) or int(declared) > MOST_BYTES:
        raise PayloadTooLarge
    try:
        async with asyncio.timeout(timeout):
            return await _joined(receive)
    except TimeoutError:
        raise BodyTooSlow from None


async def _joined(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnected
        body += message.get("body", b"")
        if len(body) > MOST_BYTES:
            raise PayloadTooLarge
        more = message.get("more_body", False)
    return body
