"""A service whose way to a PostgreSQL of its own can be cut, and a client of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest

from db import schema
from tests.conftest import SECRET
from tests.db.postgres import Server as Postgres
from tests.db.postgres import private_server
from tests.live.conftest import PATIENCE, Server, serving, until
from tests.live.proxy import Proxy
from todo_api.settings.development import token_for

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


def create(client: httpx2.Client, title: str) -> httpx2.Response:
    return client.post("tasks", json={"title": title})


def titles(client: httpx2.Client) -> list[str]:
    return [task["title"] for task in client.get("tasks").json()["tasks"]]


@contextmanager
def setting(postgres: Postgres, assignment: str) -> Iterator[None]:
    """Change the server's configuration for every session, those that run included."""
    name, _, value = assignment.partition(" = ")

    def take_effect(statement: str, wanted: Callable[[str], bool]) -> None:
        postgres.sql(statement)
        postgres.sql("SELECT pg_reload_conf()")
        until(lambda: wanted(postgres.sql(f"SHOW {name}")[0][0]))

    take_effect(f"ALTER SYSTEM SET {assignment}", value.strip("'").__eq__)
    try:
        yield
    finally:
        take_effect(f"ALTER SYSTEM RESET {name}", value.strip("'").__ne__)
