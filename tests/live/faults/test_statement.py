"""What goes wrong with one statement is 503 and passes; a write is never sent a second time."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager

import httpx2
import psycopg2
import pytest

from tests.conftest import problem
from tests.db.postgres import Server as Postgres
from tests.live.conftest import Server, until
from tests.live.faults.conftest import UNAVAILABLE, WAITING, create, setting, titles
from tests.live.proxy import Proxy


@contextmanager
def waiting(
    postgres: Postgres, client: httpx2.Client, method: str
) -> Iterator[Future[httpx2.Response]]:
    """Run a request that waits for a lock until the block ends."""
    body = {"title": "Wait"} if method == "POST" else None
    with (
        ThreadPoolExecutor(1) as thread,
        closing(psycopg2.connect(postgres.dsn)) as session,
        session.cursor() as cursor,
    ):
        cursor.execute("LOCK TABLE tasks")
        running = thread.submit(client.request, method, "tasks", json=body)
        until(lambda: bool(postgres.sql(f"SELECT 1 {WAITING}")))
        yield running


@pytest.mark.parametrize(
    "sqlstate",
    [
        "08006",
        "25006",
        "25P04",
        "40001",
        "40P01",
        "53100",
        "53200",
        "53300",
        "55P03",
        "57014",
        "57P01",
        "57P03",
        "58030",
    ],
)
def test_a_fault_that_passes_is_503(client: httpx2.Client, sqlstate: str) -> None:
    answer = create(client, f"SQLSTATE {sqlstate}")

    assert problem(answer) == UNAVAILABLE
    assert answer.headers["Retry-After"] == "1"
    assert create(client, "Afterwards").status_code == 201


def test_a_refused_row_is_500_and_told_to_nobody(client: httpx2.Client, service: Server) -> None:
    answer = create(client, "secret wish")

    assert problem(answer) == (500, "DATABASE_ERROR")
    request_id = answer.json()["request_id"]
    errors = [line for line in service.log().splitlines() if request_id in line]
    assert any('"sqlstate":"23514"' in line for line in errors)
    for text in ("secret wish", "no_secrets", "INSERT", "violates"):
        assert text not in answer.text
        assert text not in service.log()


def test_a_cancelled_statement_is_503(postgres: Postgres, client: httpx2.Client) -> None:
    with waiting(postgres, client, "GET") as request:
        postgres.sql(f"SELECT pg_cancel_backend(pid) {WAITING}")
        assert problem(request.result()) == UNAVAILABLE


def test_a_read_whose_session_is_ended_is_tried_again(
    postgres: Postgres, client: httpx2.Client
) -> None:
    with waiting(postgres, client, "GET") as request:
        [[lost]] = postgres.sql(f"SELECT pid {WAITING}")
        postgres.sql(f"SELECT pg_terminate_backend({lost})")
        until(lambda: [pid for (pid,) in postgres.sql(f"SELECT pid {WAITING}")] not in ([], [lost]))
    assert request.result().status_code == 200


def test_a_write_whose_session_is_ended_is_not(postgres: Postgres, client: httpx2.Client) -> None:
    with waiting(postgres, client, "POST") as request:
        postgres.sql(f"SELECT pg_terminate_backend(pid) {WAITING}")
        assert problem(request.result()) == UNAVAILABLE
    assert titles(client) == []


def test_a_read_whose_reply_is_lost_is_tried_once_more(client: httpx2.Client, proxy: Proxy) -> None:
    proxy.lose_replies_to(b"FROM tasks", 1)
    assert client.get("tasks").status_code == 200
    assert proxy.lost == 1


def test_a_read_is_not_tried_a_third_time(client: httpx2.Client, proxy: Proxy) -> None:
    proxy.lose_replies_to(b"FROM tasks", 100)
    answer = client.get("tasks")
    lost = proxy.lost
    proxy.lose_replies_to(b"", 0)

    assert problem(answer) == UNAVAILABLE
    assert lost == 2


WRITES = {
    "create": ("POST", "tasks", {"title": "Written"}),
    "replace": ("PUT", "tasks/{id}", {"title": "Written", "complete": True}),
    "patch": ("PATCH", "tasks/{id}", {"title": "Written"}),
    "delete": ("DELETE", "tasks/{id}", None),
}


@pytest.mark.parametrize(("method", "path", "body"), WRITES.values(), ids=WRITES)
def test_a_write_whose_reply_is_lost_is_never_sent_twice(
    client: httpx2.Client, proxy: Proxy, method: str, path: str, body: dict[str, object] | None
) -> None:
    task = create(client, "Before").json()
    proxy.lose_replies_to(b"RETURNING", 100)
    answer = client.request(method, path.format(id=task["id"]), json=body)
    sent = proxy.lost
    proxy.lose_replies_to(b"", 0)

    assert problem(answer) == UNAVAILABLE
    assert sent == 1
    assert titles(client).count("Written") == (0 if method == "DELETE" else 1)


def test_an_update_that_lost_a_race_is_sent_again(
    postgres: Postgres, client: httpx2.Client
) -> None:
    task = create(client, "Raced for").json()
    isolation = "default_transaction_isolation = 'repeatable read'"
    with (
        setting(postgres, isolation),
        ThreadPoolExecutor(1) as thread,
        closing(psycopg2.connect(postgres.dsn)) as session,
        session.cursor() as cursor,
    ):
        cursor.execute("UPDATE tasks SET complete = true WHERE id = %s", (task["id"],))
        request = thread.submit(client.patch, f"tasks/{task['id']}", json={"complete": False})
        until(lambda: bool(postgres.sql(f"SELECT 1 {WAITING}")))
        session.commit()
        answer = request.result()

    assert answer.status_code == 200
    assert (answer.json()["complete"], answer.json()["version"]) == (False, 2)
