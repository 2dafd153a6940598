"""Spans: what they tell of statements, and that nothing is there where nobody asked for them."""

import logging
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from db import changes, pages, statements
from db.errors import Conflict, DatabaseRefused, DatabaseUnavailable
from db.parts import Statement
from db.pool.connection import Rows
from tests.live.conftest import environment
from todo_api.request import Request
from todo_api.telemetry import tracing
from todo_api.telemetry.tracing import RequestSpan, TracedPool

FAILS = """
    CREATE SEQUENCE {name};
    CREATE FUNCTION {name}(failures int, code text) RETURNS int LANGUAGE plpgsql AS $$
    BEGIN
        IF nextval('{name}') <= failures THEN
            IF code = '' THEN PERFORM pg_terminate_backend(pg_backend_pid()), pg_sleep(30); END IF;
            RAISE 'planted' USING ERRCODE = code;
        END IF;
        RETURN 1;
    END $$;
"""


class Recorder:
    """A pool in a request that is traced, and the spans of its statements."""

    def __init__(self, dsn: str) -> None:
        self._exporter = InMemorySpanExporter()
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.tracer = provider.get_tracer("tests")
        self.pool = TracedPool(self.tracer, dsn, size=1)
        self.request = self.tracer.start_span("a request")

    async def execute(self, sql: str, *, retry: bool = False) -> Rows:
        """Run a statement within the request."""
        outer = tracing._current.set(self.request)
        try:
            return await self.pool.execute(sql, retry=retry)
        finally:
            tracing._current.reset(outer)

    def spans(self) -> tuple[ReadableSpan, ...]:
        return self._exporter.get_finished_spans()

    def only(self) -> ReadableSpan:
        [span] = self.spans()
        return span

    def events(self) -> list[tuple[str, dict[str, Any]]]:
        return [(event.name, dict(event.attributes or {})) for event in self.only().events]


@pytest.fixture
async def recorder(database_url: str) -> AsyncIterator[Recorder]:
    recorder = Recorder(database_url)
    yield recorder
    await recorder.pool.close()


@pytest.fixture
def fails(sql: Callable[..., Any]) -> Iterator[str]:
    """The name of a function that fails so many times with a SQLSTATE, or ends its connection."""
    name = f"fails_{uuid4().hex}"
    sql(FAILS.format(name=name))
    yield name
    sql(f"DROP FUNCTION {name}")
    sql(f"DROP SEQUENCE {name}")


def test_every_statement_of_a_request_says_what_it_does_to_which_tables() -> None:
    every = [pages.page(order, frozenset(), goes_on=False) for order in pages.ORDERS]
    others = (vars(statements) | vars(changes)).values()
    every += [each for each in others if isinstance(each, Statement)]
    summaries = {each.name: each.summary for each in every if "%(user)s" in each}

    assert summaries == {
        "newest_page": "SELECT tasks",
        "oldest_page": "SELECT tasks",
        "due_page": "SELECT tasks",
        "urgent_page": "SELECT tasks",
        "get": "SELECT tasks",
        "create": "INSERT tasks",
        "create_once": "INSERT idempotency_keys INSERT tasks",
        "replace": "UPDATE tasks",
        "patch": "UPDATE tasks",
        "delete": "DELETE tasks",
    }


async def test_a_statement_that_is_refused_tells_its_sqlstate(recorder: Recorder) -> None:
    with pytest.raises(DatabaseRefused):
        await recorder.execute("SELECT 1 / 0")

    span = recorder.only()
    assert not span.status.is_ok
    assert span.status.description is None
    assert not span.events
    assert span.attributes is not None
    assert span.attributes["error.type"] == "22012"
    assert span.attributes["db.response.status_code"] == "22012"


async def test_a_statement_that_is_sent_again_says_why(recorder: Recorder, fails: str) -> None:
    assert await recorder.execute(f"SELECT {fails}(2, '40001')") == [(1,)]
    met = {"error.type": "40001", "db.response.status_code": "40001"}
    assert recorder.events() == [("setback", met)] * 2
    assert recorder.only().status.is_unset
    assert recorder.pool.conflicts == 2


