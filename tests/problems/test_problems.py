"""Every error is a problem document that keeps the contract, down to its examples."""

import inspect
from collections.abc import Callable, Iterator
from datetime import datetime
from http import HTTPStatus
from typing import Any
from unittest.mock import Mock

import orjson
import pytest
from connexion.spec import Specification
from starlette.testclient import TestClient

from compiled.errors import Fault, RequestRefused
from db import errors as db_errors
from db import readiness, tasks
from identity import errors as token_errors
from identity import keys
from tests.conftest import SECRET, problem
from tests.declared import Declared
from todo_api.contract import contract
from todo_api.problems import documents as problems
from todo_api.problems import errors, kinds
from todo_api.problems.kinds import KINDS, Kind
from todo_api.request import Request
from todo_api.settings.development import token_for

SPECIFICATION = Specification.load(contract())
PROBLEM = Declared(SPECIFICATION["components"]["schemas"]["Problem"])
Document = dict[str, Any]


def examples() -> Iterator[tuple[str, Document]]:
    """Every example of a problem in the contract, by its name."""
    for item in SPECIFICATION["paths"].values():
        for operation in filter(lambda part: "responses" in part, item.values()):
            for response in operation["responses"].values():
                content = response.get("content", {}).get(problems.MEDIA_TYPE, {})
                for name, example in content.get("examples", {}).items():
                    yield name, example["value"]


EXAMPLES = dict(examples())
JSON = {"Content-Type": "application/json"}
KEY = {"Idempotency-Key": "0d9f3c56-6a4e-4b55-9c9b-0c1f8f0f6a11"}
REQUESTS: dict[str, Callable[[TestClient, str], Any]] = {
    "parameter": lambda client, _: client.get("tasks?limit=1001"),
    "notJson": lambda client, _: client.put("tasks/1", content="{", headers=JSON),
    "missing": lambda client, _: client.get("tasks", headers={"Authorization": ""}),
    "invalid": lambda client, user: client.get("tasks", headers=bearer(user, -1)),
    "anotherUser": lambda client, _: client.get("tasks", headers=bearer("mallory", 60)),
    "noTask": lambda client, _: client.get("tasks/9007199254740991"),
    "stale": lambda client, _: client.delete(task(client), headers={"If-Match": '"7"'}),
    "weak": lambda client, _: client.delete(task(client), headers={"If-Match": 'W/"1"'}),
    "tooLarge": lambda client, _: client.post("tasks", content=b" " * 65_537, headers=JSON),
    "form": lambda client, _: client.post("tasks", data={"title": "Buy milk"}),
    "severalFields": lambda client, _: client.post("tasks", json={"title": " ", "completed": True}),
    "keyReused": lambda client, _: (
        client.post("tasks", json={"title": "Buy milk"}, headers=KEY),
        client.post("tasks", json={"title": "Buy oat milk"}, headers=KEY),
    )[1],
}
ERRORS: dict[str, Exception] = {
    "slowHead": errors.HeadTooSlow(),
    "slowBody": errors.BodyTooSlow(),
    "largeHead": errors.HeadTooLarge(),
    "bug": ZeroDivisionError("division by zero"),
    "refused": db_errors.DatabaseRefused("syntax error"),
    "database": db_errors.DatabaseUnavailable("connection refused"),
    "readOnly": db_errors.DatabaseReadOnly("a standby"),
    "keys": keys.KeysUnavailable("no signing key yet"),
    "overloaded": db_errors.DatabaseOverloaded("queue full"),
}
KNOWN = [
    error
    for module in (db_errors, readiness, errors, token_errors, keys)
    for error in vars(module).values()
    if inspect.isclass(error)
    and issubclass(error, Exception)
    and error is not errors.ClientDisconnected  # nobody is left to be told
    and error.__module__ == module.__name__
]


def bearer(user: str, ttl: int) -> dict[str, str]:
    return {"Authorization": f"Bearer {token_for(user, SECRET, ttl)}"}


def task(client: TestClient) -> str:
    return f"tasks/{client.post('tasks', json={'title': 'Buy milk'}).json()['id']}"


def lasting(document: Document) -> Document:
    """What of a problem is the same at every time."""
    return {key: document[key] for key in document.keys() - {"timestamp", "request_id"}}


def document_of(error: Exception) -> Document:
    reply = problems.problem(error, "3f2a9c51d0e84b7fa6b1c2d3e4f50617")
    document: Document = orjson.loads(reply.body)
    assert document["status"] == reply.status
    return document


@pytest.mark.parametrize(("name", "send"), REQUESTS.items())
def test_a_refusal_is_the_contracts_own_example(
    client: TestClient, user: str, name: str, send: Callable[[TestClient, str], Any]
) -> None:
    answer = send(client, user)

    assert problem(answer) == (EXAMPLES[name]["status"], EXAMPLES[name]["error_code"])
    assert lasting(answer.json()) == lasting(EXAMPLES[name])
    assert PROBLEM.faults(answer.json()) == []
    assert answer.json()["request_id"] == answer.headers["X-Request-ID"]


@pytest.mark.parametrize(("name", "error"), ERRORS.items())
def test_a_failure_is_the_contracts_own_example(name: str, error: Exception) -> None:
    assert lasting(document_of(error)) == lasting(EXAMPLES[name])
    assert PROBLEM.faults(document_of(error)) == []


