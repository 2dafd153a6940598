"""Staggered attempts to reach a server (Happy Eyeballs, RFC 8305)."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable

import psycopg2

from db.pool.dialing.dsn import Target, refuses
from db.pool.dialing.link import Link
from db.reasons import most_telling

_STAGGER = 0.25  # seconds that a server may be silent before the next is tried; RFC 8305, section 5

Attempt = Callable[[Target], Awaitable[Link | list[Target]]]


class Race:
    """One way to the first server that can be used; `begun` are the targets tried so far.

    If an attempt returns targets (the addresses of a name), they are tried next.
    """

    def __init__(self, targets: Iterable[Target], attempt: Attempt) -> None:
        self.begun: list[Target] = []
        self._waiting = deque(targets)
        self._attempt = attempt
        self._running: dict[asyncio.Task[Link | list[Target]], Target] = {}
        self._failures: list[Exception] = []

    async def run(self) -> tuple[Link, Target]:
        """Return the first connection and its target; close all others.

        Raises the most telling failure if every attempt fails: `psycopg2.Error`, OSError (a
        TimeoutError included) or ValueError.
        """
        try:
            self._begin()
            while self._running:
                for task in await self._ended():
                    target = self._running.pop(task)
                    if (link := self._heed(task)) is not None:
                        return link, target
                self._begin()
        finally:
            await self._end()
        raise most_telling(self._failures)

    def _begin(self) -> None:
        if self._waiting:
            target = self._waiting.popleft()
            self.begun.append(target)
            self._running[asyncio.ensure_future(self._attempt(target))] = target

    async def _ended(self) -> set[asyncio.Task[Link | list[Target]]]:
        """Return the attempts that have ended; empty when it is time to begin the next."""
        timeout = _STAGGER if self._waiting else None
        ended, _ = await asyncio.wait(
            self._running, timeout=timeout, return_when=asyncio.FIRST_COMPLETED
        )
        return ended

    def _heed(self, task: asyncio.Task[Link | list[Target]]) -> Link | None:
        try:
            outcome = task.result()
        except (psycopg2.Error, OSError, ValueError) as failure:
            self._failures.append(failure)
            if refuses(failure):
                self._waiting = deque(maxlen=0)  # not the names being looked up either
            return None
        if isinstance(outcome, list):
            self._waiting.extendleft(reversed(outcome))
            return None
        return outcome

    async def _end(self) -> None:
        for task in self._running:
            task.cancel()
        for outcome in await asyncio.gather(*self._running, return_exceptions=True):
            if not isinstance(outcome, BaseException | list):
                outcome.close()
