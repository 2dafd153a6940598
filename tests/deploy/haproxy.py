"""HAProxy as Debian packages it, with the configuration of deploy/, before replicas on loopback."""

import ssl
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx2

from tests.conftest import SECRET
from tests.live.conftest import COMMAND, PATIENCE, environment, free_port, until
from tests.live.debian import debian_file

CONFIGURATION = Path(__file__).parents[2] / "deploy" / "haproxy" / "haproxy.cfg"
DRAIN = "2"  # seconds
HOSTS = {
    "10.0.0.11:8000": "127.0.0.2",
    "10.0.0.12:8000": "127.0.0.3",
    "10.0.0.13:8000": "127.0.0.4",
}
"""The configuration's replicas; the hosts are no connection's own, which could take a port."""


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
        """Tell whether HAProxy has sent it requests since its start."""
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


@dataclass
class Entrance:
    """Where HAProxy takes requests."""

    port: int
    certificate: Path

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def trust(self) -> ssl.SSLContext:
        """Return a context of a client's own: it holds which versions of HTTP the client speaks."""
        return ssl.create_default_context(cafile=self.certificate)


@contextmanager
def haproxy(
    directory: Path, replicas: Sequence[str], changed: Mapping[str, str] | None = None
) -> Iterator[Entrance]:
    """Run HAProxy before three addresses until the block ends, some of its lines `changed`."""
    program, port = debian_file("haproxy", "usr/sbin/haproxy"), free_port()
    certificate = _certificate(directory / "todo-api.pem")
    places = {
        "bind :443": f"bind 127.0.0.1:{port}",
        "/etc/haproxy/todo-api.pem": f'"{certificate}"',
        **dict(zip(HOSTS, replicas, strict=True)),
        **(changed or {}),
    }
    configuration = directory / "haproxy.cfg"
    configuration.write_text(relocated(CONFIGURATION.read_text(), places))
    with (directory / "haproxy.log").open("wb") as log:
        process = subprocess.Popen(
            [program, "-db", "-dW", "-f", configuration], stdout=log, stderr=log
        )
    entrance = Entrance(port, certificate)
    try:
        until(lambda: process.poll() is not None or _answers(entrance))
        assert process.poll() is None, (directory / "haproxy.log").read_text()
        yield entrance
    finally:
        process.kill()
        process.wait(PATIENCE)


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


def relocated(configuration: str, places: dict[str, str]) -> str:
    """Return the configuration with each place of the documentation's changed to one of ours."""
    for documented, ours in places.items():
        assert documented in configuration
        configuration = configuration.replace(documented, ours)
    return configuration


def _certificate(path: Path) -> Path:
    """Make a certificate of 127.0.0.1 and its key, in one file as HAProxy wants them."""
    subject = ("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1")
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    files = ("-keyout", path, "-out", path.with_suffix(".crt"))
    openssl = debian_file("openssl", "usr/bin/openssl")
    subprocess.run(
        (openssl, "req", "-x509", *curve, *subject, *files), check=True, capture_output=True
    )
    path.write_text(path.read_text() + path.with_suffix(".crt").read_text())
    return path


def _answers(entrance: Entrance) -> bool:
    try:
        httpx2.get(f"{entrance.url}/health", verify=entrance.trust())
    except httpx2.TransportError:
        return False
    return True
