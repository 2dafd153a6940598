"""The log: one line a request, its id, and nothing that is the user's own."""

import logging
import re
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.types import Message

from db import statements
from db.pool import pool
from tests.conftest import SECRET, problem
from todo_api.app import create_app
from todo_api.request import Request
from todo_api.settings.development import token_for
from todo_api.settings.settings import Settings
from todo_api.telemetry import logs
from todo_api.telemetry.logs import RequestLog

Log = Callable[[], list[dict[str, Any]]]


def only(log: Log) -> dict[str, Any]:
    [line] = log()
    return line


def test_a_request_is_one_line(client: TestClient, user: str, log: Log) -> None:
    answer = client.post("tasks", json={"title": "Buy milk"})
    line = only(log)

    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", line.pop("time"))
    assert 0 < line.pop("database_ms") <= line.pop("duration_ms") < 60_000
    assert line == {
        "level": "INFO",
        "logger": "todo_api.requests",
        "message": "request",
        "request_id": answer.headers["X-Request-ID"],
        "user": user,
        "method": "POST",
        "path": "/api/{user_id}/tasks",
        "operation": "create_task",
        "status": 201,
        "error_code": None,
        "client": "testclient",
    }


@pytest.mark.parametrize(
    ("path", "came_of_it"),
    [
        ("tasks", ("GET", "list_tasks", 200)),
        ("tasks", ("HEAD", "list_tasks", 200)),
        ("tasks/0", ("GET", "get_task", 400)),
        ("tasks/9007199254740991", ("DELETE", "delete_task", 404)),
        ("tasks", ("PUT", None, 405)),
        ("http://testserver/no/such/path", ("GET", None, 404)),
        ("http://testserver/health", ("GET", None, 200)),
    ],
)
def test_a_line_says_what_came_of_the_request(
    client: TestClient, log: Log, path: str, came_of_it: tuple[str, str | None, int]
) -> None:
    client.request(came_of_it[0], path)
    line = only(log)

    assert (line["method"], line["operation"], line["status"]) == came_of_it


@pytest.mark.parametrize(
    ("path", "error_code", "logged"),
    [
        ("tasks/1", "NOT_FOUND", "/api/{user_id}/tasks/{task_id}"),
        ("http://testserver/health?a=b", None, "/health"),
        ("http://testserver/a%20b/\xfc", "NOT_FOUND", "/a%20b/%C3%BC"),
        (f"http://testserver/{'x' * 200}", "NOT_FOUND", f"/{'x' * 99}"),
    ],
)
def test_a_line_has_the_path_as_the_contract_has_it_or_how_it_began(
    client: TestClient, log: Log, path: str, error_code: str | None, logged: str
) -> None:
    client.get(path)

    assert (only(log)["path"], only(log)["error_code"]) == (logged, error_code)


def test_no_path_ends_the_line_or_hides_in_it(log: Log) -> None:
    path = b"/\n\x1b[2J\x7f\xe2\x80\xae\\"
    logs.end(logs.begun({"method": "GET", "headers": [], "raw_path": path}))

    assert only(log)["path"] == r"/\n\x1b[2J\x7f\xe2\x80\xae\\"


def test_a_401_says_why_in_a_word(
    anonymous: TestClient, client: TestClient, log: Log, user: str
) -> None:
    expired = {"Authorization": f"Bearer {token_for(user, SECRET, -1)}"}
    forged = {"Authorization": f"{client.headers['Authorization']}A"}
    answers = [
        anonymous.get(f"/api/{user}/tasks", headers=headers) for headers in (expired, forged, {})
    ]

    assert {problem(answer)[0] for answer in answers} == {401}
    told = [(line["error_code"], line.get("reason")) for line in log()]
    assert told[0] == ("AUTH_INVALID", "expired")
    assert told[1][0] == "AUTH_INVALID"
    assert told[1][1] in {"malformed", "signature"}
    assert told[2] == ("AUTH_MISSING", None)


def test_clients_addresses_can_be_left_out(settings: Settings, log: Log) -> None:
    app = create_app(settings.model_copy(update={"log_client": False}))
    with TestClient(app) as client:
        client.get("/health")
        client.get("/api/alice/tasks")

    assert [line["path"] for line in log()] == ["/health", "/api/{user_id}/tasks"]
    assert not any("client" in line for line in log())


def test_a_request_without_a_token_has_no_user(anonymous: TestClient, log: Log) -> None:
    anonymous.get("/api/alice/tasks")

    assert only(log)["user"] is None
    assert only(log)["operation"] == "list_tasks"
    assert only(log)["database_ms"] == 0


