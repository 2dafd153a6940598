"""One user's flood of searches is not another user's: shares of the pool, on a real server."""

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import psycopg2
import pytest

from db import schema
from tests.conftest import SECRET
from tests.db.postgres import Server as Postgres
from tests.db.postgres import private_server
from tests.live.conftest import Server, serving
from todo_api.settings.development import token_for

TASKS = 150_000
SEARCHES = 40
GETS = 100
FILL = """
INSERT INTO tasks (user_id, title)
SELECT 'alice', 'Buy milk for day ' || number FROM generate_series(1, %s) AS number
"""


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with private_server() as postgres:
        schema.upgrade(postgres.dsn)
        with psycopg2.connect(postgres.dsn) as session, session.cursor() as cursor:
            cursor.execute(FILL, [TASKS])
        session.close()
        yield postgres


@pytest.fixture(scope="module")
def service(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    url = f"postgresql://postgres@127.0.0.1:{postgres.port}/postgres"
    output = tmp_path_factory.mktemp("fairness") / "output"
    with serving(Path(output), DATABASE_URL=url, JWT_SECRET_KEY=SECRET) as server:
        yield server


def client_of(service: Server, user: str) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(
        base_url=f"{service.url}/api/{user}/",
        headers={"Authorization": f"Bearer {token_for(user, SECRET, 600)}"},
        timeout=30,
        limits=httpx2.Limits(max_connections=SEARCHES),
    )


async def latencies(client: httpx2.AsyncClient, path: str) -> list[float]:
    """Return the seconds that each GET takes, in their order; all have to be answered."""
    seconds = []
    for _ in range(GETS):
        started = time.perf_counter()
        answer = await client.get(path)
        seconds.append(time.perf_counter() - started)
        assert answer.status_code == 200
    return sorted(seconds)


async def test_a_flood_of_searches_refuses_nobody_else(
    service: Server, figure: Callable[[str], None]
) -> None:
    async with client_of(service, "alice") as alice, client_of(service, "bob") as bob:
        task = (await bob.post("tasks", json={"title": "Buy milk"})).json()["id"]
        quiet = await latencies(bob, f"tasks/{task}")
        searches, over = 0, False

        async def search() -> None:
            nonlocal searches
            while not over:
                answer = await alice.get("tasks", params={"q": "nothing that is there"})
                assert answer.status_code in {200, 503}
                searches += 1

        async with asyncio.TaskGroup() as flood:
            for _ in range(SEARCHES):
                flood.create_task(search())
            await asyncio.sleep(0.5)
            beside = await latencies(bob, f"tasks/{task}")
            over = True

    p99 = int(GETS * 0.99) - 1
    figure(
        f"a GET beside {SEARCHES} searches of {TASKS} tasks: p99 {beside[p99] * 1000:.1f} ms,"
        f" {quiet[p99] * 1000:.1f} ms without; {searches} searches, no GET refused"
    )
    assert searches
