"""An identity server of the tests' own: it publishes keys, or whatever else it is told to."""

import json
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from tests.identity.auth.tokens import BASE


class Issuer:
    """Answers every GET on a free local port."""

    def __init__(self, *keys: dict[str, Any]) -> None:
        self.fetches = 0
        self._delay = 0.0
        self._released = Event()
        self.publish(*keys)
        self._server = self._listen(0)
        self._port = self._server.server_port

    @property
    def settings(self) -> dict[str, str]:
        """What a service that trusts this issuer has in its environment."""
        url = f"http://127.0.0.1:{self._port}/jwks"
        return {"JWT_JWKS_URL": url, "JWT_ISSUER": BASE, "JWT_AUDIENCE": BASE}

    def publish(self, *keys: dict[str, Any]) -> None:
        self.answer(json.dumps({"keys": keys}).encode())

    def answer(self, body: bytes, status: int = 200) -> None:
        self._reply = status, body

    def delay(self, seconds: float) -> None:
        """Answer each fetch that late, or when `hurry` is called."""
        self._released.clear()
        self._delay = seconds

    def hurry(self) -> None:
        """Answer at once what was held back, and all that follows."""
        self._delay = 0
        self._released.set()

    def go_down(self) -> None:
        """Refuse connections."""
        self._server.shutdown()
        self._server.server_close()

    def come_back(self) -> None:
        """Take connections again, on the same port."""
        self._server = self._listen(self._port)

    def _listen(self, port: int) -> ThreadingHTTPServer:
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.fetches += 1
                issuer._released.wait(issuer._delay)
                status, body = issuer._reply
                with suppress(OSError):  # who asked may have given up
                    self.send_response(status)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return server
