import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from db.errors import DatabaseOverloaded
from db.pool import Pool
from todo_api.app import _cors, _envelope
from todo_api.envelope import Envelope
from todo_api.intake import Intake
from todo_api.logs import RequestLog, begun
from todo_api.problems import Problems
from todo_api.security import SecurityHeaders
from todo_api.settings import Settings

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


def scope_of(path: str, *, method: str = "GET", origin: str | None = None) -> dict[str, Any]:
    headers = [(b"x-request-id", NAME.encode())]
    if origin is not None:
        headers.append((b"origin", origin.encode()))
    return {"path": path, "method": method, "scheme": "http", "headers": headers}


@pytest.mark.parametrize("origin", [None, ORIGIN, "https://elsewhere.example.com"])
async def test_a_refusal_looks_like_one_by_the_application(
    pool: Pool, settings: Settings, envelope: Envelope, origin: str | None
) -> None:
    headers = {"X-Request-ID": NAME} | ({} if origin is None else {"Origin": origin})
    cors = _cors(settings)(Problems(overloaded))
    application = TestClient(RequestLog(SecurityHeaders(cors)), "http://testserver")
    expected = application.get("/api/alice/tasks", headers=headers)

    refusal = Intake(pool, envelope).refusal(begun(scope_of("/api/alice/tasks", origin=origin)))

    assert refusal.status == expected.status_code == 503
    sent = {name.decode(): value.decode() for name, value in refusal.headers}
    assert sent == dict(expected.headers)
    assert b'"error_code":"OVERLOADED"' in refusal.body


async def test_there_is_always_room_for_probes_and_preflights(
    pool: Pool, envelope: Envelope
) -> None:
    intake = Intake(pool, envelope, most=0)

    assert not intake.has_room_for(scope_of("/api/alice/tasks"))
    assert intake.has_room_for(scope_of("/health"))
    assert intake.has_room_for(scope_of("/ready"))
    assert intake.has_room_for(scope_of("/api/alice/tasks", method="OPTIONS"))


async def test_a_request_takes_a_place_until_it_has_begun(pool: Pool, envelope: Envelope) -> None:
    intake, scope = Intake(pool, envelope, most=1), scope_of("/api/alice/tasks")
    seen = []

    async def request() -> None:
        seen.append(intake.has_room_for(scope))
        await asyncio.sleep(0)
        seen.append(intake.has_room_for(scope))

    task = asyncio.create_task(request())
    intake.take()
    await task

    assert seen == [False, True]


async def test_a_request_that_waits_for_the_database_takes_a_place(envelope: Envelope) -> None:
    pool = Pool("host=192.0.2.1", acquire_timeout=30)
    intake, scope = Intake(pool, envelope, most=1), scope_of("/api/alice/tasks")
    waiting = asyncio.create_task(pool.execute("SELECT 1"))
    await asyncio.sleep(0)

    assert not intake.has_room_for(scope)
    waiting.cancel()
    await asyncio.wait([waiting])
    assert intake.has_room_for(scope)
    await pool.close()


async def test_the_refusals_of_a_second_are_one_line(
    pool: Pool, envelope: Envelope, log: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("todo_api.intake._REPORT_INTERVAL", 0.0)
    intake = Intake(pool, envelope)
    for _ in range(3):
        intake.refusal(begun(scope_of("/api/alice/tasks")))
    while not (lines := log()):  # noqa: ASYNC110 (a log line sets no event)
        await asyncio.sleep(0)

    assert [line["refused"] for line in lines] == [3]
