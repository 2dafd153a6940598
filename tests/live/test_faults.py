"""What goes wrong with the database is 503 and passes; a write is never sent a second time."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event
from uuid import uuid4

import httpx2
import psycopg2
import pytest

from db import schema
from tests.conftest import SECRET, problem
from tests.db.postgres import Server as Postgres
from tests.db.postgres import private_server
from tests.live.conftest import PATIENCE, Server, serving, until
from tests.live.proxy import Proxy
from todo_api.development import token_for

CLIENTS = 6
STORED = "SELECT title FROM tasks WHERE user_id ="
BACKENDS = "FROM pg_stat_activity WHERE application_name = 'todo-api'"
WAITING = f"{BACKENDS} AND wait_event_type = 'Lock'"
UNAVAILABLE = (503, "DATABASE_ERROR")
FAULT = """
CREATE OR REPLACE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.title LIKE 'SQLSTATE %' THEN
        RAISE EXCEPTION USING ERRCODE = right(NEW.title, 5);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER fault BEFORE INSERT ON tasks FOR EACH ROW EXECUTE FUNCTION fault();
ALTER TABLE tasks ADD CONSTRAINT no_secrets CHECK (title NOT LIKE 'secret %');
"""


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with private_server() as postgres:
        postgres.sql("CREATE ROLE todo LOGIN; GRANT CREATE ON SCHEMA public TO todo")
        schema.upgrade(postgres.dsn.replace("user=postgres", "user=todo"))
        postgres.sql(FAULT)
        yield postgres


@contextmanager
def serving_on(port: int, output: Path) -> Iterator[Server]:
    url = f"postgresql://todo@127.0.0.1:{port}/postgres?sslmode=disable"
    with serving(output, DATABASE_URL=url, JWT_SECRET_KEY=SECRET, LOG_FORMAT="json") as server:
        yield server


@pytest.fixture(scope="module")
def service(proxy: Proxy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving_on(proxy.port, tmp_path_factory.mktemp("faults") / "output") as server:
        yield server
        assert '"INTERNAL_ERROR"' not in server.log()


@contextmanager
def client_of(server: Server) -> Iterator[httpx2.Client]:
    user = f"user-{uuid4().hex}"
    headers = {"Authorization": f"Bearer {token_for(user, SECRET, 600)}"}
    base_url = f"{server.url}/api/{user}/"
    with httpx2.Client(base_url=base_url, headers=headers, timeout=PATIENCE) as client:
        yield client


@pytest.fixture
def client(service: Server) -> Iterator[httpx2.Client]:
    """A client of a new user, whom the database answers."""
    with client_of(service) as client:
        until(lambda: client.get("tasks").status_code == 200)
        yield client


def user_of(client: httpx2.Client) -> str:
    return client.base_url.path.split("/")[2]


def create(client: httpx2.Client, title: str) -> httpx2.Response:
    return client.post("tasks", json={"title": title})


def titles(client: httpx2.Client) -> list[str]:
    return [task["title"] for task in client.get("tasks").json()["tasks"]]


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

        proxy.accept()
        until(lambda: client.get(ready).status_code == 200)
        assert create(client, "Late").status_code == 201
    proxy.refuse()


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


@contextmanager
def setting(postgres: Postgres, assignment: str) -> Iterator[None]:
    """Change the server's configuration for every session, those that run included."""
    name, _, value = assignment.partition(" = ")

    def take_effect(statement: str, wanted: Callable[[str], bool]) -> None:
        postgres.sql(statement)
        postgres.sql("SELECT pg_reload_conf()")
        until(lambda: wanted(postgres.sql(f"SHOW {name}")[0][0]))

    take_effect(f"ALTER SYSTEM SET {assignment}", value.strip("'").__eq__)
    yield
    take_effect(f"ALTER SYSTEM RESET {name}", value.strip("'").__ne__)


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
        until(lambda: len(titles(client)) > CLIENTS)
        broken(postgres, proxy, breakage)
        absence = until(lambda: client.get("tasks").status_code == 200)
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
