"""A Python client, generated from the published contract, type-checked and used."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.frontend.consumers import operations_of, run
from tests.live.conftest import Server, until
from tests.published.test_contract import NAMES

HERE = Path(__file__).parent
SUITES = ("operations.py", "concurrency.py", "problems.py")
OPTIONS = ("--rootdir=.", "--disable-plugin-autoload")


def python(project: Path, module: str, *arguments: str, **variables: str) -> None:
    status, output = run(project, sys.executable, "-m", module, *arguments, **variables)
    assert status == 0, output


@pytest.fixture
def project(tmp_path: Path, server: Server) -> Path:
    """A copy of the project and its client; a warning of the generator's is a failure."""
    project = shutil.copytree(HERE / "python", tmp_path / "a project")
    python(
        project,
        *("openapi_python_client", "generate", "--url", f"{server.url}/openapi.yaml"),
        *("--meta", "none", "--output-path", "todo_client"),
        *("--config", "generator.yaml", "--fail-on-warning"),
    )
    return project


def test_the_generated_client_and_what_uses_it_have_sound_types(project: Path) -> None:
    python(project, "mypy", "--strict", ".")


def test_the_generated_client_does_every_operation(
    project: Path, server: Server, user: str, token: Callable[[str], str]
) -> None:
    session = {"TODO_API_URL": server.url, "TODO_API_USER": user, "TODO_API_TOKEN": token(user)}

    python(project, "pytest", *OPTIONS, *SUITES, **session)
    until(lambda: operations_of(user, server) == set(NAMES))
