"""A long mixed load: tokens that never come twice, lost connections; memory and files level off."""

import json
import os
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from http import HTTPStatus
from itertools import count
from pathlib import Path
from statistics import mean
from threading import Event
from typing import Any

import httpx2
import psutil
import pytest

from db import schema
from tests.conftest import SECRET
from tests.db.postgres import Server as Postgres
from tests.db.postgres import private_server
from tests.live.conftest import PATIENCE, Server, serving
from todo_api.settings.development import token_for

SECONDS = float(os.environ.get("CAMPAIGN_SOAK", "20"))
PAUSE = 0.02 if "CAMPAIGN_SOAK" in os.environ else 0.0
"""Seconds between two requests of a client: an hour is there for the time, not for the load."""
RECORD = os.environ.get("CAMPAIGN_RECORD")
"""The folder that keeps the curve."""

CLIENTS = 4
WITH_A_TOKEN, ON_A_CONNECTION = 20, 70  # requests
SAMPLES = 240
MOST_GROWTH = 8 * 2**20  # bytes, from the second quarter of the time to the last
MOST_FILES = 4  # likewise
LOST = 20  # times that PostgreSQL ends all connections
EXPECTED = {200, 201, 204, 304, 400, 401, 403, 404, 412, 422, 503}

LOSE_ALL = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'
"""

_users = count()


@dataclass(frozen=True)
class Sample:
    """What the server's process holds after some seconds."""

    seconds: float
    requests: int
    resident: int
    files: int


class Client:
    """Sends what a page sends, and what an attacker does."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._random = random.Random(url)
        self.sent = 0

    def run(self, over: Event) -> None:
        while not over.is_set():
            with httpx2.Client(base_url=self._url, timeout=PATIENCE) as api:
                for _ in range(ON_A_CONNECTION // WITH_A_TOKEN + 1):
                    self._as_somebody(api, over)

    def _as_somebody(self, api: httpx2.Client, over: Event) -> None:
        user = f"soak-{next(_users)}"
        api.headers["Authorization"] = f"Bearer {token_for(user, SECRET, 3600)}"
        path = f"/api/{user}/tasks"
        once: dict[str, Any] = {
            "json": {"title": "Task", "tags": ["a"]},
            "headers": {"Idempotency-Key": "1"},
        }
        while (made := api.post(path, **once)).status_code == HTTPStatus.SERVICE_UNAVAILABLE:
            self.sent += 1
        one = made.headers["Location"]
        forged = {"Authorization": f"Bearer {token_for(user, SECRET[::-1], 3600)}"}
        requests: list[Callable[[], httpx2.Response]] = [
            lambda: api.get(path, params={"sort": "due_date", "q": "task"}),
            lambda: api.get(one, headers={"If-None-Match": made.headers["ETag"]}),
            lambda: api.patch(one, json={"complete": True}),
            lambda: api.put(
                one, json={"title": "B", "complete": False}, headers={"If-Match": '"9"'}
            ),
            lambda: api.post(path, json={"titel": "B"}),
            lambda: api.get(path, headers=forged),
            lambda: api.get(path, params={"cursor": "none"}),
            lambda: api.get(f"/api/{user}x/tasks"),
        ]
        statuses = {made.status_code}
        for _ in range(WITH_A_TOKEN):
            if over.wait(PAUSE):
                break
            statuses.add(self._random.choice(requests)().status_code)
            self.sent += 1
        statuses.add(api.delete(one).status_code)
        assert statuses <= EXPECTED


def watched(server: Server, clients: list[Client], lose_all: Callable[[], object]) -> list[Sample]:
    """Return what the server holds, at equal distances, while PostgreSQL ends its connections."""
    process, began, samples = psutil.Process(server.process.pid), time.monotonic(), list[Sample]()
    for number in range(1, SAMPLES + 1):
        time.sleep(max(0.0, began + number * SECONDS / SAMPLES - time.monotonic()))
        if number % (SAMPLES // LOST) == 0:
            lose_all()
        samples.append(
            Sample(
                round(time.monotonic() - began, 1),
                sum(client.sent for client in clients),
                process.memory_info().rss,
                process.num_fds(),
            )
        )
    return samples


def quarters(samples: list[Sample]) -> tuple[list[Sample], list[Sample]]:
    """Return the second quarter and the last."""
    length = len(samples) // 4
    return samples[length : 2 * length], samples[-length:]


def soaked(postgres: Postgres, log: Path) -> list[Sample]:
    """Let the clients run, and return what the server held meanwhile."""
    over = Event()
    url = f"postgresql://postgres@127.0.0.1:{postgres.port}/postgres?sslmode=disable"
    with (
        serving(log, DATABASE_URL=url, JWT_SECRET_KEY=SECRET) as server,
        ThreadPoolExecutor(CLIENTS) as threads,
    ):
        clients = [Client(server.url) for _ in range(CLIENTS)]
        running = [threads.submit(client.run, over) for client in clients]
        try:
            return watched(server, clients, lambda: postgres.sql(LOSE_ALL))
        finally:
            over.set()
            for each in running:
                each.result()


@pytest.mark.timeout(SECONDS + 120)
def test_memory_and_files_level_off(tmp_path: Path, figure: Callable[[str], None]) -> None:
    with private_server() as postgres:
        schema.upgrade(postgres.dsn)
        samples = soaked(postgres, tmp_path / "log")

    second, last = quarters(samples)
    grown = mean(each.resident for each in last) - mean(each.resident for each in second)
    files = max(each.files for each in last) - max(each.files for each in second)
    figure(
        f"{samples[-1].requests:,} requests in {SECONDS:.0f} s: {last[-1].resident / 1e6:.0f} MB"
        f" and {last[-1].files} files; {grown / 1e6:+.1f} MB since the second quarter"
    )
    if RECORD:
        (Path(RECORD) / "soak.json").write_text(json.dumps([asdict(each) for each in samples]))
    assert grown <= MOST_GROWTH
    assert files <= MOST_FILES
