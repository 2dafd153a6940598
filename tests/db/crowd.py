"""Statements of some users on a real server, each of which runs until it is told to end."""

import asyncio
from collections import Counter
from typing import Any

import psycopg2

from db.pool.pool import Pool
from tests.db.conftest import until
from tests.db.postgres import Server

USERS = ["alice", "bob", "carol", None]
ACTIONS = ["begin", "begin", "begin", "end", "lose", "leave"]

_HELD_UP = "FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


class Crowd:
    """A pool, and whose statements run, wait and are over; they are numbered as they come."""

    def __init__(self, server: Server, size: int) -> None:
        self.pool = Pool(server.dsn, size=size, timeout=60, acquire_timeout=60)
        self.size = size
        self.users: list[str | None] = []
        self.tasks: list[asyncio.Task[Any]] = []
        self.failing: set[int] = set()
        self._ended: set[int] = set()
        self._begun: set[int] = set()
        self._session = psycopg2.connect(server.dsn)
        self._session.autocommit = True

    async def step(self, action: str, place: int) -> None:
        """Do it to one of those that it can be done to, and see what comes of it."""
        if action == "begin":
            self.begin(USERS[place % len(USERS)])
        elif there := self.unfinished() if action == "leave" else self.running():
            number = there[place % len(there)]
            self._ended.add(number)
            getattr(self, action)(number)
        await until(self.is_settled)

    def begin(self, user: str | None) -> None:
        number = len(self.tasks)
        self._sql(f"SELECT pg_advisory_lock({number})")
        statement = self.pool.execute(f"SELECT pg_advisory_xact_lock({number})", {"user": user})
        self.users.append(user)
        self.tasks.append(asyncio.create_task(statement))

    def end(self, number: int) -> None:
        self._sql(f"SELECT pg_advisory_unlock({number})")

    def lose(self, number: int) -> None:
        self.failing.add(number)
        self._sql(f"SELECT pg_terminate_backend(pid) {_HELD_UP} AND objid = {number}")

    def leave(self, number: int) -> None:
        self.failing.add(number)
        self.tasks[number].cancel()
        self.end(number)  # the server does not know that nobody waits for it

    def unfinished(self) -> list[int]:
        return [number for number, task in enumerate(self.tasks) if not task.done()]

    def running(self) -> list[int]:
        """Return those that the server has begun and not ended."""
        held_up = {number for (number,) in self._sql(f"SELECT objid {_HELD_UP}")}
        return [number for number in self.unfinished() if number in held_up]

    def is_settled(self) -> bool:
        """Say whether all that wait have a reason; who has more than their share never does."""
        running = self.running()
        share = Counter(self.users[number] for number in running)
        most = max(1, self.size // 2)
        assert len(running) <= self.size
        assert all(count <= most for count in share.values())
        self._begun.update(running)
        if not all(self.tasks[number].done() for number in self._ended):
            return False
        waiting = [number for number in self.unfinished() if number not in running]
        full = len(running) == self.size
        return all(full or share[self.users[number]] == most for number in waiting)

    def overtaken(self) -> list[int]:
        """Return those that wait though a later statement of their user has begun."""
        last = {self.users[number]: number for number in sorted(self._begun)}
        waiting = [number for number in self.unfinished() if number not in self._begun]
        return [number for number in waiting if number < last.get(self.users[number], 0)]

    async def close(self) -> None:
        """Let all end that still run or wait, one after another."""
        while self.unfinished():
            await self.step("end", 0)
        await self.pool.close()
        self._session.close()

    def _sql(self, statement: str) -> list[tuple[Any, ...]]:
        with self._session.cursor() as cursor:
            cursor.execute(statement)
            return list(cursor)
