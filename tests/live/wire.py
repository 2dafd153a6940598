"""Raw bytes to the real server, and what comes back."""

import socket
from typing import BinaryIO, NamedTuple

from tests.live.conftest import PATIENCE, Server


class Answer(NamedTuple):
    """A response; its status is 0 where the connection ended instead."""

    status: int
    headers: dict[str, str]
    body: bytes


def connect(server: Server) -> socket.socket:
    port = int(server.url.rpartition(":")[2])
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)


def exchange(server: Server, request: bytes) -> Answer:
    """Send `request` as it is and read one response."""
    return exchanges(server, request, 1)[0]


def exchanges(server: Server, request: bytes, count: int) -> list[Answer]:
    """Send `request` as it is, which may be several, and read `count` responses."""
    with connect(server) as connection, connection.makefile("rb") as reader:
        connection.sendall(request)
        has_body = not request.startswith(b"HEAD")
        return [answer_of(reader, has_body=has_body) for _ in range(count)]


def answer_of(reader: BinaryIO, *, has_body: bool = True) -> Answer:
    status_line = reader.readline()
    lines = iter(lambda: reader.readline().decode("latin-1").strip(), "")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    length = int(headers.get("content-length", 0)) if has_body else 0
    status = int(status_line.split()[1]) if status_line else 0
    return Answer(status, headers, reader.read(length))
