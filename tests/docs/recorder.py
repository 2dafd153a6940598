"""A way to the server that keeps what goes over it, and can lose an answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import NamedTuple

import httpx2

_OF_THE_CONNECTION = {"connection", "date", "host", "transfer-encoding"}


class Exchange(NamedTuple):
    """A request as the client sent it, and what the server answered."""

    request: httpx2.Request
    answer: httpx2.Response


class Recorder(ThreadingHTTPServer):
    """Passes each request on to `target`; one address, many connections."""

    block_on_close = False  # clients may keep their connections

    def __init__(self, target: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.client = httpx2.Client(base_url=target)
        self.exchanges: list[Exchange] = []
        self.lost: set[str] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def recording(target: str) -> Iterator[Recorder]:
    """Record until the block ends."""
    with Recorder(target) as recorder, recorder.client:
        thread = Thread(target=recorder.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield recorder
        finally:
            recorder.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: Recorder
    protocol_version = "HTTP/1.1"

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = [(n, v) for n, v in self.headers.items() if n.lower() not in _OF_THE_CONNECTION]
        client = self.server.client
        request = client.build_request(self.command, self.path, headers=headers, content=body)
        answer = client.send(request)
        self.server.exchanges.append(Exchange(request, answer))
        if self._loses(request.headers.get("Idempotency-Key")):
            self.close_connection = True
        else:
            self._reply(answer)

    def _loses(self, key: str | None) -> bool:
        """Lose the first answer to a request that can be repeated safely: the task is made."""
        if key is None or key in self.server.lost:
            return False
        self.server.lost.add(key)
        return True

    def _reply(self, answer: httpx2.Response) -> None:
        self.send_response_only(answer.status_code)
        for name, value in answer.headers.items():
            if name not in _OF_THE_CONNECTION:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _pass_on  # noqa: N815 (http.server's names)

    def log_message(self, *_: object) -> None:
        pass
