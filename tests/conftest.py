"""One embedded PostgreSQL and one application for all tests; each test has a user of its own."""

import asyncio
import json
import logging
import os
import platform
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from contextvars import ContextVar
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import uuid4

import hypothesis
import psycopg2
import pytest
import yaml
from starlette.testclient import TestClient

from db import schema
from tests import debian
from tests.folders import open_folder
from tests.leftovers import held, leftovers
from todo_api.app import create_app
from todo_api.contract import contract_yaml
from todo_api.embedded.embedded import embedded_server
from todo_api.settings.development import token_for
from todo_api.settings.settings import Settings
from todo_api.telemetry.log_output import JsonFormatter

SECRET = "a secret that only the tests know"

CURRENT: ContextVar[str] = ContextVar("CURRENT")
"""The test that a step belongs to: tasks, timers and requests inherit it from what began them."""

_GRACE = 2.0
"""Seconds in which threads and shared servers see that a test's sockets were closed, and end."""

_TESTS = Path(__file__).parent
_OF_SHARED_SERVERS = {"deploy", "docs", "frontend", "live", "tools"}
"""Folders whose tests are about servers, browsers and machines that modules share and restart."""

_WORLD = {"deploy", "docs", "frontend"}
"""Folders whose tests need browsers, generators, proxies or other packages of Debian's."""
_WORLDLY = {"redis"}
"""Fixtures that do, in other folders."""

FIGURES = pytest.StashKey[list[str]]()
MISSING = pytest.StashKey[str]()

for variable in Settings.model_fields:
    os.environ.pop(variable.upper(), None)  # a developer's own settings are no test's

# No example fails by its time. All else stays, as the profile that Hypothesis loads for CI has it.
hypothesis.settings.register_profile("any time", hypothesis.settings(), deadline=None)
hypothesis.settings.load_profile("any time")

# Node.js is beside this Python, as tools/venv.sh has put it there.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.prefix) / "bin"), os.environ["PATH"]])

# What a shell starts in the background ignores Ctrl-C, and so would all that the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config: pytest.Config) -> None:
    config.stash[FIGURES] = []


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        folder = item.path.relative_to(_TESTS).parts[0]
        if folder in _WORLD or not _WORLDLY.isdisjoint(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.world)


def pytest_collection_finish(session: pytest.Session) -> None:
    if session.config.option.collectonly or not any(map(_is_of_the_world, session.items)):
        return
    session.config.stash[MISSING] = debian.prepare()
    if session.config.stash[MISSING] and os.environ.get("CI"):
        pytest.exit(session.config.stash[MISSING], pytest.ExitCode.USAGE_ERROR)


def _is_of_the_world(item: pytest.Item) -> bool:
    return item.get_closest_marker("world") is not None


def pytest_sessionfinish(session: pytest.Session) -> None:
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output["figures"] = session.config.stash[FIGURES]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over the figures of one of pytest-xdist's processes."""
    node.config.stash[FIGURES].extend(getattr(node, "workeroutput", {}).get("figures", []))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if missing := config.stash.get(MISSING, ""):
        terminalreporter.section("not tried")
        terminalreporter.write_line(missing)
    if figures := config.stash[FIGURES]:
        terminalreporter.section("figures")
        terminalreporter.write_line("\n".join(figures))
        if folder := os.environ.get("CAMPAIGN_RECORD"):
            _record(Path(folder) / "figures.json", figures)


def _record(file: Path, figures: list[str]) -> None:
    """Keep the figures of `make campaign`, from which docs/promises.md is written.

    Those of other tests stay, if they are of this version.
    """
    version = yaml.safe_load(contract_yaml())["info"]["version"]
    kept = json.loads(file.read_text()) if file.exists() else {}
    run = {
        "date": time.strftime("%Y-%m-%d"),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }
    measured: dict[str, Any] = {}
    for figure in figures:
        test, _, text = figure.partition(": ")
        measured.setdefault(test, {**run, "figures": []})["figures"].append(text)
    tests = kept["tests"] | measured if kept.get("version") == version else measured
    record = {"version": version, "tests": dict(sorted(tests.items()))}
    file.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n")


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Note what a test measured or counted; the run's summary prints it."""
    return lambda text: request.config.stash[FIGURES].append(f"{request.node.nodeid}: {text}")


@pytest.fixture
async def own_loop() -> asyncio.AbstractEventLoop:
    """The loop that asynchronous tests share; it stands still between them."""
    return asyncio.get_running_loop()


