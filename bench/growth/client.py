"""A client with next to no cost of its own, so that what it measures is the server's."""

import re
import select
import socket
import time

from bench.workload import SECRET
from todo_api.settings.development import token_for

_TTL = 86_400  # seconds
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)
_SUCCESS = b"HTTP/1.1 2"
_CHUNK = 262_144


class RequestFailed(Exception):
    """The server answered otherwise than with a 2xx."""


def request(user: str, method: str = "GET", path: str = "", body: bytes = b"") -> bytes:
    """Return a request about a user's tasks, with that user's token; `path` follows `/tasks`."""
    token = token_for(user, SECRET, _TTL)
    head = f"{method} /api/{user}/tasks{path} HTTP/1.1\r\nHost: bench\r\n"
    kind = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
    return f"{head}Authorization: Bearer {token}\r\n{kind}\r\n".encode() + body


class Client:
    """One keep-alive connection; a server that ended it while it was idle is connected anew.

    It waits at most `patience` seconds for the server.
    """

    def __init__(self, port: int, *, patience: float = 30.0) -> None:
        self._port = port
        self._patience = patience
        self._connection = self._connected()

    def send(self, request: bytes) -> tuple[float, bytes]:
        """Return the seconds until the whole answer was there, and its body.

        Raises `RequestFailed`.
        """
        if self.is_closed():
            self._connection = self._connected()
        began = time.perf_counter()
        self.begin(request)
        body = self.finish()
        return time.perf_counter() - began, body

    def begin(self, request: bytes) -> None:
        """Send a request and leave its answer to `finish`."""
        self._connection.sendall(request)

    def finish(self) -> bytes:
        """Return the body of the answer; raises `RequestFailed`."""
        head, body = self._received()
        if not head.startswith(_SUCCESS):
            raise RequestFailed(f"The server answered {head!r} {body!r}")
        return body

    def is_closed(self) -> bool:
        """Tell whether the server has ended the connection, which must be idle."""
        idle = select.poll()
        idle.register(self._connection, select.POLLIN)
        return bool(idle.poll(0))

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def _connected(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self._port), timeout=self._patience)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def _received(self) -> tuple[bytes, bytes]:
        head, body = self._connection.recv(_CHUNK), b""
        while b"\r\n\r\n" not in head:
            head += self._more()
        head, _, body = head.partition(b"\r\n\r\n")
        length = _LENGTH.search(head + b"\r\n")
        while length and len(body) < int(length[1]):
            body += self._more()
        return head, body

    def _more(self) -> bytes:
        chunk = self._connection.recv(_CHUNK)
        if not chunk:
            raise RequestFailed("The server closed the connection before its answer was whole.")
        return chunk
