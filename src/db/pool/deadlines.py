"""The deadlines of the running statements."""

import asyncio
from math import inf

from db.pool.connection import Connection
from db.pool.sessions import end


class Deadlines:
    """Ends the sessions whose statements run too long, with one timer for all of them.

    Nearly all statements are over long before: a timer for each would take 2 us of a GET's 290,
    where one that looks after the earliest deadline is set about once in a statement's timeout.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._running: dict[Connection, float] = {}
        self._next = inf
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, connection: Connection, deadline: float) -> None:
        """Note that a statement begins, which has until `deadline` (the loop's clock)."""
        self._running[connection] = deadline
        if deadline < self._next:
            self._look_at(deadline)

    def over(self, connection: Connection) -> None:
        """Note that it is over."""
        self._running.pop(connection, None)

    def _look_at(self, instant: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._next = instant
        self._timer = self._loop.call_at(instant, self._look)

    def _look(self) -> None:
        self._timer, self._next = None, inf
        now = self._loop.time()
        for connection in [each for each, due in self._running.items() if due <= now]:
            del self._running[connection]
            end(connection)
        if self._running:
            self._look_at(min(self._running.values()))
