"""The examples' server, and the site as it is built."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from db import schema
from tests.conftest import SECRET
from tests.frontend.conftest import browser, expected, page, screenshot, timezone
from tests.live.conftest import Server, serving
from todo_api.embedded.embedded import embedded_server
from todo_api.settings.development import token_for

__all__ = ["browser", "expected", "page", "screenshot", "timezone"]

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


@pytest.fixture(scope="session")
def alice() -> str:
    return token_for("alice", SECRET, 3600)


@pytest.fixture(scope="session")
def examples_url(open_directory: Path) -> Iterator[str]:
    """A database of the examples' own, as they name the task 42."""
    with embedded_server(open_directory / "examples") as url:
        schema.upgrade(url)
        yield url


@pytest.fixture(scope="session")
def server(examples_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    output = tmp_path_factory.mktemp("server") / "output"
    with serving(output, DATABASE_URL=examples_url, JWT_SECRET_KEY=SECRET) as running:
        yield running


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The documentation, built as `make docs` does."""
    built = tmp_path_factory.mktemp("site")
    options = ("-W", "--keep-going", "-n", "-q", "-b", "html", "-d", str(built / "doctrees"))
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", *options, str(DOCS), str(built / "html")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return built / "html"
