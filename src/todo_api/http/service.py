"""The protocol's interface to the service: who handles a request, and how errors look."""

import asyncio
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from uvicorn.server import ServerState

from compiled.contract.operations import Operations
from compiled.operation import Operation
from compiled.routes import Match
from db.pool import pool
from todo_api.http.envelope import Envelope
from todo_api.http.forwarded import Proxies, scheme_of
from todo_api.http.intake import Intake
from todo_api.problems.documents import answer_to
from todo_api.request import Request
from todo_api.telemetry.logs import end, request_id
from todo_api.wire.connections import Connections
from todo_api.wire.exchange import Exchange
from todo_api.wire.head import Head

if TYPE_CHECKING:
    from todo_api.wire.closing import Closing
    from todo_api.wire.protocol import Protocol


class Service:
    """The parts of a process that its connections share."""

    def __init__(
        self,
        operations: Operations[Request],
        envelope: Envelope,
        intake: Intake,
        connections: Connections,
        proxies: Proxies,
    ) -> None:
        self.intake = intake
        self.connections = connections
        self.proxies = proxies
        self._operations = operations
        self._envelope = envelope
        self._dated: list[tuple[bytes, bytes]] = []
        self._date = b""

    def date(self, server: ServerState) -> bytes:
        """Return the lines of uvicorn's default headers: the date."""
        if server.default_headers is not self._dated:  # changes every second
            self._dated = server.default_headers
            self._date = b"".join([b"%b: %b\r\n" % header for header in self._dated])
        return self._date

    def match(self, head: Head) -> Match[Operation[Request]] | None:
        """Return the contract's operations at the path; none for a preflight."""
        return None if head.method == "OPTIONS" else self._operations.match(head.path)

    async def operate(
        self, match: Match[Operation[Request]], exchange: Exchange, link: "Protocol"
    ) -> None:
        """Run an operation of the contract; raises `ClientDisconnected`."""
        pool.elapsed.set(0.0)
        request = self._request(exchange, link)
        try:
            reply = await self._operations.answer(request, match)
            request.status = reply.status
            exchange.refused = request.error_code == "OVERLOADED"
            if exchange.refused and link.proxied and not self.intake.may_refuse():
                await asyncio.sleep(self.connections.deadlines.refused)  # see Protocol._turn_away
            if not link.is_closed:
                last = link.is_last(exchange)
                link.outbox.write(self._envelope.rendered(reply, request, link.date, last=last))
                exchange.answered = True
        finally:
            end(request)

    def rejection(self, error: Exception, link: "Closing") -> bytes:
        """Return the response to an invalid request, after which the connection ends."""
        request = Request("-", id=token_hex(16), scheme=link.scheme, state=link.app_state)
        request.client = link.client
        request.meter = request.state.get("meter")
        reply = answer_to(error, request)
        request.status = reply.status
        end(request)
        return self._envelope.rendered(reply, request, link.date, last=True)

    def _request(self, exchange: Exchange, link: "Protocol") -> Request:
        head = exchange.head
        fields, scheme, client = head.fields, link.scheme, link.client
        if link.proxied:
            scheme = scheme_of(fields) or scheme
            client = self.proxies.client(fields) or client
        state: dict[str, Any] = link.app_state
        request = Request(
            head.method,
            fields,
            head.query,
            head.authorization,
            exchange.body,
            request_id(fields),
            scheme,
            client,
            state,
            head.path,
        )
        request.meter = state["meter"]
        return request
