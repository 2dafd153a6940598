"""A network of small segments: what is sent at once arrives in pieces."""

import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from threading import Thread

_PAUSE = 0.002  # seconds, in which the server reads what has come
_CHUNK = 262_144
_HEAD_END = b"\r\n\r\n"


class Segments:
    """Passes a free local port's connections on to `port`, and cuts what goes there."""

    def __init__(self, port: int) -> None:
        self.cut = 0
        """Where each message is cut, in bytes; it is cut behind its head, too."""
        self.longest = 0
        """Bytes of the longest message so far."""
        self.connections = 0
        self._target = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):  # how the listener's end is told
            while True:
                client, _ = self._listener.accept()
                self.connections += 1
                Thread(target=self._connect, args=(client,), daemon=True).start()

    def _connect(self, client: socket.socket) -> None:
        with client, suppress(OSError), socket.create_connection(self._target) as server:
            replies = Thread(target=_pass_on, args=(server, client))
            replies.start()
            self._pass_in_pieces(client, server)
            replies.join()

    def _pass_in_pieces(self, client: socket.socket, server: socket.socket) -> None:
        server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with suppress(OSError):
            while data := client.recv(_CHUNK):
                self.longest = max(self.longest, len(data))
                for piece in _pieces(data, self.cut):
                    server.sendall(piece)
                    time.sleep(_PAUSE)
            server.shutdown(socket.SHUT_WR)


def _pass_on(server: socket.socket, client: socket.socket) -> None:
    with suppress(OSError):
        while data := server.recv(_CHUNK):
            client.sendall(data)
        client.shutdown(socket.SHUT_RDWR)


def _pieces(data: bytes, cut: int) -> Iterator[bytes]:
    head = data.find(_HEAD_END) + len(_HEAD_END)
    places = {0, min(cut, len(data)), head, len(data)}
    return (data[start:end] for start, end in pairwise(sorted(places)))
