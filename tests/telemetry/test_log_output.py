"""How a line of the log is written: its format, and when."""

import asyncio
import json
import logging
import re
import sys
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path

import pytest

from todo_api.telemetry import log_output
from todo_api.telemetry.log_output import Handler, JsonFormatter, TextFormatter

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
def unconfigured(monkeypatch: pytest.MonkeyPatch) -> Iterator[logging.Logger]:
    names = ("todo_api", "uvicorn")
    for name in names:
        for attribute, value in (("handlers", []), ("propagate", True)):
            monkeypatch.setattr(logging.getLogger(name), attribute, value)
    yield logging.getLogger("todo_api")
    for name in names:
        logging.getLogger(name).setLevel(logging.INFO)  # as the other tests have it


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
    log_format: log_output.Format,
    terminal: bool,
    formatter: type[logging.Formatter],
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    log_output.configure(log_format)
    log_output.configure("text")

    assert [type(handler.formatter) for handler in unconfigured.handlers] == [formatter]


@pytest.mark.parametrize(
    ("level", "written"),
    [("debug", "12345"), ("info", "2345"), ("warning", "345"), ("error", "45")],
)
def test_what_is_below_the_level_is_not_written(
    unconfigured: logging.Logger,
    capsys: pytest.CaptureFixture[str],
    level: log_output.Level,
    written: str,
) -> None:
    log_output.configure("text", level)
    for number in range(1, 6):
        unconfigured.log(number * 10, "%d", number)

    assert "".join(line[-1] for line in capsys.readouterr().err.splitlines()) == written


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
def handler(writes: Writes, listen: Callable[[logging.Handler], None]) -> Handler:
    """One more handler of the service's lines."""
    handler = Handler()
    handler.stream = writes
    listen(handler)
    return handler


def log_request(number: int) -> None:
    logging.getLogger("todo_api.requests").info("request %d", number)


async def test_requests_are_kept_for_a_while_and_written_together(
    handler: Handler, writes: Writes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_output, "_WHILE", 0.0)
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
