"""A network of the tests' own: a TCP proxy that falls silent, refuses, and loses replies."""

import socket
from contextlib import suppress
from threading import Event, Thread

_CHUNK = 65_536


class Proxy:
    """Passes a free local port's connections on to `port`."""

    def __init__(self, port: int) -> None:
        self._target = ("127.0.0.1", port)
        self._flowing = Event()
        self._flowing.set()
        self._sockets: set[socket.socket] = set()
        self._marker, self._to_lose = b"", 0
        self.lost = 0
        self._listener = self._listen(0)
        self.port: int = self._listener.getsockname()[1]

    def fall_silent(self) -> None:
        """Hold back every byte and every end of a connection, while accepting more of both."""
        self._flowing.clear()

    def speak(self) -> None:
        """Deliver what was held back, and go on."""
        self._flowing.set()

    def refuse(self) -> None:
        """End every connection and refuse new ones."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._flowing.set()
        self.cut()

    def accept(self) -> None:
        """Take connections again, on the same port."""
        self._listener = self._listen(self.port)

    def cut(self) -> None:
        """End every connection."""
        for end in tuple(self._sockets):
            _shut(end)

    def lose_replies_to(self, marker: bytes, times: int) -> None:
        """Deliver requests that hold `marker`, but end the connection in place of the reply."""
        self._marker, self._to_lose, self.lost = marker, times, 0

    def _listen(self, port: int) -> socket.socket:
        listener = socket.create_server(("127.0.0.1", port))
        Thread(target=self._accept_from, args=(listener,), daemon=True).start()
        return listener

    def _accept_from(self, listener: socket.socket) -> None:
        with suppress(OSError):  # how the listener's end is told
            while True:
                client, _ = listener.accept()
                Thread(target=self._connect, args=(client,), daemon=True).start()

    def _connect(self, client: socket.socket) -> None:
        with client, suppress(OSError), socket.create_connection(self._target) as server:
            ends = {client, server}
            self._sockets |= ends
            unanswered = Event()
            replies = Thread(target=self._pass_replies, args=(server, client, unanswered))
            replies.start()
            self._pass_requests(client, server, unanswered)
            replies.join()
            self._sockets -= ends

    def _pass_requests(
        self, client: socket.socket, server: socket.socket, unanswered: Event
    ) -> None:
        with suppress(OSError):
            while data := client.recv(_CHUNK):
                self._flowing.wait()
                if self._to_lose > self.lost and self._marker in data:
                    self.lost += 1
                    unanswered.set()
                server.sendall(data)
        self._end(client, server)

    def _pass_replies(
        self, server: socket.socket, client: socket.socket, unanswered: Event
    ) -> None:
        with suppress(OSError):
            while (data := server.recv(_CHUNK)) and not unanswered.is_set():
                self._flowing.wait()
                client.sendall(data)
        self._end(client, server)

    def _end(self, *ends: socket.socket) -> None:
        self._flowing.wait()
        for end in ends:
            _shut(end)


def _shut(end: socket.socket) -> None:
    with suppress(OSError):  # it may have ended by itself
        end.shutdown(socket.SHUT_RDWR)
