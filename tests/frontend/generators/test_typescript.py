"""Clients in TypeScript, each generated as its folder says, compiled strictly and used."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from tests.frontend.consumers import operations_of, run
from tests.live.conftest import Server, until

HERE = Path(__file__).parent
CLIENTS = ("hey-api", "orval", "swagger-typescript-api", "oazapfts", "rtk-query")
GENERATORS = (*CLIENTS, "openapi-typescript-codegen")  # the last one is unmaintained: compiled only
NAMED_ORDERS = ("hey-api", "orval", "swagger-typescript-api", "openapi-typescript-codegen")
ORDERS = {
    "NEWEST_FIRST": "-created_at",
    "OLDEST_FIRST": "created_at",
    "DUE_FIRST": "due_date",
    "URGENT_FIRST": "-priority",
}
STORY = {"create_task", "list_tasks", "get_task", "patch_task", "delete_task"}
SECOND_OF_A_NAME = re.compile(r"export (?:type|interface|enum|class|const) (\w*[A-Za-z]2)\b")
UNCHECKED = re.compile(r"^// @ts-nocheck\n", re.MULTILINE)


@pytest.fixture(scope="module")
def contract(server: Server) -> str:
    return httpx2.get(f"{server.url}/openapi.yaml").text


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, contract: str) -> Path:
    """A project with a folder for each generator, and what each has generated there."""
    project = tmp_path_factory.mktemp("a project")
    shutil.copytree(
        HERE, project, ignore=shutil.ignore_patterns("node_modules", "*.py"), dirs_exist_ok=True
    )
    (project / "node_modules").symlink_to(HERE / "node_modules")
    for generator in GENERATORS:
        (project / generator / "openapi.yaml").write_text(contract)
        status, output = run(project / generator, "npm", "run", "generate")
        assert status == 0, output
    return project


def generated(project: Path, generator: str) -> dict[str, str]:
    """Return what the generator has written, by file."""
    folder = project / generator
    paths = [*folder.glob("generated.ts"), *folder.glob("generated/**/*.ts")]
    assert paths
    return {str(path.relative_to(folder)): path.read_text() for path in paths}


def test_what_all_of_them_generate_and_what_uses_it_compiles_strictly(project: Path) -> None:
    unchecked = project / "swagger-typescript-api" / "generated" / "Api.ts"
    text, found = UNCHECKED.subn("", unchecked.read_text())
    assert found == 1
    unchecked.write_text(text)

    status, output = run(project, "node_modules/.bin/tsc", "--pretty", "false")
    assert status == 0, output


@pytest.mark.parametrize("client", CLIENTS)
def test_a_generated_client_does_its_users_work(
    project: Path, server: Server, user: str, token: Callable[[str], str], client: str
) -> None:
    user = f"auth0|{user} a/b?c%2F"  # the kind of name that a path has to percent-encode
    session = {"TODO_API_URL": server.url, "TODO_API_USER": user, "TODO_API_TOKEN": token(user)}

    status, output = run(project / client, "../node_modules/.bin/tsx", "run.ts", **session)
    assert status == 0, output
    until(lambda: operations_of(user, server) == STORY)


@pytest.mark.parametrize("generator", GENERATORS)
def test_no_name_is_used_twice(project: Path, generator: str) -> None:
    texts = generated(project, generator).values()

    assert [name for text in texts for name in SECOND_OF_A_NAME.findall(text)] == []


@pytest.mark.parametrize("generator", NAMED_ORDERS)
def test_the_orders_of_a_list_have_the_names_that_the_contract_gives(
    project: Path, generator: str
) -> None:
    text = "".join(generated(project, generator).values())

    for name, order in ORDERS.items():
        assert re.search(rf"\b{name}\s*[:=]\s*['\"]{order}['\"]", text)


def test_hey_apis_ids_are_numbers_by_the_setting_that_takes_int64_away(project: Path) -> None:
    texts = generated(project, "hey-api")
    for name in ("types", "zod", "valibot", "sdk"):
        assert "bigint" not in texts[f"generated/{name}.gen.ts"].lower()

    folder = project / "hey-api"
    config = (folder / "openapi-ts.config.ts").read_text()
    text, found = re.subn(r".*schema\.format === .int64.*\n", "", config)
    assert found == 1
    (folder / "without.config.ts").write_text(text.replace('"generated"', '"without"'))
    status, output = run(folder, "../node_modules/.bin/openapi-ts", "--file", "without.config.ts")
    assert status == 0, output
    assert "z.coerce.bigint()" in (folder / "without" / "zod.gen.ts").read_text()


def test_what_orvals_mocks_answer_is_what_its_schemas_take(project: Path) -> None:
    session = {"TODO_API_URL": "http://mock", "TODO_API_USER": "alice", "TODO_API_TOKEN": "any"}

    status, output = run(project / "orval", "../node_modules/.bin/tsx", "mocks.ts", **session)
    assert status == 0, output
