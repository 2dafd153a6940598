"""How a stream is delivered, in what pieces and when, and what comes back until its end."""

import asyncio
import json
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from io import BytesIO
from itertools import pairwise
from typing import Any, NamedTuple
from uuid import uuid4

from tests.live.conftest import Server
from tests.live.messages import TASK, filled
from tests.live.wire import Answer, answer_of

_READ = 65_536
FAREWELL = b"HEAD /health HTTP/1.1\r\nHost: a\r\nX-Request-ID: %s\r\n\r\n"
_VOLATILE_FIELDS = {"date", "x-request-id", "location", "etag", "content-length"}
_VOLATILE_KEYS = {
    *("id", "created_at", "updated_at", "completed_at"),
    *("timestamp", "request_id", "user_id"),
}


class Delivery(NamedTuple):
    """What a connection answered, and its end: `open`, `closed`, or `silent` as nothing came."""

    sent: bytes
    received: bytes
    end: str

    @property
    def answers(self) -> list[Answer]:
        """The final answers."""
        return [answer for answer in answers_in(self.received) if answer.status >= 200]

    @property
    def comparable(self) -> list[Any]:
        """What is the same whenever the same is sent."""
        return [self.end, *map(_comparable, self.answers)]


def answers_in(received: bytes) -> Iterator[Answer]:
    """Read answers to requests of any method: one to HEAD is followed by no body."""
    reader = BytesIO(received)
    while reader.tell() < len(received):
        answer = answer_of(reader, has_body=False)
        length = int(answer.headers.get("content-length", 0))
        followed = received.startswith(b"HTTP/1.", reader.tell())
        yield answer if followed else answer._replace(body=reader.read(length))


def _comparable(answer: Answer) -> Any:
    fields = {
        name: "" if name in _VOLATILE_FIELDS else value for name, value in answer.headers.items()
    }
    with suppress(ValueError):
        return answer.status, fields, json.loads(answer.body, object_hook=_without_volatile)
    return answer.status, fields, answer.body


def _without_volatile(document: dict[str, Any]) -> dict[str, Any]:
    return {key: "" if key in _VOLATILE_KEYS else value for key, value in document.items()}


class Way(NamedTuple):
    """What to send, cut where, with how many seconds after each piece."""

    stream: bytes
    cuts: Sequence[int] = ()
    pause: float = 0.0


class Service:
    """A server, and as many users as are needed, each with one task."""

    def __init__(self, server: Server, sql: Callable[..., Any], patience: float) -> None:
        self.server = server
        self._sql = sql
        self._patience = patience

    async def deliver(self, ways: Sequence[Way]) -> list[tuple[str, Delivery]]:
        """Send all these streams at once, each as a user of its own."""
        users = [f"user-{uuid4().hex}" for _ in ways]
        self._sql(
            "INSERT INTO tasks (user_id, id, title) SELECT unnest(%s), %s, 'Buy milk'",
            (users, TASK),
        )
        port = int(self.server.url.rpartition(":")[2])
        pairs = zip(ways, users, strict=True)
        filled_ways = [way._replace(stream=filled(way.stream, user)) for way, user in pairs]
        deliveries = await asyncio.gather(
            *(delivered(port, way, self._patience) for way in filled_ways)
        )
        return list(zip(users, deliveries, strict=True))

    def tasks_of(self, users: Sequence[str]) -> dict[str, dict[int, str]]:
        """Return the titles of these users' tasks, by user and id."""
        tasks: dict[str, dict[int, str]] = {user: {} for user in users}
        rows = self._sql("SELECT user_id, id, title FROM tasks WHERE user_id = ANY(%s)", (users,))
        for user, task, title in rows:
            tasks[user][task] = title
        return tasks


async def delivered(port: int, way: Way, patience: float) -> Delivery:
    """Send a stream, and behind it a request that shows whether the connection goes on.

    Each piece is a segment of its own (TCP_NODELAY). What is answered is read meanwhile, for
    `patience` seconds at most.
    """
    last = f"last-{uuid4().hex}".encode()
    stream = way.stream + FAREWELL % last
    places = sorted({0, *(cut for cut in way.cuts if 0 < cut < len(stream)), len(stream)})
    pieces = [stream[start:end] for start, end in pairwise(places)]
    with socket.socket() as connection:
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", port))
        sending = asyncio.create_task(_send(connection, pieces, way.pause))
        received = bytearray()
        try:
            async with asyncio.timeout(patience):
                end = await _read(connection, received, b": %s\r\n" % last)
        except TimeoutError:
            end = "silent"
        sending.cancel()
        await asyncio.wait([sending])
        return Delivery(stream, bytes(received), end)


async def _send(connection: socket.socket, pieces: list[bytes], pause: float) -> None:
    loop = asyncio.get_running_loop()
    with suppress(ConnectionError):  # the reader sees the end, after all that came before it
        for piece in pieces:
            await loop.sock_sendall(connection, piece)
            await asyncio.sleep(pause)


async def _read(connection: socket.socket, received: bytearray, last: bytes) -> str:
    loop = asyncio.get_running_loop()
    with suppress(ConnectionError):
        while data := await loop.sock_recv(connection, _READ):
            received += data
            head = received.find(last)
            if head >= 0 and received.find(b"\r\n\r\n", head) >= 0:
                return "open"
    return "closed"