@pytest.mark.usefixtures("anonymous")
async def test_the_time_of_one_request_is_not_counted_for_the_next(log: Log) -> None:
    async def slow(*_: object) -> None:
        pool.elapsed.set(pool.elapsed.get() + 1)

    async def never() -> Message:
        raise AssertionError

    for _ in range(2):  # in one context, as pipelined requests are
        await RequestLog(slow)({"type": "http", "method": "GET", "headers": []}, never, slow)

    assert [line["database_ms"] for line in log()] == [1000, 1000]


@pytest.mark.parametrize("sane", ["1", "A.b_c-9", "x" * 64, "0d9f3c56-6a4e-4b55-9c9b-0c1f8f0f6a11"])
def test_a_sane_request_id_is_kept(client: TestClient, log: Log, sane: str) -> None:
    answer = client.get("tasks/0", headers={"X-Request-ID": sane})

    assert answer.headers["X-Request-ID"] == sane
    assert answer.json()["request_id"] == sane
    assert only(log)["request_id"] == sane


@pytest.mark.parametrize(
    "insane", [b"", b"a b", b"x" * 65, b"\xc3\xa9", b'a"b', b"a,b", b"\x1b[31m", b"<script>"]
)
def test_any_other_request_id_is_replaced(client: TestClient, log: Log, insane: bytes) -> None:
    answer = client.get("tasks", headers=[(b"X-Request-ID", insane)])

    assert re.fullmatch("[0-9a-f]{32}", answer.headers["X-Request-ID"])
    assert only(log)["request_id"] == answer.headers["X-Request-ID"]


def test_every_request_has_an_id_of_its_own(client: TestClient) -> None:
    assert len({client.get("tasks").headers["X-Request-ID"] for _ in range(5)}) == 5


@pytest.fixture
def everything() -> Iterator[StringIO]:
    """All that any logger writes, at every level."""
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(lambda record: not record.name.startswith("http"))  # the client's
    loggers = [logging.getLogger(), logging.getLogger("todo_api")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
    yield stream
    for logger, level in zip(loggers, levels, strict=True):
        logger.removeHandler(handler)
        logger.setLevel(level)


def test_nothing_that_is_the_users_own_is_logged_even_for_debugging(
    client: TestClient, everything: StringIO
) -> None:
    token = client.headers["Authorization"].removeprefix("Bearer ")
    client.post("tasks", json={"title": "Surprise", "description": "Hidden"})
    client.post("tasks", json={"title": "Surprise", "completed": "Hidden"})
    client.put("tasks/1", content=b'{"title": "Surprise"', headers={"If-Match": "Hidden"})
    client.get("tasks?q=Surprise&cursor=Hidden")
    client.get("tasks", headers={"Authorization": "Bearer Hidden.Hidden.Hidden"})
    written = everything.getvalue()

    assert "request" in written
    for own in ("Surprise", "Hidden", SECRET, *token.split(".")[1:]):
        assert own not in written


def test_a_statement_that_fails_is_logged_by_its_state_and_place(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, log: Log
) -> None:
    monkeypatch.setattr(statements, "GET", "SELECT 'Surprise'::integer")
    answer = client.get("tasks/1")
    error, request = log()

    assert problem(answer) == (500, "DATABASE_ERROR")
    assert (error["level"], error["logger"]) == ("ERROR", "todo_api.errors")
    assert error["request_id"] == request["request_id"] == answer.headers["X-Request-ID"]
    assert error["operation"] == "get_task"
    assert error["errors"][0]["type"] == "DatabaseRefused"
    assert "22P02" in {cause["sqlstate"] for cause in error["errors"]}
    assert any("get_task" in frame for frame in error["errors"][0]["frames"])
    assert "Surprise" not in str(log()) + answer.text


def test_an_error_is_logged_with_its_causes_and_without_their_messages(log: Log) -> None:
    def fail() -> None:
        try:
            int("Surprise")
        except ValueError as cause:
            raise KeyError("Hidden") from cause

    with pytest.raises(KeyError) as caught:
        fail()
    logs.log_error(caught.value, Request("GET", id="an-id", operation="get_task"))
    line = only(log)

    assert [cause["type"] for cause in line["errors"]] == ["KeyError", "ValueError"]
    assert all(cause["frames"][-1].endswith(" fail") for cause in line["errors"])
    assert not re.search("Surprise|Hidden", str(line))
