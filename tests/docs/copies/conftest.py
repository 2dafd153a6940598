"""The page's program in each language, before a server of its own and a line that can fail."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.conftest import SECRET
from tests.docs.conftest import DOCS
from tests.docs.copies.history import History, kept
from tests.docs.copies.program import Program, running
from tests.docs.test_examples import compiled
from tests.live.conftest import PATIENCE, Server, serving
from tests.live.proxy import Proxy

__all__ = ["compiled"]

Start = Callable[..., AbstractContextManager[Program]]


@pytest.fixture(params=["TypeScript", "Python"])
def command(request: pytest.FixtureRequest) -> list[str | Path]:
    """What runs the example."""
    if request.param == "Python":
        return [sys.executable, DOCS / "examples" / "local_copy.py"]
    folder: Path = request.getfixturevalue("compiled")
    return ["node", folder / "local_copy.js"]


@pytest.fixture
def own_settings() -> dict[str, str]:
    """What the copy's own server is told besides."""
    return {}


@pytest.fixture
def own_server(examples_url: str, tmp_path: Path, own_settings: dict[str, str]) -> Iterator[Server]:
    """One that has the copy's requests alone in its log."""
    settings = {"DATABASE_URL": examples_url, "JWT_SECRET_KEY": SECRET, **own_settings}
    with serving(tmp_path / "output", **settings) as server:
        yield server


@pytest.fixture
def proxy(request: pytest.FixtureRequest, server: Server) -> Iterator[Proxy]:
    """The line to the copy's own server, where the test has one, else to everybody's."""
    own = "own_server" in request.fixturenames
    target = request.getfixturevalue("own_server") if own else server
    proxy = Proxy(int(target.url.rpartition(":")[2]))
    yield proxy
    proxy.refuse()


@pytest.fixture
def start(command: list[str | Path], alice: str, tmp_path: Path) -> Start:
    """What starts the program, with a folder to keep its state in."""
    folder = tmp_path / "copy"
    folder.mkdir()
    return lambda url, limit: running(command, folder, API=url, TOKEN=alice, LIMIT=str(limit))


@pytest.fixture
def history(examples_url: str) -> Iterator[History]:
    with kept(examples_url) as history:
        yield history


@pytest.fixture
def api(server: Server, alice: str) -> Iterator[httpx2.Client]:
    """Another client of alice's, on another server of the same database."""
    headers = {"Authorization": f"Bearer {alice}"}
    url = f"{server.url}/api/alice/"
    with httpx2.Client(base_url=url, headers=headers, timeout=PATIENCE) as api:
        yield api


def requests(server: Server) -> list[dict[str, Any]]:
    """Return the requests that a server answered, which ends with this."""
    server.stop()
    lines = [json.loads(line) for line in server.log().splitlines() if line.startswith("{")]
    return [line for line in lines if line["logger"] == "todo_api.requests" and line["operation"]]
