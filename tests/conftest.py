"""One embedded PostgreSQL and one application for all tests; each test has a user of its own."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from starlette.testclient import TestClient

from db import schema
from todo_api.app import create_app
from todo_api.development import token_for
from todo_api.embedded import embedded_server
from todo_api.settings import Settings

SECRET = "a secret that only the tests know"


@pytest.fixture(scope="session")
def open_directory() -> Iterator[Path]:
    """A directory that the database's own user can enter when the tests run as root."""
    directory = Path(tempfile.mkdtemp(prefix="todo api "))
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory)


@pytest.fixture(scope="session")
def database_url(open_directory: Path) -> Iterator[str]:
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
        yield client


@pytest.fixture
def user() -> str:
    return f"user-{uuid4().hex}"


@pytest.fixture
def token() -> Callable[[str], str]:
    return lambda user: token_for(user, SECRET, 60)


@pytest.fixture
def client(
    settings: Settings, anonymous: TestClient, user: str, token: Callable[[str], str]
) -> TestClient:
    """A client whose every request carries the user's token, below the user's path."""
    return TestClient(
        anonymous.app,
        base_url=f"http://testserver/api/{user}/",
        headers={"Authorization": f"Bearer {token(user)}"},
        raise_server_exceptions=False,
    )
