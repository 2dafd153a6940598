"""How a connection ends: by its client, a limit, a shutdown, or after its last response."""

from math import inf
from typing import TYPE_CHECKING, Any

from uvicorn.server import ServerState

from db.errors import DatabaseOverloaded
from todo_api.problems.errors import BodyTooSlow, ClientDisconnected, HeadTooSlow
from todo_api.wire.exchange import Exchange
from todo_api.wire.link import Link
from todo_api.wire.states import State

if TYPE_CHECKING:
    import asyncio

    from todo_api.http.service import Service
    from todo_api.wire.asgi import Cycle

_FAREWELL = 1.0
"""Seconds that a shutdown keeps an idle connection open for a request that is on its way: closing
it at once would reset what the client has just sent (RFC 9112, 9.6)."""

_MOST_DISCARDED = 1024 * 1024  # bytes, after the last response: 16 of the largest bodies


class Closing(Link):
    """A connection's state and what it holds for its current request, until both are released.

    Whatever ends a request early ends here, too: `expire` has the deadlines, `_settle` the limit on
    memory. Where a response can still be sent, the client gets it before the connection is closed.
    """

    def __init__(self, server: ServerState, app_state: dict[str, Any]) -> None:
        self._service: Service = app_state["http"]
        super().__init__(server, self._service.connections)
        self.app_state = app_state
        self._state = State.IDLE
        self._exchange: Exchange | None = None
        self._task: asyncio.Task[None] | None = None
        self._cycle: Cycle | None = None
        self._turned_away = b""
        """The unparsed head of a refused request."""
        self._ended = False
        """Set when the client has closed its side."""
        self._leaving = False
        """Set when the server is shutting down."""
        self._last = False
        """Set when the current response is the connection's last."""
        self._discarded = 0

    @property
    def is_closed(self) -> bool:
        """Tell whether the connection is closed for sending."""
        return self._state is State.CLOSED

    @property
    def date(self) -> bytes:
        """The line of the Date header."""
        return self._service.date(self.server)

    def is_last(self, exchange: Exchange) -> bool:
        """Tell whether the response to `exchange` is the connection's last."""
        self._last = self._last or self._leaving or exchange.is_last
        return self._last

    def _become(self, state: State, seconds: float = inf) -> None:
        self._state = state
        self.wait(seconds)

    # What ends a connection, or a request on it.

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

    def shutdown(self) -> None:
        """Close after the running request; if idle, after one that is on its way."""
        self._leaving = True
        if self._state is State.IDLE:
            self._deadline = min(self._deadline, self.connections.now + _FAREWELL)
        self._hand_over_task()

    def expire(self) -> None:
        """Handle the deadline of the current state; that of a pause is `Protocol`'s."""
        if self.outbox.paused:
            super().expire()
            return
        match self._state:
            case State.HEAD:
                self._refuse(HeadTooSlow())
            case State.BODY:
                self._become(State.ANSWER)
                self._fail(BodyTooSlow())
            case State.SENT:
                self._end()
            case State.CLOSED:
                self.abort()
            case _:
                self._close()
        self._settle()

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

    # How it ends.

    def _refuse(self, error: Exception) -> None:
        self.outbox.write(self._service.rejection(error, self))
        self._end()

    def _end(self) -> None:
        """Close after the last response, but let the client read it first."""
        self._turned_away = b""
        clean = self._exchange is not None and self._exchange.is_read
        self._exchange = None  # and with it the received part of a body
        if self._ended or (clean and self.scheme == "https"):
            self._close()
        else:
            self._linger()

    def _linger(self) -> None:
        """Close the sending side, and discard what arrives until the client closes its own.

        Closing both sides while bytes are still arriving would reset the connection, and the client
        might lose the response (RFC 9112, 9.6).
        """
        self._become(State.LINGER, self.times.linger)
        self.inbox.data.clear()
        self.inbox.rest(resting=False)
        if self.transport.can_write_eof():
            self.transport.write_eof()

    def _discard(self) -> None:
        """Discard what arrives while lingering, but not without end."""
        self._discarded += len(self.inbox.data)
        self.inbox.data.clear()
        if self._discarded > _MOST_DISCARDED:
            self._close()

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

    def _hand_over_task(self) -> None:
        """Let uvicorn wait for the running operation, and cancel it if it takes too long."""
        if self._task is not None:
            self.server.tasks.add(self._task)
            self._task.add_done_callback(self.server.tasks.discard)
