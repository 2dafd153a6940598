"""A flood that takes no notice of refusals: probes on new connections are answered all the same."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import pytest

from tests.conftest import SECRET
from tests.live.conftest import Server, serving
from todo_api.settings.development import token_for

CONNECTIONS = 2000
PROBES = 5
PATIENCE = 20.0  # seconds
HEALTH = b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def place(server: Server) -> tuple[str, int]:
    host, _, port = urlsplit(server.url).netloc.partition(":")
    return host, int(port)


class Flooding(asyncio.Protocol):
    """Sends its request again as soon as it has an answer, whatever that says."""

    def __init__(self, request: bytes, answers: list[bytes]) -> None:
        self._request = request
        self._answers = answers
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def send(self) -> None:
        self.transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        length = head.partition(b"content-length: ")[2].partition(b"\r")[0]
        if end and len(body) >= int(length):
            self._answers.append(head[9:12])
            self._received = b""
            self.send()


@asynccontextmanager
async def flood(server: Server, request: bytes) -> AsyncIterator[list[bytes]]:
    """Keep all connections busy until the block ends; the statuses are added as they come."""
    host, port = place(server)
    answers = list[bytes]()
    loop = asyncio.get_running_loop()
    opened = []
    for _ in range(CONNECTIONS):
        _, connection = await loop.create_connection(lambda: Flooding(request, answers), host, port)
        opened.append(connection)
    for connection in opened:
        connection.send()
    yield answers
    for connection in opened:
        connection.transport.abort()


async def probe(server: Server) -> float:
    """Return the seconds that /health takes on a connection of its own."""
    started = time.perf_counter()
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection(*place(server))
        writer.write(HEALTH)
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
    assert answer.startswith(b"HTTP/1.1 200 ")
    return time.perf_counter() - started


@pytest.mark.parametrize("proxies", ["192.0.2.1", "127.0.0.1"], ids=["direct", "a proxy"])
async def test_new_connections_get_through_a_flood(
    database_url: str, tmp_path: Path, proxies: str, figure: Callable[[str], None]
) -> None:
    token = token_for("alice", SECRET, 600)
    listing = f"GET /api/alice/tasks?limit=1 HTTP/1.1\r\nAuthorization: Bearer {token}\r\n"
    with serving(
        tmp_path / "output",
        DATABASE_URL=database_url,
        JWT_SECRET_KEY=SECRET,
        FORWARDED_ALLOW_IPS=proxies,
    ) as server:
        async with flood(server, f"{listing}Host: localhost\r\n\r\n".encode()) as answers:
            while b"503" not in answers:  # noqa: ASYNC110 (an event per answer costs)
                await asyncio.sleep(0.01)
            started = time.perf_counter()
            del answers[:]
            seconds = [await probe(server) for _ in range(PROBES)]
            await asyncio.sleep(max(0.0, started + 2 - time.perf_counter()))
            rate = len(answers) / (time.perf_counter() - started)
            done = answers.count(b"200") / len(answers)

    figure(
        f"{CONNECTIONS} connections, {rate:.0f} answers/s, {done:.0%} of them 200;"
        f" /health on a new one within {max(seconds):.2f} s"
    )
    assert b"200" in answers
    assert '"level":"ERROR"' not in server.log()
