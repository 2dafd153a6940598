"""Models in Python, generated from the published contract, type-checked and used."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from tests.frontend.consumers import operations_of, run
from tests.frontend.generators.test_typescript import STORY
from tests.live.conftest import Server, until

HERE = Path(__file__).parent


def python(project: Path, *arguments: str, **variables: str) -> str:
    """Run Python in the project; a warning of the generator's is a failure."""
    status, output = run(project, sys.executable, "-W", "error", *arguments, **variables)
    assert status == 0, output
    return output


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, server: Server) -> Path:
    folder = HERE / "datamodel-code-generator"
    project = shutil.copytree(folder, tmp_path_factory.mktemp("models") / "a project")
    (project / "openapi.yaml").write_text(httpx2.get(f"{server.url}/openapi.yaml").text)
    python(project, "-m", "datamodel_code_generator")
    return project


def test_the_models_and_what_uses_them_have_sound_types(project: Path) -> None:
    python(project, "-m", "mypy", "--strict", ".")


def test_the_models_do_their_users_work(
    project: Path, server: Server, user: str, token: Callable[[str], str]
) -> None:
    user = f"auth0|{user} a/b?c%2F"
    session = {"TODO_API_URL": server.url, "TODO_API_USER": user, "TODO_API_TOKEN": token(user)}

    python(project, "story.py", **session)
    until(lambda: operations_of(user, server) == STORY)


def test_the_orders_of_a_list_have_the_names_that_the_contract_gives(project: Path) -> None:
    printed = python(project, "-c", "from models import TaskOrder; print(*TaskOrder.__members__)")

    assert printed == "NEWEST_FIRST OLDEST_FIRST DUE_FIRST URGENT_FIRST\n"
