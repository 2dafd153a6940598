"""The compiled operation: its checks, in the contract's order, before anything is read."""

from collections.abc import Callable
from copy import deepcopy
from itertools import accumulate
from typing import Any

import pytest
from connexion.resolver import RelativeResolver
from connexion.spec import Specification
from starlette.testclient import TestClient

import handlers
from compiled import ContractRefused
from identity.auth import Authenticator
from identity.keys import SharedSecret
from tests.conftest import faults, problem
from todo_api.app import create_app
from todo_api.contract import contract
from todo_api.operations import operations_of
from todo_api.settings.settings import Settings

NO_SUCH_TASK = 9007199254740991
WRONG = {"of": None, "type": "text/plain", "body": b"x" * 65_537, "task": 0, "match": '"7"'}
"""A PUT in which everything is wrong at once."""
REFUSALS: list[tuple[int, str, dict[str, Any]]] = [
    (401, "AUTH_MISSING", {}),
    (401, "AUTH_INVALID", {"of": "nobody"}),
    (403, "AUTH_FORBIDDEN", {"of": "mallory"}),
    (415, "UNSUPPORTED_MEDIA_TYPE", {"of": "owner"}),
    (413, "PAYLOAD_TOO_LARGE", {"type": "application/json"}),
    (400, "VALIDATION_ERROR", {"body": b"{"}),
    (400, "VALIDATION_ERROR", {"body": b"{}"}),
    (422, "VALIDATION_ERROR", {"task": NO_SUCH_TASK}),
    (404, "NOT_FOUND", {"body": b'{"title": "Buy milk", "complete": true}'}),
    (412, "PRECONDITION_FAILED", {"task": "owner's"}),
]
"""What a PUT is refused with, and what is right since the line before."""
REPAIRED = list(accumulate((repair for *_, repair in REFUSALS), dict.__or__, initial=WRONG))[1:]
ATTEMPTS = [
    ((status, error_code), attempt)
    for (status, error_code, _), attempt in zip(REFUSALS, REPAIRED, strict=True)
]
SECURED = [
    (method, path)
    for path, item in contract()["paths"].items()
    for method in (*item, "head")
    if method != "parameters"
]


@pytest.fixture
def unstarted(settings: Settings) -> TestClient:
    """A client of an application without a pool: who asks for the database gets a 500."""
    return TestClient(create_app(settings), raise_server_exceptions=False)


@pytest.fixture
def put(user: str, token: Callable[[str], str]) -> Callable[..., Any]:
    def put(app: TestClient, task: object, attempt: dict[str, Any]) -> Any:
        tokens = {"owner": token(user), "mallory": token("mallory"), "nobody": "a.b.c"}
        headers = {"Content-Type": attempt["type"], "If-Match": attempt["match"]}
        if attempt["of"]:
            headers["Authorization"] = f"Bearer {tokens[attempt['of']]}"
        return app.put(f"/api/{user}/tasks/{task}", content=attempt["body"], headers=headers)

    return put


@pytest.mark.parametrize(("refusal", "attempt"), ATTEMPTS)
def test_the_checks_come_in_the_contracts_order(
    anonymous: TestClient,
    client: TestClient,
    put: Callable[..., Any],
    refusal: tuple[int, str],
    attempt: dict[str, Any],
) -> None:
    task = attempt["task"]
    if task == "owner's":
        task = client.post("tasks", json={"title": "Buy milk"}).json()["id"]

    assert problem(put(anonymous, task, attempt)) == refusal


@pytest.mark.parametrize(("refusal", "attempt"), ATTEMPTS[:-2])
def test_a_refused_request_asks_nothing_of_the_database(
    unstarted: TestClient,
    put: Callable[..., Any],
    refusal: tuple[int, str],
    attempt: dict[str, Any],
) -> None:
    assert problem(put(unstarted, attempt["task"], attempt)) == refusal


def test_only_a_faultless_request_asks_the_database(
    unstarted: TestClient, put: Callable[..., Any]
) -> None:
    assert problem(put(unstarted, NO_SUCH_TASK, REPAIRED[-1])) == (500, "INTERNAL_ERROR")


def test_syntax_and_parameters_are_told_together_and_before_the_schema(client: TestClient) -> None:
    json = {"Content-Type": "application/json", "If-Match": "7"}

    assert faults(client.put("tasks/0", content=b"{", headers=json)).keys() == {
        "",
        "task_id",
        "If-Match",
    }
    assert faults(client.put("tasks/0", content=b"{}", headers=json)).keys() == {
        "task_id",
        "If-Match",
    }


@pytest.mark.parametrize(("method", "path"), SECURED)
def test_every_operation_is_refused_without_a_token(
    unstarted: TestClient, user: str, method: str, path: str
) -> None:
    answer = unstarted.request(method, path.format(user_id=user, task_id=1))

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(("method", "path"), SECURED)
def test_every_operation_is_refused_with_the_token_of_another_user(
    unstarted: TestClient, user: str, token: Callable[[str], str], method: str, path: str
) -> None:
    headers = {"Authorization": f"Bearer {token('mallory')}"}
    answer = unstarted.request(method, path.format(user_id=user, task_id=1), headers=headers)

    assert answer.status_code == 403


def compile_with(operation_id: str) -> None:
    """Compile the contract with another name for its first operation."""
    changed = deepcopy(contract())
    changed["paths"]["/api/{user_id}/tasks"]["get"]["operationId"] = operation_id
    keys = SharedSecret("a secret of thirty-two characters")
    authenticator = Authenticator(keys, issuer=None, audience=None, is_user=bool)
    operations = operations_of(authenticator, None)
    operations.compile(Specification.load(changed), RelativeResolver(handlers))


def test_the_contract_itself_compiles() -> None:
    compile_with("list_tasks")


def test_two_operations_of_one_name_are_refused_at_start() -> None:
    with pytest.raises(ContractRefused, match="operationId get_task stands twice"):
        compile_with("get_task")


def test_an_operation_without_handler_is_refused_at_start() -> None:
    with pytest.raises(ContractRefused, match=r"GET /api/\{user_id\}/tasks: .*no_such_handler"):
        compile_with("no_such_handler")
