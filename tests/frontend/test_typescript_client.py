"""A frontend team's TypeScript project, its types generated from the published contract."""

import json
import re
import shutil
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import pytest

from tests.frontend.consumers import operations_of, run
from tests.live.conftest import Server, until
from tests.published.test_contract import NAMES
from todo_api.contract import contract

HERE = Path(__file__).parent
EXPECTATION = re.compile(r"// @ts-expect-error (TS\d+): ")
ERROR = re.compile(r"^misuse\.ts\((\d+),\d+\): error (TS\d+)", re.MULTILINE)


def generate(project: Path, source: str) -> None:
    """Generate the types from the contract at this path or URL."""
    status, output = run(
        project, "node_modules/.bin/openapi-typescript", source, "-o", "schema.d.ts"
    )
    assert status == 0, output


def tsc(project: Path, *options: str) -> tuple[int, str]:
    return run(project, "node_modules/.bin/tsc", "--pretty", "false", *options)


def complaints(project: Path) -> dict[int, str]:
    """Return what the compiler says of the lines of misuse.ts."""
    _, output = tsc(project, "--noEmit", "--skipLibCheck")
    return {int(line): code for line, code in ERROR.findall(output)}


@pytest.fixture
def project(tmp_path: Path, server: Server) -> Path:
    """A copy of the project with its packages and its types."""
    project = shutil.copytree(HERE / "typescript", tmp_path / "a project")
    (project / "node_modules").symlink_to(HERE / "node_modules")
    generate(project, f"{server.url}/openapi.yaml")
    return project


def test_a_strictly_compiled_client_does_every_operation(
    project: Path, server: Server, user: str, token: Callable[[str], str]
) -> None:
    status, output = tsc(project)
    assert status == 0, output

    suites = [str(suite) for suite in project.glob("build/*.test.js")]
    session = {"TODO_API_URL": server.url, "TODO_API_USER": user, "TODO_API_TOKEN": token(user)}
    status, output = run(project, "node", "--test", "--test-reporter=spec", *suites, **session)
    assert status == 0, output
    until(lambda: operations_of(user, server) == set(NAMES))


def test_each_misuse_is_refused_for_the_reason_beside_it(project: Path) -> None:
    misuse = project / "misuse.ts"
    text = misuse.read_text()
    reasons = {
        number + 1: expectation[1]
        for number, line in enumerate(text.splitlines(), start=1)
        if (expectation := EXPECTATION.match(line))
    }
    misuse.write_text(text.replace("@ts-expect-error", ""))

    assert len(reasons) >= 12
    assert complaints(project) == reasons


def test_a_contract_that_takes_a_misuse_does_not_compile(project: Path) -> None:
    lax = deepcopy(contract())
    del lax["components"]["schemas"]["TaskCreate"]["required"]
    (project / "lax.json").write_text(json.dumps(lax))
    generate(project, "lax.json")

    assert set(complaints(project).values()) == {"TS2578"}  # an expectation that nothing meets
