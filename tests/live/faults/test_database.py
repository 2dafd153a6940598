"""A database that is away, full, read-only or broken under load is 503 and passes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import httpx2
import pytest

from tests.conftest import problem
from tests.db.postgres import Server as Postgres
from tests.live.conftest import until
from tests.live.faults.conftest import (
    BACKENDS,
    UNAVAILABLE,
    client_of,
    create,
    serving_on,
    setting,
    titles,
)
from tests.live.proxy import Proxy

CLIENTS = 6
STORED = "SELECT title FROM tasks WHERE user_id ="


def user_of(client: httpx2.Client) -> str:
    return client.base_url.path.split("/")[2]


def test_a_database_that_is_away_at_start_is_used_once_it_comes(
    postgres: Postgres, tmp_path: Path
) -> None:
    proxy = Proxy(postgres.port)
    proxy.refuse()
    with serving_on(proxy.port, tmp_path / "output") as server, client_of(server) as client:
        health, ready = (client.base_url.join(path) for path in ("/health", "/ready"))

        assert client.get(health).status_code == 200
        assert problem(client.get(ready)) == UNAVAILABLE
        assert problem(client.get("tasks")) == UNAVAILABLE

        assert '"reason":"refused"' in server.log()

        proxy.accept()
        until(lambda: client.get(ready).status_code == 200)
        assert create(client, "Late").status_code == 201
    proxy.refuse()


def test_a_database_that_only_reads_is_503_for_writes(
    postgres: Postgres, client: httpx2.Client
) -> None:
    with setting(postgres, "default_transaction_read_only = on"):
        until(lambda: create(client, "Refused").status_code == 503)
        assert problem(create(client, "Refused")) == UNAVAILABLE
        assert client.get("tasks").status_code == 200
    until(lambda: create(client, "Taken").status_code == 201)


def test_a_server_without_a_connection_left_is_503(
    postgres: Postgres, client: httpx2.Client
) -> None:
    postgres.sql("ALTER ROLE todo CONNECTION LIMIT 0")
    postgres.sql(f"SELECT pg_terminate_backend(pid) {BACKENDS}")
    until(lambda: postgres.sql(f"SELECT count(*) {BACKENDS}") == [(0,)])
    refused = client.get("tasks")
    postgres.sql("ALTER ROLE todo CONNECTION LIMIT -1")

    assert problem(refused) == UNAVAILABLE
    until(lambda: client.get("tasks").status_code == 200)


@pytest.mark.parametrize("breakage", ["restarted", "killed", "terminated", "unreachable"])
def test_under_load_a_breakage_is_503_and_passes(
    postgres: Postgres,
    proxy: Proxy,
    client: httpx2.Client,
    breakage: str,
    figure: Callable[[str], None],
) -> None:
    over = Event()
    with ThreadPoolExecutor(CLIENTS) as threads:
        running = [threads.submit(load, client, number, over) for number in range(CLIENTS)]
        try:
            until(lambda: len(titles(client)) > CLIENTS)
            broken(postgres, proxy, breakage)
            absence = until(lambda: client.get("tasks").status_code == 200)
        finally:
            over.set()
        answers = [answer for future in running for answer in future.result()]

    figure(f"first 2xx {absence:.2f} s after the database was back")
    failures = [answer for answer in answers if not answer.is_success]
    assert {problem(answer) for answer in failures} <= {UNAVAILABLE}
    acknowledged = [answer.json()["title"] for answer in answers if answer.status_code == 201]
    stored = [title for (title,) in postgres.sql(f"{STORED} '{user_of(client)}'")]
    assert set(acknowledged) <= set(stored)
    assert len(stored) == len(set(stored))
    assert absence < 10


def load(client: httpx2.Client, number: int, over: Event) -> list[httpx2.Response]:
    """Write and read until it is over, and return all answers."""
    answers: list[httpx2.Response] = []
    while not over.is_set():
        answers += [create(client, f"Task {number}.{len(answers)}"), client.get("tasks?limit=1")]
    return answers


def broken(postgres: Postgres, proxy: Proxy, breakage: str) -> None:
    """Break the database and mend it."""
    match breakage:
        case "restarted":
            postgres.stop()
            postgres.start()
        case "killed":
            postgres.kill()
            postgres.start()
        case "terminated":
            postgres.sql(f"SELECT pg_terminate_backend(pid) {BACKENDS}")
        case "unreachable":
            proxy.refuse()
            proxy.accept()
