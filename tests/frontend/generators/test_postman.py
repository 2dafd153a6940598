"""The collection that Postman makes of the contract, run by newman."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.frontend.consumers import run
from tests.live.conftest import Server

HERE = Path(__file__).parent
SUCCESSES = {
    "List tasks": 200,
    "Create task": 201,
    "Get task": 200,
    "Replace task": 200,
    "Change task": 200,
    "Delete task": 204,
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, server: Server) -> Path:
    """A folder with the collection, as the converter makes it."""
    project = tmp_path_factory.mktemp("postman") / "a project"
    shutil.copytree(HERE / "postman", project)
    (project / "node_modules").symlink_to(HERE / "node_modules")
    (project / "openapi.yaml").write_text(httpx2.get(f"{server.url}/openapi.yaml").text)
    status, output = run(project, "npm", "run", "generate")
    assert status == 0, output
    return project


def items(collection: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for folder in collection["item"]:
        yield from folder["item"]


def prepared(collection: dict[str, Any], user: str) -> dict[str, Any]:
    """Do what a user does in Postman: fill in the paths' variables, and add the script."""
    values = {"user_id": user, "task_id": "{{task_id}}"}
    for item in items(collection):
        for variable in item["request"]["url"]["variable"]:
            variable["value"] = values[variable["key"]]
    script = (HERE / "postman" / "script.js").read_text().splitlines()
    return collection | {"event": [{"listen": "test", "script": {"exec": script}}]}


def test_each_request_of_the_collection_succeeds_in_turn(
    project: Path, server: Server, user: str, token: Callable[[str], str]
) -> None:
    path = project / "collection.json"
    path.write_text(json.dumps(prepared(json.loads(path.read_text()), user)))
    session = {"TODO_API_URL": server.url, "TODO_API_TOKEN": token(user)}

    status, output = run(project, "npm", "start", **session)
    assert status == 0, output
    answers = json.loads((project / "run.json").read_text())["run"]["executions"]
    came = {answer["item"]["name"]: answer["response"]["code"] for answer in answers}
    assert came == SUCCESSES
    assert list(came) == list(SUCCESSES)


def test_the_collection_opens_the_list_unfiltered_and_shows_every_status(project: Path) -> None:
    for item in items(json.loads((project / "collection.json").read_text())):
        request = item["request"]
        optional = [*request["url"].get("query", []), *request["header"]]
        sent = {value["key"] for value in optional if not value.get("disabled")}
        assert sent <= {"Accept", "Content-Type"}
        assert SUCCESSES[item["name"]] in {answer["code"] for answer in item["response"]}