async def test_a_connection_that_is_lost_is_in_the_span_of_what_was_sent_again(
    recorder: Recorder, fails: str
) -> None:
    assert await recorder.execute(f"SELECT {fails}(1, '')", retry=True) == [(1,)]
    [(name, attributes)] = recorder.events()
    assert name == "setback"
    assert attributes["error.type"] in {"57P01", "ConnectionLost"}  # whether it still said why
    assert recorder.pool.retries == 1


async def test_a_conflict_counts_though_it_met_a_statement_whose_connection_was_lost(
    recorder: Recorder, fails: str
) -> None:
    lost_then_refused = f"SELECT {fails}(1, ''), {fails}(3, '40001')"
    assert await recorder.execute(lost_then_refused, retry=True) == [(1, 1)]
    met = [attributes["error.type"] for _, attributes in recorder.events()]
    assert met[1:] == ["40001"]
    assert (recorder.pool.retries, recorder.pool.conflicts) == (1, 1)


async def test_a_statement_that_is_given_up_has_all_its_conflicts(
    recorder: Recorder, fails: str
) -> None:
    with pytest.raises(Conflict):
        await recorder.execute(f"SELECT {fails}(4, '40001')")

    assert len(recorder.events()) == 4
    assert not recorder.only().status.is_ok


async def test_a_statement_outside_of_a_traced_request_has_no_span(recorder: Recorder) -> None:
    await recorder.pool.execute("SELECT 1")
    recorder.request.end()
    await recorder.execute("SELECT 1")

    assert [span.name for span in recorder.spans()] == ["a request"]


def test_a_request_that_its_client_left_has_no_status(recorder: Recorder) -> None:
    RequestSpan(recorder.request).end(Request("GET", id="an id"))

    assert not recorder.only().attributes
    assert recorder.only().status.is_unset


def test_what_opentelemetry_reports_is_logged_once_a_minute(
    log: Callable[[], list[dict[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    minutes = iter([0.0, 1.0, 59.0, 61.0])
    monkeypatch.setattr("todo_api.telemetry.tracing.monotonic", lambda: next(minutes))
    reports = tracing._Reports()
    for code in (500, 501, 502, 503):
        reports.handle(
            logging.LogRecord("a part", logging.ERROR, "", 1, "Failed: %s", (code,), None)
        )

    assert [line["message"] for line in log()] == ["Failed: 500", "Failed: 503"]


PROGRAM = """
import sys
from starlette.testclient import TestClient
from todo_api.app import create_app
with TestClient(create_app()) as client:
    assert client.get("/ready").status_code == 200
print([name for name in sys.modules if name.partition(".")[0] == "opentelemetry"])
"""


def test_without_traces_nothing_of_opentelemetry_is_loaded(database_url: str) -> None:
    variables = {"DATABASE_URL": database_url, "JWT_SECRET_KEY": "x" * 32}
    told = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM],
        env=environment(**variables),
        capture_output=True,
        text=True,
        check=True,
    )

    assert told.stdout == "[]\n"


@pytest.mark.parametrize(
    ("dsn", "place"),
    [
        ("postgresql://db.example.com/todo", ("db.example.com", 5432)),
        ("postgresql://db.example.com:6432/todo", ("db.example.com", 6432)),
        ("postgresql:///todo?host=db.example.com&port=", ("db.example.com", 5432)),
        ("postgresql://one:1,two:2/todo", (None, None)),
        ("postgresql:///todo", (None, None)),
    ],
)
async def test_statements_tell_where_the_database_is_unless_it_is_in_several_places(
    dsn: str, place: tuple[str | None, int | None]
) -> None:
    recorder = Recorder(dsn)
    await recorder.pool.close()
    with pytest.raises(DatabaseUnavailable):
        await recorder.execute("SELECT 1")
    attributes = recorder.only().attributes or {}

    assert (attributes.get("server.address"), attributes.get("server.port")) == place
