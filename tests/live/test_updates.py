"""A client that uses ETags loses no update, however many others change the same task."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

from tests.live.conftest import PATIENCE, Server

CLIENTS = 50
INCREMENTS = int(os.environ.get("CAMPAIGN_INCREMENTS", "2"))


@pytest.fixture
def headers(user: str, token: Callable[[str], str]) -> dict[str, str]:
    return {"Authorization": f"Bearer {token(user)}"}


def increment(client: httpx2.Client, task: str) -> int:
    """Count up in the title, as often as it takes, and return how often it took."""
    for attempt in range(1, 10_000):
        now = client.get(task)
        counted = {"title": str(int(now.json()["title"]) + 1)}
        changed = client.patch(task, json=counted, headers={"If-Match": now.headers["ETag"]})
        if changed.status_code == 200:
            return attempt
        assert changed.status_code == 412
    pytest.fail("the task never held still")


@pytest.mark.timeout(600)
def test_concurrent_increments_with_if_match_add_up(
    server: Server, user: str, headers: dict[str, str], figure: Callable[[str], None]
) -> None:
    with (
        httpx2.Client(base_url=server.url, headers=headers, timeout=PATIENCE) as client,
        ThreadPoolExecutor(CLIENTS) as threads,
    ):
        task = client.post(f"/api/{user}/tasks", json={"title": "0"}).headers["Location"]

        def loop(_: int) -> int:
            return sum(increment(client, task) for _ in range(INCREMENTS))

        attempts = sum(threads.map(loop, range(CLIENTS)))
        final = client.get(task).json()

    figure(f"{CLIENTS} clients, {CLIENTS * INCREMENTS} increments in {attempts} attempts, 0 lost")
    assert attempts > CLIENTS * INCREMENTS
    assert final["title"] == str(CLIENTS * INCREMENTS)
    assert final["version"] == CLIENTS * INCREMENTS + 1
