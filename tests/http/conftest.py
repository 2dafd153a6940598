"""The protocol on a socket of this process, before an application that the test chooses."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any, cast

import pytest
from uvicorn.config import Config
from uvicorn.server import ServerState

from compiled import Admission, Operations, Seams
from db.pool.pool import Pool
from todo_api.http.envelope import Envelope
from todo_api.http.forwarded import Proxies
from todo_api.http.intake import Intake
from todo_api.http.service import Service
from todo_api.problems.documents import answer_to
from todo_api.request import Request
from todo_api.wire.connections import Connections, Deadlines
from todo_api.wire.protocol import Protocol

Application = Callable[..., Awaitable[None]]
PATIENCE = 10.0


class Client:
    """One connection to the application."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def stop_reading(self) -> None:
        cast("asyncio.Transport", self.writer.transport).pause_reading()

    def close(self) -> None:
        self.writer.transport.abort()

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def until(self, end: bytes) -> bytes:
        async with asyncio.timeout(PATIENCE):
            return await self.reader.readuntil(end)

    async def rest(self) -> bytes:
        """Return all that comes until the server ends its side."""
        async with asyncio.timeout(PATIENCE):
            return await self.reader.read()


def _nothing(_: Request) -> None:
    pass


Open = Callable[[Application], Awaitable[Client]]


@pytest.fixture
def deadlines() -> Deadlines:
    return Deadlines()


@pytest.fixture
async def connections(deadlines: Deadlines) -> AsyncIterator[Connections]:
    connections = Connections(deadlines)
    yield connections
    connections.close()


@pytest.fixture
async def serve(connections: Connections) -> AsyncIterator[Open]:
    """Serve an application, none of whose paths is of the contract, and connect to it."""
    async with AsyncExitStack() as stack:
        served = ServerState()

        async def all_ended() -> None:
            async with asyncio.timeout(PATIENCE):
                while served.connections:  # noqa: ASYNC110 - nothing tells of it
                    await asyncio.sleep(0.002)

        stack.push_async_callback(all_ended)
        pool = Pool("host=nowhere.invalid")
        stack.push_async_callback(pool.close)
        envelope = Envelope((), ())
        seams = Seams[Request]({}, _nothing, answer_to, Admission())
        service = Service(
            Operations(seams), envelope, Intake(pool, envelope), connections, Proxies(None)
        )

        async def serve(app: Application) -> Client:
            config = Config(app, lifespan="off", log_config=None, proxy_headers=False)
            config.load()
            state: dict[str, Any] = {"http": service, "meter": None}
            loop = asyncio.get_running_loop()
            server = await loop.create_server(lambda: Protocol(config, served, state), "127.0.0.1")
            stack.callback(server.close)
            client = Client(
                *await asyncio.open_connection(*server.sockets[0].getsockname(), limit=10**8)
            )
            stack.callback(client.close)
            return client

        yield serve
