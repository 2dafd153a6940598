"""The server as users run it: a process of its own, on a free port."""

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from tests.conftest import SECRET
from tests.db.postgres import Server as Postgres
from tests.live.proxy import Proxy

PATIENCE = 30.0
_RELEASES = Path(__file__).parent / "releases"
COMMAND = [sys.executable, "-m", "todo_api"]


@dataclass
class Server:
    """A running `todo-api serve`."""

    process: subprocess.Popen[str]
    url: str
    output: Path
    verify: ssl.SSLContext | bool = True

    def log(self) -> str:
        return self.output.read_text()

    def stop(self, signal_number: int = signal.SIGTERM) -> int:
        """Send a signal to the process and return its exit status."""
        self.process.send_signal(signal_number)
        return self.process.wait(PATIENCE)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def environment(**variables: str) -> dict[str, str]:
    """This process's environment without the service's own variables, and with these.

    Another release, which a PYTHONPATH leads to, is not measured by coverage.
    """
    left_out = _OWN | ({"COVERAGE_PROCESS_CONFIG"} if "PYTHONPATH" in variables else set())
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    return kept | variables


_OWN = {"DATABASE_URL", "DATA_DIR", "JWT_SECRET_KEY", "BETTER_AUTH_URL", "PORT", "HOST", "WORKERS"}


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command that has to end by itself."""
    return subprocess.run(
        [*COMMAND, *arguments],
        env=environment(**variables),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )


@contextmanager
def serving(output: Path, *options: str, **variables: str) -> Iterator[Server]:
    """Serve until the block ends; what is left of the process then is killed."""
    port = free_port()
    with output.open("w") as file:
        process = subprocess.Popen(
            [*COMMAND, "serve", "--port", str(port), *options],
            env=environment(**variables),
            stdout=file,
            stderr=subprocess.STDOUT,
            text=True,
        )
    host = "[::1]" if variables.get("HOST") == "::1" else "127.0.0.1"
    server = Server(process, f"http://{host}:{port}", output)
    if certificate := variables.get("TLS_CERT"):
        server.url = server.url.replace("http:", "https:")
        server.verify = ssl.create_default_context(cafile=certificate)
    try:
        _wait_until_healthy(server)
        yield server
    finally:
        if process.poll() is None:
            server.stop()


def _wait_until_healthy(server: Server) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and server.process.poll() is None:
        try:
            if httpx2.get(f"{server.url}/health", verify=server.verify).status_code == 200:
                return
        except httpx2.TransportError:
            time.sleep(0.02)
    pytest.fail(f"the server did not start:\n{server.log()}")


def until(condition: Callable[[], bool], patience: float = PATIENCE) -> float:
    """Return the seconds that it took to be so."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() < started + patience, "it never came to be so"
        time.sleep(0.01)
    return time.monotonic() - started


@pytest.fixture(scope="module")
def proxy(postgres: Postgres) -> Iterator[Proxy]:
    """A way to the module's own PostgreSQL that a test can cut."""
    proxy = Proxy(postgres.port)
    yield proxy
    proxy.refuse()


@pytest.fixture(scope="session")
def server(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server on the tests' database, for tests that leave it as it is."""
    output = tmp_path_factory.mktemp("server") / "output"
    with serving(output, DATABASE_URL=database_url, JWT_SECRET_KEY=SECRET) as running:
        yield running


@pytest.fixture(scope="session")
def release_1_2(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The variables with which 1.2.0 is served in this release's place."""
    tree = tmp_path_factory.mktemp("release")
    with tarfile.open(_RELEASES / "1.2.0.tar.xz") as archive:
        archive.extractall(tree, filter="data")
    return {"PYTHONPATH": f"{tree / 'src'}{os.pathsep}{tree}", "PYTHONSAFEPATH": "1"}


@pytest.fixture
def two_users(tmp_path: Path, token: Callable[[str], str]) -> Path:
    """The tokens of two users, as Schemathesis reads them."""
    users = [
        {
            "name": user,
            "fixedHeaders": [{"name": "Authorization", "value": f"Bearer {token(user)}"}],
        }
        for user in ("alice", "bob")
    ]
    path = tmp_path / "users.json"
    path.write_text(json.dumps({"auth": users}))
    return path
