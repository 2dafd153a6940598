"""The log: one line a request, its id, and nothing that is the user's own."""

import asyncio
import json
import logging
import re
import sys
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.types import Message

from db import pool, statements
from tests.conftest import SECRET, problem
from todo_api import logs
from todo_api.logs import Handler, JsonFormatter, Request, RequestLog, TextFormatter

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
        "operation": "create_task",
        "status": 201,
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
    logs.log_error(caught.value, Request("an-id", "GET", operation="get_task"))
    line = only(log)

    assert [cause["type"] for cause in line["errors"]] == ["KeyError", "ValueError"]
    assert all(cause["frames"][-1].endswith(" fail") for cause in line["errors"])
    assert not re.search("Surprise|Hidden", str(line))


RECORD = {"name": "todo_api.keys", "levelname": "WARNING", "msg": "No keys from %s", "args": ("a",)}


def test_json_is_one_object_a_line_whatever_the_record_holds() -> None:
    fields = {"user": 'a"b\nc', "odd": Path("kept"), "status": None}
    line = JsonFormatter().format(logging.makeLogRecord({**RECORD, "fields": fields}))

    assert "\n" not in line
    assert json.loads(line)["message"] == "No keys from a"
    assert json.loads(line)["user"] == 'a"b\nc'
    assert json.loads(line)["odd"] == "kept"


def test_json_tells_of_an_exception_without_its_message() -> None:
    error = RuntimeError("Surprise")
    record = logging.makeLogRecord({**RECORD, "exc_info": (RuntimeError, error, None)})
    line = JsonFormatter().format(record)

    assert json.loads(line)["errors"][0]["type"] == "RuntimeError"
    assert "Surprise" not in line


def test_text_is_a_line_that_a_person_can_read() -> None:
    fields = {"fields": {"user": "alice", "operation": None, "status": 200}}
    request = logging.makeLogRecord({"name": "todo_api.requests", "levelname": "INFO", **fields})
    warning = logging.makeLogRecord(RECORD)

    assert re.fullmatch(
        r"\d\d:\d\d:\d\d INFO    user=alice status=200", TextFormatter().format(request)
    )
    assert re.fullmatch(r"\d\d:\d\d:\d\d WARNING No keys from a", TextFormatter().format(warning))


@pytest.fixture
def unconfigured(monkeypatch: pytest.MonkeyPatch) -> logging.Logger:
    for name in ("todo_api", "uvicorn"):
        for attribute, value in (("handlers", []), ("propagate", True)):
            monkeypatch.setattr(logging.getLogger(name), attribute, value)
    return logging.getLogger("todo_api")


@pytest.mark.parametrize(
    ("log_format", "terminal", "formatter"),
    [
        ("json", True, JsonFormatter),
        ("text", False, TextFormatter),
        ("auto", True, TextFormatter),
        ("auto", False, JsonFormatter),
    ],
)
def test_the_format_is_chosen_or_fits_where_it_goes(
    unconfigured: logging.Logger,
    monkeypatch: pytest.MonkeyPatch,
    log_format: logs.Format,
    terminal: bool,
    formatter: type[logging.Formatter],
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    logs.configure(log_format)
    logs.configure("text")

    assert [type(handler.formatter) for handler in unconfigured.handlers] == [formatter]


class Writes(StringIO):
    """Remembers what was written at once."""

    def __init__(self) -> None:
        super().__init__()
        self.all: list[str] = []

    def write(self, text: str) -> int:
        self.all.append(text)
        return super().write(text)


@pytest.fixture
def writes() -> Writes:
    return Writes()


@pytest.fixture
def handler(writes: Writes) -> Iterator[Handler]:
    """One more handler of the service's lines."""
    handler = Handler()
    handler.stream = writes
    logger = logging.getLogger("todo_api")
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)


def log_request(number: int) -> None:
    logging.getLogger("todo_api.requests").info("request %d", number)


async def test_requests_are_kept_for_a_while_and_written_together(
    handler: Handler, writes: Writes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "_WHILE", 0.0)
    log_request(1)
    log_request(2)
    assert writes.all == []
    while not writes.all:  # noqa: ASYNC110 (nothing tells of a write)
        await asyncio.sleep(0)
    log_request(3)
    handler.flush()  # as logging.shutdown does at exit

    assert writes.all == ["request 1\nrequest 2\n", "request 3\n"]


@pytest.mark.usefixtures("handler")
async def test_all_else_is_written_at_once_and_after_what_came_before(writes: Writes) -> None:
    log_request(1)
    logging.getLogger("todo_api.errors").error("error")
    assert writes.all == ["request 1\nerror\n"]


@pytest.mark.usefixtures("handler")
def test_without_a_loop_a_request_is_written_at_once(writes: Writes) -> None:
    log_request(1)
    assert writes.all == ["request 1\n"]


class Full(StringIO):
    def write(self, _: str) -> int:
        raise OSError("no space left on device")


def test_a_line_that_can_not_be_written_ends_nothing(
    handler: Handler, capfd: pytest.CaptureFixture[str]
) -> None:
    handler.stream = Full()
    logging.getLogger("todo_api.errors").error("error")
    assert "no space left on device" in capfd.readouterr().err
