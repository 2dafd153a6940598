"""A mock for designers: Prism answers every operation with the contract's own examples."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import pytest

from tests.live.conftest import free_port, until
from todo_api.contract import contract

FRONTEND = Path(__file__).parent
PRISM = FRONTEND / "node_modules" / "@stoplight" / "prism-cli" / "dist" / "index.js"
CONTRACT = FRONTEND.parents[1] / "openapi" / "todo.yaml"
TOKEN = {"Authorization": "Bearer any"}

TYPED_CLIENT = """
import createClient from "openapi-fetch";
const api = createClient({ baseUrl: process.argv[1], headers: { Authorization: "Bearer any" } });
const collection = { params: { path: { user_id: "alice" } } };
const item = { params: { path: { user_id: "alice", task_id: 42 } } };
const [tasks, one] = ["/api/{user_id}/tasks", "/api/{user_id}/tasks/{task_id}"];
const answers = {
    list_tasks: await api.GET(tasks, collection),
    create_task: await api.POST(tasks, { ...collection, body: { title: "Buy milk" } }),
    get_task: await api.GET(one, item),
    update_task: await api.PUT(one, { ...item, body: { title: "Buy oat milk", complete: false } }),
    patch_task: await api.PATCH(one, { ...item, body: { complete: true } }),
    delete_task: await api.DELETE(one, item),
    misspelt: await api.POST(tasks, { ...collection, body: { titel: "Buy milk" } }),
    missing: await api.GET(one, { ...item, headers: { Prefer: "code=404" } }),
};
const seen = ({ data, error, response }) => ({
    status: response.status, data, error, headers: Object.fromEntries(response.headers),
});
console.log(JSON.stringify(Object.fromEntries(
    Object.entries(answers).map(([name, answer]) => [name, seen(answer)]))));
"""


class Answer(NamedTuple):
    """One of the answers that the contract shows, and the operation that gives it."""

    operation: Mapping[str, Any]
    method: str
    path: str
    status: str
    example: str | None

    def __str__(self) -> str:
        return f"{self.operation['operationId']}-{self.status}-{self.example}"

    @property
    def response(self) -> Mapping[str, Any]:
        return resolved(self.operation["responses"][self.status])

    @property
    def preference(self) -> str:
        return f"code={self.status}" + (f", example={self.example}" if self.example else "")


def resolved(node: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow the reference, where the node is one."""
    while "$ref" in node:
        reference, node = node["$ref"], contract()
        for name in reference.removeprefix("#/").split("/"):
            node = node[name]
    return node


def answers() -> Iterator[Answer]:
    for path, item in contract()["paths"].items():
        for method in item.keys() - {"parameters"}:
            for status, response in item[method]["responses"].items():
                for name in examples(resolved(response)) or [None]:
                    yield Answer(item[method], method, path, status, name)


def examples(response: Mapping[str, Any]) -> dict[str, Any]:
    """Return the response's examples by name, in the contract's order."""
    return {
        name: resolved(example)["value"]
        for media in response.get("content", {}).values()
        for name, example in media["examples"].items()
    }


SHOWN = sorted(answers(), key=str)
SUCCESSES = {answer.operation["operationId"]: answer for answer in SHOWN if answer.status < "3"}


@pytest.fixture(scope="module")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    url = f"http://127.0.0.1:{(port := free_port())}"
    with (
        (tmp_path_factory.mktemp("prism") / "log").open("w") as log,
        subprocess.Popen(
            ["node", PRISM, "mock", CONTRACT, "--port", str(port)], stdout=log, stderr=log
        ) as process,
    ):
        try:
            until(lambda: process.poll() is not None or listens(url))
            yield url
        finally:
            process.terminate()


def listens(url: str) -> bool:
    try:
        httpx2.get(url)
    except httpx2.TransportError:
        return False
    return True


def ask(mock: str, answer: Answer, **headers: str) -> httpx2.Response:
    """Send the operation's own example, to the path of the contract's story."""
    body = resolved(answer.operation.get("requestBody", {})).get("content", {})
    [media_type, media] = next(iter(body.items()), (None, None))
    example = next(iter(media["examples"].values())) if media else None
    return httpx2.request(
        answer.method.upper(),
        mock + answer.path.format(user_id="alice", task_id=42),
        json=resolved(example)["value"] if example else None,
        headers=TOKEN | ({"Content-Type": media_type} if media_type else {}) | headers,
    )


def assert_as_shown(received: httpx2.Response, answer: Answer, body: Any) -> None:
    assert received.status_code == int(answer.status)
    assert (received.json() if received.content else None) == body
    [media_type] = answer.response.get("content", {None: {}})
    assert received.headers.get("Content-Type") == media_type
    for name, header in answer.response["headers"].items():
        assert received.headers[name] == str(resolved(header)["example"])


