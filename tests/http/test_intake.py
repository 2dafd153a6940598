import asyncio
from collections.abc import AsyncIterator
from contextlib import closing
from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from db.errors import DatabaseOverloaded
from db.pool.pool import Pool
from todo_api.app import _cors, _envelope
from todo_api.http.envelope import Envelope
from todo_api.http.intake import Intake
from todo_api.http.security import SecurityHeaders
from todo_api.problems.documents import Problems
from todo_api.settings.settings import Settings
from todo_api.telemetry.logs import RequestLog

ORIGIN = "https://app.example.com"
NAME = "a-request"


async def overloaded(_: Scope, _receive: Receive, _send: Send) -> None:
    raise DatabaseOverloaded


@pytest.fixture
def settings() -> Settings:
    return Settings(cors_origins=(ORIGIN,))


@pytest.fixture
def envelope(settings: Settings) -> Envelope:
    return _envelope(settings)


@pytest.fixture
async def pool() -> AsyncIterator[Pool]:
    pool = Pool("host=nowhere.invalid")
    yield pool
    await pool.close()


def head_of(path: str, *, method: str = "GET", **fields: str) -> bytes:
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
    return "\r\n".join([f"{method} {path} HTTP/1.1", *lines, "", ""]).encode()


def parsed(answer: bytes) -> tuple[int, dict[str, str], bytes]:
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    return int(status.split()[1]), dict(line.split(": ", 1) for line in lines), body


TASKS = head_of("/api/alice/tasks")


@pytest.mark.parametrize("origin", [None, ORIGIN, "https://elsewhere.example.com"])
async def test_a_refusal_looks_like_one_by_the_application(
    pool: Pool, settings: Settings, envelope: Envelope, origin: str | None
) -> None:
    fields = {"X-Request-ID": NAME} | ({} if origin is None else {"Origin": origin})
    cors = _cors(settings)(Problems(overloaded))
    application = TestClient(RequestLog(SecurityHeaders(cors)), "http://testserver")
    expected = application.get("/api/alice/tasks", headers=fields)

    with closing(Intake(pool, envelope)) as intake:
        refusal = intake.refusal(head_of("/api/alice/tasks", **fields), "http", b"")

    status, headers, body = parsed(refusal)
    assert status == expected.status_code == 503
    # The head is not parsed, so that nobody knows whether it is an operation's.
    assert headers == dict(expected.headers) | {"vary": "Authorization, Origin"}
    assert b'"error_code":"OVERLOADED"' in body


@pytest.mark.parametrize("field", ["Origin: {}", "oRIGIN:\t {} ", "X: a\r\norigin: {}"])
async def test_an_origin_is_found_however_it_is_written(
    pool: Pool, envelope: Envelope, field: str
) -> None:
    head = f"GET / HTTP/1.1\r\n{field.format(ORIGIN)}\r\n\r\n".encode()
    with closing(Intake(pool, envelope)) as intake:
        refusal = intake.refusal(head, "https", b"")

    assert f"access-control-allow-origin: {ORIGIN}\r\n".encode() in refusal
    assert b"strict-transport-security" in refusal


@pytest.mark.parametrize("name", ["Origin", "X-Request-ID"])
@pytest.mark.parametrize("field", ["{}: a{}b", "{}:{}", "{}{}", "{}{}: a", "X: a\n{}:{}\n"])
async def test_white_space_holds_no_refusal_up(
    pool: Pool, envelope: Envelope, name: str, field: str
) -> None:
    """A search that backtracks would take hours, and end with the test's time."""
    head = f"GET / HTTP/1.1\r\n{field.format(name, ' ' * 60_000)}\r\n\r\n".encode()
    with closing(Intake(pool, envelope)) as intake:
        refusal = intake.refusal(head, "http", b"")

    assert parsed(refusal)[0] == 503


async def test_the_refusal_of_head_has_no_body(pool: Pool, envelope: Envelope) -> None:
    with closing(Intake(pool, envelope)) as intake:
        refusal = intake.refusal(head_of("/", method="HEAD"), "http", b"")

    assert parsed(refusal)[2] == b""


async def test_there_is_always_room_for_probes_and_nothing_else(
    pool: Pool, envelope: Envelope
) -> None:
    with closing(Intake(pool, envelope, most=0)) as intake:
        for method in ("GET", "HEAD"):
            for path in ("/health", "/ready", "/health?a=b"):
                assert intake.has_room_for(head_of(path, method=method))
        assert not intake.has_room_for(TASKS)
        assert not intake.has_room_for(head_of("/api/alice/tasks", method="OPTIONS"))
        assert not intake.has_room_for(head_of("/%68ealth"))
        assert not intake.has_room_for(head_of("/healthy"))


async def test_a_request_takes_a_place_until_it_has_begun(pool: Pool, envelope: Envelope) -> None:
    with closing(Intake(pool, envelope, most=1)) as intake:
        assert intake.has_room_for(TASKS)
        intake.take()
        assert not intake.has_room_for(TASKS)
        intake.begun()
        assert intake.has_room_for(TASKS)


async def test_a_request_that_waits_for_the_database_takes_a_place(envelope: Envelope) -> None:
    pool = Pool("host=192.0.2.1", acquire_timeout=30)
    with closing(Intake(pool, envelope, most=1)) as intake:
        waiting = asyncio.create_task(pool.execute("SELECT 1"))
        await asyncio.sleep(0)

        assert not intake.has_room_for(TASKS)
        waiting.cancel()
        await asyncio.wait([waiting])
        assert intake.has_room_for(TASKS)
        await pool.close()


async def test_the_refusals_of_a_second_are_one_line(
    pool: Pool, envelope: Envelope, log: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("todo_api.http.intake._REPORT_INTERVAL", 0.0)
    intake = Intake(pool, envelope, most=0)
    for _ in range(3):
        intake.refusal(TASKS, "http", b"")
    while not (lines := log()):  # noqa: ASYNC110 (a log line sets no event)
        await asyncio.sleep(0)

    assert [line["refused"] for line in lines] == [3]


async def test_refusals_that_were_not_told_of_are_told_at_the_end(
    pool: Pool, envelope: Envelope, log: Any
) -> None:
    with closing(Intake(pool, envelope, most=0)) as intake:
        intake.refusal(TASKS, "http", b"")

    assert [line["refused"] for line in log()] == [1]
