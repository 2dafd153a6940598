"""HTTP/1.1 on one connection: one request at a time, with limits and deadlines for every state.

A request's head is read, then its body on demand, and its response is sent; only then is the next
request parsed. So a response never goes to another request than its own, and a connection's memory
is limited by `inbox` and `outbox`.
"""

import asyncio
from math import inf
from typing import TYPE_CHECKING, Any

from uvicorn.config import Config
from uvicorn.server import ServerState

from db.errors import DatabaseOverloaded
from todo_api.problems.errors import BodyTooSlow, ClientDisconnected, HeadTooSlow
from todo_api.wire.asgi import Cycle
from todo_api.wire.exchange import Exchange
from todo_api.wire.head import Head, end_of_head
from todo_api.wire.link import Link
from todo_api.wire.states import State

if TYPE_CHECKING:
    from todo_api.http.service import Service

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_LINE_ENDS = b"\r\n"
_FAREWELL = 1.0
"""Seconds that a shutdown keeps an idle connection open for a request that is on its way: closing
it at once would reset what the client has just sent (RFC 9112, 9.6)."""


class Protocol(Link):
    """The protocol that uvicorn creates for each connection."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._service: Service = app_state["http"]
        super().__init__(server_state, self._service.connections)
        self.app, self.app_state, self.root_path = config.loaded_app, app_state, config.root_path
        self._loop = _loop or asyncio.get_running_loop()
        self._state = State.IDLE
        self._searched = 0
        """Received bytes that were searched for the end of the head."""
        self._exchange: Exchange | None = None
        self._task: asyncio.Task[None] | None = None
        self._cycle: Cycle | None = None
        self._turned_away = b""
        """The unparsed head of a refused request."""
        self._leaving = self._ended = self._last = self._waits = False

    @property
    def is_closed(self) -> bool:
        """Tell whether the connection is closed for sending."""
        return self._state is State.CLOSED

    @property
    def date(self) -> bytes:
        """The line of the Date header."""
        return self._service.date(self.server)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the first request."""
        super().connection_made(transport)
        self.proxied = self._service.proxies.trust(self.client)
        self._become(State.IDLE, self.times.idle)

    def connection_lost(self, exc: Exception | None) -> None:
        """Release everything except a running operation, which is completed."""
        super().connection_lost(exc)
        self._state = State.CLOSED
        self._disconnect()
        self._hand_over_task()

    def eof_received(self) -> bool:
        """Respond to complete requests after the client closed its side; TLS closes both."""
        self._ended = True
        self._disconnect()
        answering = self._state in {State.ANSWER, State.SENT, State.TURN, State.REFUSED}
        return answering and self.scheme == "http"

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
                if not self.discard():
                    self._close()
        self._settle()

    def resume_writing(self) -> None:
        """Continue after the client has read."""
        super().resume_writing()
        if self._state is State.SENT:
            self.wait(self.times.body)
            self._go_on()
            self._settle()

    def shutdown(self) -> None:
        """Close after the running request; if idle, after one that is on its way."""
        self._leaving = True
        if self._state is State.IDLE:
            self._deadline = min(self._deadline, self.connections.now + _FAREWELL)
        self._hand_over_task()

    def expire(self) -> None:
        """Handle the deadline of the current state."""
        if self.outbox.paused:
            super().expire()
            return
        match self._state:
            case State.HEAD:
                self._refuse(HeadTooSlow())
            case State.BODY:
                self._become(State.ANSWER)
                self._fail(BodyTooSlow())
            case State.REFUSED:
                self._after_pause()
            case State.SENT:
                self._end()
            case State.CLOSED:
                self.abort()
            case _:
                self._close()
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

    # Refusals.

    def _refuse(self, error: Exception) -> None:
        self.outbox.write(self._service.rejection(error, self))
        self._end()

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

    # Closing.

    def is_last(self, exchange: Exchange) -> bool:
        """Tell whether the response to `exchange` is the connection's last."""
        self._last = self._last or self._leaving or exchange.is_last
        return self._last

    def _end(self) -> None:
        """Close after the last response, but let the client read it first."""
        self._turned_away = b""
        clean = self._exchange is not None and self._exchange.is_read
        self._exchange = None  # and with it the received part of a body
        if self._ended or (clean and self.scheme == "https"):
            self._close()
        else:
            self._become(State.LINGER, self.times.linger)
            self.linger()

    def _close(self) -> None:
        self._become(State.CLOSED, self.times.unread)
        self.transport.close()

    def _disconnect(self) -> None:
        """Fail what waits for more bytes from the client."""
        self._fail(ClientDisconnected())
        if self._cycle is not None:
            self._cycle.disconnect()

    def _fail(self, error: Exception) -> None:
        if self._exchange is not None:
            self._exchange.fail(error)

    def _settle(self) -> None:
        """Update the count of held bytes; if all connections hold too much, end this request."""
        beside = len(self._turned_away) + (0 if self._exchange is None else self._exchange.held)
        if self.inbox.settle(beside):
            return
        match self._state:
            case State.HEAD:
                self._refuse(DatabaseOverloaded())
            case State.BODY:
                self._become(State.ANSWER)
                self._fail(DatabaseOverloaded())
            case State.SENT | State.TURN | State.REFUSED:
                self._end()
        self.inbox.settle()

    def _hand_over_task(self) -> None:
        """Let uvicorn wait for the running operation, and cancel it if it takes too long."""
        if self._task is not None:
            self.server.tasks.add(self._task)
            self._task.add_done_callback(self.server.tasks.discard)

    def _become(self, state: State, seconds: float = inf) -> None:
        self._state = state
        self.wait(seconds)