@pytest.fixture(autouse=True)
def nothing_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves something behind; what fixtures of a wider scope hold is older."""
    if Path(request.path).relative_to(_TESTS).parts[0] in _OF_SHARED_SERVERS:
        yield
        return
    own_loop = request.getfixturevalue("own_loop")
    shared = "anonymous" in request.fixturenames
    database = urlsplit(request.getfixturevalue("database_url")).port if shared else None
    before = held(own_loop)
    yield
    deadline = time.monotonic() + _GRACE
    while left := leftovers(before, held(own_loop), request.node.nodeid, database or 0):
        if time.monotonic() > deadline:
            break
        time.sleep(0.005)
    if left:
        pytest.fail("the test left\n" + "\n".join(left), pytrace=False)


@pytest.fixture(autouse=True)
def this_test(request: pytest.FixtureRequest, nothing_left: None) -> Iterator[str]:  # noqa: ARG001 - it sees this test's fixtures gone
    """The test's name, by which its own lines are known."""
    token = CURRENT.set(request.node.nodeid)
    yield request.node.nodeid
    CURRENT.reset(token)


@pytest.fixture(scope="session")
def open_directory() -> Iterator[Path]:
    """A directory that the database's own user can enter when the tests run as root."""
    with open_folder("todo api ") as directory:
        yield directory


@pytest.fixture(scope="session")
def database_url(open_directory: Path) -> Iterator[str]:
    """An embedded server, or the database that TODO_API_TEST_DATABASE names: that of a pooler."""
    if given := os.environ.get("TODO_API_TEST_DATABASE"):
        yield given
        return
    with embedded_server(open_directory / "data") as url:
        schema.upgrade(url)
        yield url


@pytest.fixture(scope="session")
def settings(database_url: str) -> Settings:
    return Settings(database_url=database_url, jwt_secret_key=SECRET)


@pytest.fixture(scope="session")
def anonymous(settings: Settings) -> Iterator[TestClient]:
    """A client that sends no token."""
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        assert client.get("/ready").is_success  # its first connection is no test's own
        yield client


@pytest.fixture
def user() -> str:
    return f"user-{uuid4().hex}"


@pytest.fixture
def token() -> Callable[[str], str]:
    return lambda user: token_for(user, SECRET, 3600)


@pytest.fixture
def client_of(anonymous: TestClient, token: Callable[[str], str]) -> Callable[[str], TestClient]:
    """A client whose every request carries that user's token, below that user's path."""

    def client_of(user: str) -> TestClient:
        client = TestClient(
            anonymous.app,
            base_url=f"http://testserver/api/{quote(user)}/",
            headers={"Authorization": f"Bearer {token(user)}"},
            raise_server_exceptions=False,
        )
        client.portal = anonymous.portal  # the pool belongs to that loop
        client.app_state.update(anonymous.app_state)
        return client

    return client_of


@pytest.fixture
def client(client_of: Callable[[str], TestClient], user: str) -> TestClient:
    return client_of(user)


@pytest.fixture
def another(client_of: Callable[[str], TestClient]) -> TestClient:
    """A client of another user."""
    return client_of(f"user-{uuid4().hex}")


@pytest.fixture(scope="session")
def sql(database_url: str) -> Iterator[Callable[..., list[tuple[Any, ...]]]]:
    """Run a statement past the application, and return its rows."""
    with closing(psycopg2.connect(database_url)) as connection, connection.cursor() as cursor:
        connection.autocommit = True

        def sql(statement: str, parameters: Any = None) -> list[tuple[Any, ...]]:
            cursor.execute(statement, parameters)
            return list(cursor) if cursor.description else []

        yield sql


@pytest.fixture
def listen(this_test: str) -> Iterator[Callable[[logging.Handler], None]]:
    """Give a handler the service's lines, of which it hears those that this test causes."""
    logger, heard_by = logging.getLogger("todo_api"), []

    def listen(handler: logging.Handler) -> None:
        handler.addFilter(lambda _: CURRENT.get("") == this_test)
        logger.addHandler(handler)
        heard_by.append(handler)

    yield listen
    for handler in heard_by:
        logger.removeHandler(handler)


@pytest.fixture
def log(listen: Callable[[logging.Handler], None]) -> Callable[[], list[dict[str, Any]]]:
    """Return the lines that the service has logged so far in this test."""
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    listen(handler)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def problem(answer: Any) -> tuple[int, str]:
    """Return the status and the error_code of a problem document."""
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == answer.status_code
    return answer.status_code, answer.json()["error_code"]


def faults(answer: Any) -> dict[str, str]:
    """Return what a problem document names: what is wrong by pointer."""
    return {error["pointer"]: error["detail"] for error in answer.json()["errors"]}
