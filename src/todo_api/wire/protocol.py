"""HTTP/1.1 on one connection: one request at a time, with limits and deadlines for every state.

A request's head is read, then its body on demand, and its response is sent; only then is the next
request parsed. So a response never goes to another request than its own, and a connection's memory
is limited by `inbox` and `outbox`. What ends it, and how, is in `closing`.
"""

import asyncio
from typing import Any

from uvicorn.config import Config
from uvicorn.server import ServerState

from todo_api.problems.errors import ClientDisconnected
from todo_api.wire.asgi import Cycle
from todo_api.wire.closing import Closing
from todo_api.wire.exchange import Exchange
from todo_api.wire.head import Head, end_of_head
from todo_api.wire.states import State

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_LINE_ENDS = b"\r\n"


class Protocol(Closing):
    """The protocol that uvicorn creates for each connection."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(server_state, app_state)
        self.app, self.root_path = config.loaded_app, config.root_path
        self._loop = _loop or asyncio.get_running_loop()
        self._searched = 0
        """Received bytes that were searched for the end of the head."""
        self._waits = False
        """Set during a pause after which the request is tried once more."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the first request."""
        super().connection_made(transport)
        self.proxied = self._service.proxies.trust(self.client)
        self._become(State.IDLE, self.times.idle)

    def buffer_updated(self, nbytes: int) -> None:
        """Process the received bytes."""
        self.inbox.take(nbytes)
        match self._state:
            case State.IDLE | State.HEAD:
                self._next()
            case State.BODY:
                self._advance()
            case State.SENT:
                self._go_on()
            case State.LINGER:
                self._discard()
        self._settle()

    def resume_writing(self) -> None:
        """Continue after the client has read."""
        super().resume_writing()
        if self._state is State.SENT:
            self.wait(self.times.body)
            self._go_on()
            self._settle()

    def expire(self) -> None:
        """Continue after a pause; all other deadlines are `Closing`'s."""
        if self._state is not State.REFUSED or self.outbox.paused:
            super().expire()
            return
        self._after_pause()
        self._settle()

    # A request's life: its head, perhaps its body, its response, then the next request.

    def _next(self) -> None:
        data = self.inbox.data
        if data and data[0] in _LINE_ENDS:  # empty lines are skipped (RFC 9112, 2.2)
            del data[: len(data) - len(data.lstrip(_LINE_ENDS))]
        try:
            end = end_of_head(data, self._searched) if data else 0
        except Exception as error:  # noqa: BLE001 (whatever is wrong with a head)
            self._refuse(error)
            return
        self._searched = 0 if end else len(data)
        if end:
            self._begin(self.inbox.cut(end))
        elif self._ended:
            self._close()
        elif data and self._state is not State.HEAD:
            self._become(State.HEAD, self.times.head)
        elif not data and self._state is not State.IDLE:
            self._become(State.IDLE, self.times.idle)

    def _begin(self, data: bytes, *, waited: bool = False) -> None:
        if not self._service.intake.has_room_for(data):
            self._turn_away(data, waited=waited)
            return
        try:
            head = Head(data)
        except Exception as error:  # noqa: BLE001 (likewise)
            self._refuse(error)
            return
        self._exchange = exchange = self._exchange_of(head)
        self._become(State.ANSWER)
        self.server.total_requests += 1
        self._service.intake.take()
        self._task = self._loop.create_task(self._answer(exchange))

    def _exchange_of(self, head: Head) -> Exchange:
        return Exchange(head, self.inbox.data, self._proceed, self._await_body)

    def _proceed(self) -> None:
        if not self.is_closed:
            self.outbox.write(_CONTINUE)

    async def _answer(self, exchange: Exchange) -> None:
        self._service.intake.begun()
        try:
            match = self._service.match(exchange.head)
            if match is not None:
                await self._service.operate(match, exchange, self)
            else:
                self._cycle = Cycle(exchange, self)
                await self._cycle.run()
        except ClientDisconnected:
            self._close()
        finally:
            self._task = self._cycle = None
            self._answered(exchange)

    def _await_body(self) -> None:
        if self._ended or self._state is State.CLOSED:
            raise ClientDisconnected
        self._become(State.BODY, self.times.body)
        self._settle()

    def _advance(self) -> None:
        if self._exchange is not None and self._exchange.advance():
            self._become(State.ANSWER)

    def _answered(self, exchange: Exchange) -> None:
        if self._state is State.CLOSED:
            return
        if not exchange.answered:
            self.abort()  # an incomplete response can't end in any other way
            return
        if exchange.refused and not self.is_last(exchange) and not self.proxied:
            self._pause(self.times.refused)
        else:
            self._become(State.SENT, self.times.body)
            self._go_on()
        self._settle()

    def _go_on(self) -> None:
        """Continue once the client has read the response and the rest of the body is skipped."""
        if self.outbox.paused:
            return
        exchange = self._exchange
        self._last = self._last or self._leaving or (exchange is not None and exchange.is_last)
        try:
            skipped = self._last or exchange is None or exchange.skip()
        except Exception:  # noqa: BLE001 (whatever is wrong with an unread body)
            self._last = True
        if self._last:
            self._end()
        elif skipped and self.inbox.data:
            self._exchange = None
            self._become(State.TURN)
            self.connections.queue(self)
        elif skipped:
            self._exchange = None
            self._next()
        elif self._ended:
            self._close()

    def take_turn(self) -> None:
        """Begin the pipelined request."""
        if self._state is State.TURN:
            self._next()
            self._settle()

    # Refusals for overload.

    def _turn_away(self, data: bytes, *, waited: bool) -> None:
        """Refuse a request before its head is parsed; its end is found later.

        If clients could retry at once, the server would do nothing but refuse, so the connection is
        not read for a while. A proxy's connection is shared by many clients, which must not wait
        for each other: there, only refusals above the rate of `may_refuse` are delayed.
        """
        intake, self._turned_away = self._service.intake, data
        self._waits = self.proxied and not waited and not intake.may_refuse()
        if not self._waits:
            self.outbox.write(intake.refusal(data, self.scheme, self.date))
        self._pause(0 if self.proxied and not self._waits else self.times.refused)

    def _pause(self, seconds: float) -> None:
        self._become(State.REFUSED, seconds)
        if seconds:
            self.inbox.rest(resting=True)
        else:
            self._loop.call_soon(self._after_pause)

    def _after_pause(self) -> None:
        if self._state is not State.REFUSED:
            return
        self.inbox.rest(resting=False)
        data, self._turned_away = self._turned_away, b""
        if self._waits:
            self._waits = False
            self._begin(data, waited=True)
            return
        try:
            if data:
                self._exchange = self._exchange_of(Head(data))
                self._last = self._exchange.is_last
        except Exception:  # noqa: BLE001 (it has been refused already)
            self._last = True
        self._become(State.SENT, self.times.body)
        self._go_on()
        self._settle()