def test_every_example_but_that_of_the_rate_limit_was_provoked() -> None:
    assert EXAMPLES.keys() - {"tooMany"} == REQUESTS.keys() | ERRORS.keys()


@pytest.mark.parametrize("error", KNOWN)
def test_every_error_of_ours_has_its_kind(error: type[Exception]) -> None:
    assert error.__doc__
    assert any(ancestor in KINDS for ancestor in error.__mro__)


@pytest.mark.parametrize(("error", "kind"), KINDS.items())
def test_every_kind_keeps_the_contract(error: type[Exception], kind: Kind) -> None:
    document = {**EXAMPLES["noTask"], "status": kind.status, "error_code": kind.error_code}

    assert PROBLEM.faults(document | ({"detail": kind.detail} if kind.detail else {})) == []
    assert (b"retry-after" in dict(kind.headers)) is (kind.status == 503), error
    assert (b"www-authenticate" in dict(kind.headers)) is (kind.status == 401), error


def test_a_database_that_is_away_is_worth_trying_again_soon() -> None:
    reply = problems.problem(db_errors.DatabaseUnavailable(), "1")

    assert (b"retry-after", b"1") in reply.headers


@pytest.mark.parametrize(
    ("microsecond", "written"), [(0, "000000"), (1, "000001"), (120_000, "120000")]
)
def test_the_time_of_a_problem_is_written_as_that_of_a_task_is(
    monkeypatch: pytest.MonkeyPatch, microsecond: int, written: str
) -> None:
    clock = Mock(now=lambda zone: datetime(2026, 11, 21, 8, 15, 30, microsecond, zone))
    monkeypatch.setattr(problems, "datetime", clock)
    document = document_of(db_errors.TaskNotFound())

    assert document["timestamp"] == f"2026-11-21T08:15:30.{written}Z"
    assert PROBLEM.faults(document) == []


def test_all_times_of_the_contract_are_alike() -> None:
    schemas = contract()["components"]["schemas"]
    problem, task = (schemas[name]["properties"] for name in ("Problem", "TaskResponse"))
    times = [problem["timestamp"], task["created_at"], task["updated_at"]]
    bare = [{key: time[key] for key in time.keys() - {"description"}} for time in times]

    assert bare[0] == bare[1] == bare[2]


def test_what_kind_an_error_is_of_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    kind_of = Mock(wraps=kinds.kind_of)
    monkeypatch.setattr(problems, "kind_of", kind_of)
    request = Request("GET", id="1")
    error = db_errors.TaskNotFound()

    assert problems.answer_to(error, request).status == 404
    assert request.error_code == "NOT_FOUND"
    kind_of.assert_called_once_with(error)


def test_a_long_list_of_faults_keeps_the_contract() -> None:
    named = [Fault("/" + "x" * 199, "y" * 200)] * 100

    refusal = RequestRefused(HTTPStatus.UNPROCESSABLE_ENTITY, faults=named)
    assert PROBLEM.faults(document_of(refusal)) == []


def test_a_bug_is_told_in_general_and_logged_without_what_the_user_wrote(
    client: TestClient,
    monkeypatch: pytest.MonkeyPatch,
    log: Callable[[], list[dict[str, Any]]],
) -> None:
    async def buggy(_pool: object, _user: str, new: dict[str, Any]) -> None:
        raise ValueError(f"no idea what to do with {new['title']}")

    monkeypatch.setattr(tasks, "create", buggy)
    answer = client.post("tasks", json={"title": "A surprise for Bob"})

    assert problem(answer) == (500, "INTERNAL_ERROR")
    assert lasting(answer.json()) == lasting(EXAMPLES["bug"])
    [error] = [line for line in log() if line["level"] == "ERROR"]
    assert error["request_id"] == answer.headers["X-Request-ID"]
    assert error["errors"][0]["type"] == "ValueError"
    assert error["errors"][0]["frames"][-1].endswith(" buggy")
    assert "surprise" not in str(log())
    assert "no idea" not in str(log())


@pytest.mark.parametrize(
    "authorization", [None, "", "Basic YTpi", "Bearerx", "a.b.c", "Token a.b.c"]
)
def test_without_a_bearer_token_only_the_scheme_is_asked_for(
    anonymous: TestClient, user: str, authorization: str | None
) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = anonymous.get(f"/api/{user}/tasks", headers=headers)

    assert problem(answer) == (401, "AUTH_MISSING")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("credentials", ["", " a.b.c", " a.b", " a.b.c d.e.f"])
def test_a_bearer_token_that_fails_is_told_invalid(
    anonymous: TestClient, user: str, credentials: str
) -> None:
    headers = {"Authorization": f"Bearer{credentials}"}
    answer = anonymous.get(f"/api/{user}/tasks", headers=headers)

    assert problem(answer) == (401, "AUTH_INVALID")
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    assert PROBLEM.faults(answer.json()) == []


def test_a_turn_that_did_not_come_writes_no_error(log: Callable[[], list[dict[str, Any]]]) -> None:
    reply = problems.answer_to(db_errors.WaitedTooLong(), Request("GET", id="1"))

    assert reply.status == 503
    assert not [line for line in log() if line["level"] == "ERROR"]
