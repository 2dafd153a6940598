"""Tokens of a real Better Auth server, in each of the three ways that the example shows."""

import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from urllib.parse import urlsplit

import httpx2
import jwt
import psutil
import pytest

from tests.conftest import problem
from tests.frontend.example import FOLDER, Example, Person, example, new_email, signed_up
from tests.live.conftest import PATIENCE, free_port

ALGORITHMS = {"sub": "EdDSA", "user_id": "EdDSA", "hs256": "HS256"}


@pytest.fixture(scope="module", params=list(ALGORITHMS))
def tokens(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


@pytest.fixture(scope="module")
def running(tokens: str, open_directory: Path) -> Iterator[Example]:
    with example(open_directory / "example", TOKENS=tokens) as running:
        yield running


@pytest.fixture
def ada(running: Example) -> Iterator[Person]:
    with signed_up(running) as ada:
        yield ada


@pytest.fixture
def bob(running: Example) -> Iterator[Person]:
    with signed_up(running) as bob:
        yield bob


@pytest.fixture(scope="module")
def strangers_token(open_directory: Path) -> str:
    """A token of another Better Auth, with keys and users of its own."""
    with example(open_directory / "stranger") as stranger, signed_up(stranger) as person:
        return person.token()


def tasks_of(person: Person, running: Example, token: str) -> httpx2.Client:
    return httpx2.Client(
        base_url=f"{running.api}/api/{person.id}/", headers={"Authorization": f"Bearer {token}"}
    )


def test_who_has_signed_up_creates_and_reads_a_task(running: Example, ada: Person) -> None:
    with tasks_of(ada, running, ada.token()) as client:
        created = client.post("tasks", json={"title": "Buy milk"})
        assert created.status_code == 201
        assert client.get(f"tasks/{created.json()['id']}").json() == created.json()
        assert created.json()["user_id"] == ada.id


def test_the_token_is_of_the_kind_that_was_chosen(tokens: str, ada: Person) -> None:
    token = ada.token()
    claims = jwt.decode(token, options={"verify_signature": False})
    assert jwt.get_unverified_header(token)["alg"] == ALGORITHMS[tokens]
    assert claims["sub"] == ada.id
    assert claims.get("user_id") == (None if tokens == "sub" else ada.id)


def test_another_users_token_is_forbidden(running: Example, ada: Person, bob: Person) -> None:
    with tasks_of(ada, running, bob.token()) as client:
        assert problem(client.get("tasks")) == (403, "AUTH_FORBIDDEN")


def test_a_token_of_a_strangers_better_auth_is_refused(
    running: Example, ada: Person, strangers_token: str
) -> None:
    with tasks_of(ada, running, strangers_token) as client:
        assert problem(client.get("tasks")) == (401, "AUTH_INVALID")


ODD_REQUESTS = {
    "path": ("GET", "//", {}, 404),
    "host": ("GET", "/api/auth/get-session", {"Host": "a b"}, 500),
    "scheme": ("GET", "/api/auth/ok", {"X-Forwarded-Proto": "://"}, 500),
    "method": ("TRACE", "/api/auth/ok", {}, 500),
}


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"), ODD_REQUESTS.values(), ids=ODD_REQUESTS
)
def test_an_odd_request_ends_nothing_but_itself(
    running: Example, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    assert sent_as_it_is(running, method, path, headers) == (status, b"")
    assert httpx2.get(f"{running.page}/api/auth/ok").status_code == 200


def test_why_a_request_failed_is_in_the_log(running: Example) -> None:
    sent_as_it_is(running, "GET", "/api/auth/ok", {"Host": "x:y:z"})
    assert "http://x:y:z" in running.log.read_text()


def sent_as_it_is(
    running: Example, method: str, path: str, headers: dict[str, str]
) -> tuple[int, bytes]:
    """Return status and body; httpx2 would mend the request, or refuse it."""
    with closing(HTTPConnection(urlsplit(running.page).netloc, timeout=PATIENCE)) as connection:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read()


def test_the_readmes_commands_list_the_tasks_without_a_page(
    running: Example, tmp_path: Path
) -> None:
    _, commands = (FOLDER / "README.md").read_text().split("## A token without the page")
    commands = commands.split("```sh\n")[1].split("```")[0]
    for written, here in (
        ("http://localhost:3000", running.page),
        ("http://localhost:8000", running.api),
        ("ada@example.com", new_email()),
    ):
        assert written in commands
        commands = commands.replace(written, here)
    output = subprocess.check_output(["sh", "-e", "-c", commands], cwd=tmp_path, text=True)
    assert output.endswith('{"tasks":[],"count":0,"next_cursor":null}')


def test_a_developers_proxy_is_not_asked_for_localhost(open_directory: Path) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    with (
        example(open_directory / "example", http_proxy=nowhere, no_proxy="") as running,
        signed_up(running) as ada,
        tasks_of(ada, running, ada.token()) as client,
    ):
        assert client.get("tasks").status_code == 200


def test_an_interrupt_leaves_no_empty_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept_secret = start_with(tmp_path, monkeypatch)._kept_secret
    with monkeypatch.context() as interrupted:
        interrupted.setattr(secrets, "token_hex", interrupt)
        with pytest.raises(KeyboardInterrupt):
            kept_secret()
    secret = kept_secret()
    assert len(secret) == 64
    assert kept_secret() == secret
    assert [path.stat().st_mode & 0o777 for path in tmp_path.iterdir()] == [0o600]


def interrupt(_size: int) -> str:
    raise KeyboardInterrupt


def start_with(data: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return the example's start.py, which keeps its data there."""
    monkeypatch.setenv("DATA_DIR", str(data))
    spec = spec_from_file_location("start", FOLDER / "start.py")
    assert spec
    assert spec.loader
    start = module_from_spec(spec)
    spec.loader.exec_module(start)
    return start


def test_ctrl_c_ends_all_parts(open_directory: Path) -> None:
    data = open_directory / "interrupted"
    with example(data) as running:
        parts = psutil.Process(running.process.pid).children(recursive=True)
        assert "node" in {part.cmdline()[0] for part in parts}
        assert list(data.glob("**/postmaster.pid"))
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(PATIENCE) == 0
    assert not any(part.is_running() for part in parts)
    assert not list(data.glob("**/postmaster.pid"))


@pytest.mark.parametrize("name", ["AUTH_PORT", "API_PORT"])
def test_a_port_that_is_taken_is_told_with_the_variable_that_counts(
    name: str, open_directory: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports = {"AUTH_PORT": str(free_port()), "API_PORT": str(free_port())}
        ports[name] = str(taken.getsockname()[1])
        done = subprocess.run(
            [sys.executable, FOLDER / "start.py"],
            env=os.environ | ports | {"DATA_DIR": str(open_directory / "none")},
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )

    assert done.returncode == 1
    assert f"make example {name}=" in done.stderr
    assert done.stderr.count("\n") == 1
