"""Tokens of a real Better Auth server, in each of the three ways that the example shows."""

import signal
from collections.abc import Iterator
from pathlib import Path

import httpx2
import jwt
import psutil
import pytest

from tests.conftest import problem
from tests.frontend.example import Example, Person, example, signed_up
from tests.live.conftest import PATIENCE

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
def strangers_data(open_directory: Path) -> Path:
    return open_directory / "stranger"


@pytest.fixture(scope="module")
def stranger(strangers_data: Path) -> Iterator[Example]:
    """Another Better Auth, with keys and users of its own."""
    with example(strangers_data) as stranger:
        yield stranger


@pytest.fixture(scope="module")
def strangers_token(stranger: Example) -> Iterator[str]:
    with signed_up(stranger) as person:
        yield person.token()


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


def test_ctrl_c_ends_all_parts(stranger: Example, strangers_data: Path) -> None:
    parts = psutil.Process(stranger.process.pid).children(recursive=True)
    assert "node" in {part.name() for part in parts}
    assert list(strangers_data.glob("**/postmaster.pid"))
    stranger.process.send_signal(signal.SIGINT)
    assert stranger.process.wait(PATIENCE) == 0
    assert not any(part.is_running() for part in parts)
    assert not list(strangers_data.glob("**/postmaster.pid"))
