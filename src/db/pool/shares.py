"""Fair shares: the connections each user has, and whose turn is next."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterator

from db.pool.connection import Connection

User = object
"""A statement's parameter `user`; statements without one share the user None."""
Waiter = asyncio.Future[Connection]


class Line:
    """A user's waiters in order of arrival; the first `ready` of them may have a connection."""

    __slots__ = ("ready", "waiters")

    def __init__(self) -> None:
        self.ready = 0
        self.waiters: OrderedDict[Waiter, None] = OrderedDict()


class Shares:
    """Limits each user to half of the connections and of the waiters, but at least one.

    Waiting users below their limit take turns (round robin). Each call takes constant time, and
    users who neither use a connection nor wait for one take no memory.
    """

    def __init__(self, *, connections: int, waiters: int) -> None:
        self._most_in_use = max(1, connections // 2)
        self._most_waiters = max(1, waiters // 2)
        self._in_use: dict[User, int] = {}
        self._lines: dict[User, Line] = {}
        self._turns: OrderedDict[User, Line] = OrderedDict()
        self.waiting = 0
        """The number of waiters."""
        self.ready = 0
        """The number of waiters who may have a connection as soon as one is free."""

    def take(self, user: User) -> bool:
        """Give the user one more connection; False if they have their share already."""
        in_use = self._in_use.get(user, 0)
        if in_use >= self._most_in_use:
            return False
        self._in_use[user] = in_use + 1
        return True

    def release(self, user: User) -> None:
        """Take one connection back from the user."""
        if in_use := self._in_use[user] - 1:
            self._in_use[user] = in_use
        else:
            del self._in_use[user]
        if line := self._lines.get(user):
            self._update(user, line)

    def add(self, user: User, waiter: Waiter) -> bool:
        """Add a waiter of the user; False if they have their share already."""
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
        """Remove a waiter; False if they were called or removed before."""
        line = self._lines.get(user)
        if line is None or waiter not in line.waiters:
            return False
        del line.waiters[waiter]
        self.waiting -= 1
        self._update(user, line)
        return True

    def call(self) -> Waiter | None:
        """Return the next waiter and give their user a connection; None if nobody may have it.

        Waiters who have given up, but are not removed yet, are skipped.
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
        """Remove and yield all waiters."""
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
        """Update the turns after a change; users keep their place among them."""
        ready = min(len(line.waiters), self._most_in_use - self._in_use.get(user, 0))
        self.ready += ready - line.ready
        line.ready = ready
        if ready:
            self._turns.setdefault(user, line)
        else:
            self._turns.pop(user, None)
        if not line.waiters:
            del self._lines[user]