@pytest.mark.parametrize("answer", SHOWN, ids=str)
def test_every_answer_that_the_contract_shows_can_be_asked_for(mock: str, answer: Answer) -> None:
    received = ask(mock, answer, Prefer=answer.preference)

    body = examples(answer.response)[answer.example] if answer.example else None
    assert_as_shown(received, answer, body)


@pytest.mark.parametrize("operation", SUCCESSES)
def test_an_operation_succeeds_with_its_first_example_unless_told_otherwise(
    mock: str, operation: str
) -> None:
    answer = SUCCESSES[operation]

    assert_as_shown(ask(mock, answer), answer, next(iter(examples(answer.response).values()), None))


@pytest.mark.parametrize("operation", ["create_task", "get_task", "update_task", "patch_task"])
def test_made_up_values_have_date_times_that_programs_can_read(mock: str, operation: str) -> None:
    received = ask(mock, SUCCESSES[operation], Prefer="dynamic=true")

    assert received.status_code == int(SUCCESSES[operation].status), received.text
    for name in ("created_at", "updated_at"):
        assert datetime.fromisoformat(received.json()[name]).tzinfo == UTC


MISTAKES: dict[str, tuple[dict[str, Any], int, str]] = {
    "no token": ({"headers": {}}, 401, "security"),
    "another scheme": ({"headers": {"Authorization": "Basic YTpi"}}, 401, "security"),
    "a misspelt property": ({"json": {"titel": "Buy milk"}}, 422, "titel"),
    "a property too many": ({"json": {"title": "Buy milk", "completed": True}}, 422, "completed"),
    "a blank title": ({"json": {"title": " "}}, 422, "title"),
    "a title too long": ({"json": {"title": "a" * 201}}, 422, "title"),
    "a day that no calendar has": (
        {"json": {"title": "Buy milk", "due_date": "2026-02-29"}},
        422,
        "due_date",
    ),
    "an unknown priority": ({"json": {"title": "Buy milk", "priority": "top"}}, 422, "priority"),
    "the same tag twice": ({"json": {"title": "Buy milk", "tags": ["a", "a"]}}, 422, "tags"),
    "an instant for a day": (
        {"method": "GET", "params": {"due_to": "2026-12-01T00:00:00Z"}},
        400,
        "due_to",
    ),
    "an empty tag": ({"method": "GET", "params": {"tag": ["home", ""]}}, 400, "tag"),
    "a form": ({"data": {"title": "Buy milk"}}, 415, "application/json"),
    "a limit too high": ({"method": "GET", "params": {"limit": 1001}}, 400, "limit"),
    "an unknown order": ({"method": "GET", "params": {"sort": "title"}}, 400, "sort"),
}


@pytest.mark.parametrize(("request_", "status", "named"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_answered_as_the_service_does_and_named(
    mock: str, request_: dict[str, Any], status: int, named: str
) -> None:
    request_ = {"method": "POST", "headers": TOKEN} | request_
    received = httpx2.request(url=f"{mock}/api/alice/tasks", **request_)

    assert received.status_code == status
    assert received.headers["Content-Type"] == "application/problem+json"
    assert received.json()["status"] == status
    assert named in received.headers["sl-violations"]


def test_a_parameter_may_come_once_for_each_of_its_values(mock: str) -> None:
    query = {"tag": ["home", "garden"], "sort": "due_date", "has_due_date": "true"}
    received = httpx2.get(f"{mock}/api/alice/tasks", params=query, headers=TOKEN)

    assert_as_shown(received, SUCCESSES["list_tasks"], received.json())


def test_the_typed_client_takes_the_mock_for_the_service(mock: str) -> None:
    client = subprocess.run(
        ["node", "--input-type=module", "--eval", TYPED_CLIENT, mock],
        cwd=FRONTEND,
        capture_output=True,
        text=True,
        check=False,
    )
    assert client.returncode == 0, client.stderr
    seen = json.loads(client.stdout)

    for operation, answer in SUCCESSES.items():
        assert seen[operation]["status"] == int(answer.status)
        assert seen[operation].get("data") == next(iter(examples(answer.response).values()), None)
        assert {name.lower() for name in answer.response["headers"]} <= seen[operation][
            "headers"
        ].keys()
    assert seen["create_task"]["headers"]["location"] == "/api/alice/tasks/42"
    assert seen["misspelt"]["error"]["error_code"] == "VALIDATION_ERROR"
    assert seen["missing"]["error"]["detail"] == "There is no such task."
