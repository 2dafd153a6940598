"""Places where no PostgreSQL answers, each dead in its own way."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from threading import Thread

from tests.db.conftest import until


class Place:
    """A local port; one that takes connections says nothing to them."""

    def __init__(self, listener: socket.socket) -> None:
        listener.setblocking(False)
        self._listener = listener
        self._clients: list[socket.socket] = []
        self.port: int = listener.getsockname()[1]

    def tries(self) -> int:
        """Count the connections that were made to it so far."""
        with suppress(BlockingIOError):
            while True:
                client, _ = self._listener.accept()
                client.setblocking(False)
                self._clients.append(client)
        return len(self._clients)

    async def first_try(self) -> socket.socket:
        """Wait for a connection to it."""
        await until(self.tries)
        return self._clients[0]

    def close(self) -> None:
        for client in self._clients:
            client.close()


@contextmanager
def silent(host: str = "127.0.0.1", port: int = 0) -> Iterator[Place]:
    """Take connections, as the kernel does where the program hangs."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with (
        socket.create_server((host, port), family=family) as listener,
        closing(Place(listener)) as place,
    ):
        yield place


@contextmanager
def dropped() -> Iterator[Place]:
    """Answer no SYN, as a firewall or a machine that is gone: the queue is full."""
    with socket.socket() as listener, socket.socket() as first:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        first.connect(listener.getsockname())
        yield Place(listener)


@contextmanager
def refused() -> Iterator[Place]:
    """Refuse every connection, as a machine does where no PostgreSQL runs."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield Place(bound)


@contextmanager
def saying(reply: bytes) -> Iterator[Place]:
    """Answer every startup message with `reply`, and hang up."""

    def accept() -> None:
        with suppress(OSError):  # how the listener's end is told
            while True:
                with listener.accept()[0] as client:
                    client.recv(4096)
                    client.sendall(reply)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        place = Place(listener)
        listener.setblocking(True)
        Thread(target=accept, daemon=True).start()
        yield place
        listener.shutdown(socket.SHUT_RDWR)


def refusal(sqlstate: str, severity: str, message: str) -> bytes:
    """Return PostgreSQL's ErrorResponse, whose severity and message are in the server's language.

    Source: https://www.postgresql.org/docs/current/protocol-message-formats.html
    """
    fields = f"S{severity}\0VFATAL\0C{sqlstate}\0M{message}\0\0".encode()
    return b"E" + (len(fields) + 4).to_bytes(4) + fields


DEAD: dict[str, Callable[[], AbstractContextManager[Place]]] = {
    "silent": silent,
    "dropped": dropped,
    "refused": refused,
    "hanging up": lambda: saying(b""),
    "no PostgreSQL": lambda: saying(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
    "starting up": lambda: saying(refusal("57P03", "FATAL", "das Datenbanksystem startet")),
}


async def is_closed(connection: socket.socket) -> bool:
    """Read what the client of a silent place sent, and tell that it left."""
    async with asyncio.timeout(10):
        while await asyncio.get_running_loop().sock_recv(connection, 4096):
            pass
    return True
