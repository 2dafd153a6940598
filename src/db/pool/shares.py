"""What each user has of the connections, and whose turn it is to have one more."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterator

from db.pool.connection import Connection

User = object
"""A statement's parameter `user`; those without one are, together, one user's: None's."""
Waiter = asyncio.Future[Connection]


class Line:
    """A user's waiters in the order they came, of whom the first `ready` may have a connection."""

    __slots__ = ("ready", "waiters")

    def __init__(self) -> None:
        self.ready = 0
        self.waiters: OrderedDict[Waiter, None] = OrderedDict()


class Shares:
    """At most half of the connections and of the waiters are one user's, but always one.

    Users who wait and use less than that take turns (round robin). Each call takes a constant
    time, and nothing is kept of users who neither use a connection nor wait for one.
    """

    def __init__(self, *, connections: int, waiters: int) -> None:
        self._most_in_use = max(1, connections // 2)
        self._most_waiters = max(1, waiters // 2)
        self._in_use: dict[User, int] = {}
        self._lines: dict[User, Line] = {}
        self._turns: OrderedDict[User, Line] = OrderedDict()
        self.waiting = 0
        """All who wait."""
        self.ready = 0
        """Those of them who may have a connection as soon as there is one."""

    def take(self, user: User) -> bool:
        """Count one more connection as the user's; False where that is more than their share."""
        in_use = self._in_use.get(user, 0)
        if in_use >= self._most_in_use:
            return False
        self._in_use[user] = in_use + 1
        return True

    def release(self, user: User) -> None:
        """Count one connection less as the user's."""
        if in_use := self._in_use[user] - 1:
            self._in_use[user] = in_use
        else:
            del self._in_use[user]
        if line := self._lines.get(user):
            self._update(user, line)

    def add(self, user: User, waiter: Waiter) -> bool:
        """Let one more wait for the user; False where that is more than their share."""
        line = self._lines.get(user)
        if line is None:
            line = self._lines[user] = Line()
        if len(line.waiters) >= self._most_waiters:
            return False
        line.waiters[waiter] = None
        self.waiting += 1
        self._update(user, line)
        return True

    def remove(self, user: User, waiter: Waiter) -> bool:
        """Let somebody wait no longer; False where they were called or removed before."""
        line = self._lines.get(user)
        if line is None or waiter not in line.waiters:
            return False
        del line.waiters[waiter]
        self.waiting -= 1
        self._update(user, line)
        return True

    def call(self) -> Waiter | None:
        """Return who is next, and count a connection as their user's; None if nobody may have it.

        Those who have given up already, and are about to be removed, are passed over.
        """
        while self._turns:
            user, line = self._turns.popitem(last=False)
            waiter = self._first(line)
            if waiter is not None:
                self.take(user)
            self._update(user, line)
            if waiter is not None:
                return waiter
        return None

    def drain(self) -> Iterator[Waiter]:
        """Remove all who wait."""
        for user, line in tuple(self._lines.items()):
            while waiter := self._first(line):
                yield waiter
            self._update(user, line)

    def _first(self, line: Line) -> Waiter | None:
        while line.waiters:
            waiter, _ = line.waiters.popitem(last=False)
            self.waiting -= 1
            if not waiter.done():
                return waiter
        return None

    def _update(self, user: User, line: Line) -> None:
        """Keep the turns true after a change; a user who has a place among them keeps it."""
        ready = min(len(line.waiters), self._most_in_use - self._in_use.get(user, 0))
        self.ready += ready - line.ready
        line.ready = ready
        if ready:
            self._turns.setdefault(user, line)
        else:
            self._turns.pop(user, None)
        if not line.waiters:
            del self._lines[user]
