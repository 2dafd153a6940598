"""What stands behind a proxy: services on loopback, and servers that stand for one."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx2
import orjson

from tests.conftest import SECRET
from tests.live.conftest import COMMAND, PATIENCE, environment, free_port, until

HOSTS = {
    "10.0.0.11:8000": "127.0.0.2",
    "10.0.0.12:8000": "127.0.0.3",
    "10.0.0.13:8000": "127.0.0.4",
}
"""The configurations' replicas; the hosts are no connection's own, which could take a port."""


class Replica:
    """A service on an address that stays the same from one start to the next."""

    def __init__(self, host: str, output: Path, **variables: str) -> None:
        self.host, self.port = host, free_port()
        self._output = output
        own = {"HOST": host, "PORT": str(self.port)}
        shared = {"JWT_SECRET_KEY": SECRET, "FORWARDED_ALLOW_IPS": "127.0.0.1"}
        self._environment = environment(**own, **shared, **variables)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"

    def start(self) -> None:
        with self._output.open("wb") as log:
            self._process = subprocess.Popen(
                [*COMMAND, "serve"], env=self._environment, stdout=log, stderr=log
            )

    def wait_until_ready(self) -> None:
        until(self._is_ready)

    def stop(self) -> int:
        """Tell it to end, and return its exit status."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(PATIENCE)

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait(PATIENCE)

    def serves(self) -> bool:
        """Tell whether the proxy has sent it requests since its start."""
        return '"operation":"create_task"' in self.log()

    def log(self) -> str:
        return self._output.read_text()

    def listens(self) -> bool:
        return self._status_of("/health") is not None

    def _is_ready(self) -> bool:
        return self._status_of("/ready") == 200

    def _status_of(self, path: str) -> int | None:
        assert self._process is not None
        assert self._process.poll() is None, self.log()
        try:
            return httpx2.get(f"http://{self.address}{path}").status_code
        except httpx2.TransportError:
            return None


class Echo(BaseHTTPRequestHandler):
    """Answers with the header fields that a replica is sent."""

    def do_GET(self) -> None:
        body = orjson.dumps(self.headers.items())
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Ending(BaseHTTPRequestHandler):
    """Ends each connection instead of an answer."""

    def do_GET(self) -> None:
        self.close_connection = True


@contextmanager
def answering(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """Run a server that stands for a replica; yield its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
