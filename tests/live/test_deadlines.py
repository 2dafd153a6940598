"""Every request ends by its deadline, whatever the database does, and the service recovers."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import psycopg2
import pytest

from db import schema
from tests.conftest import SECRET, problem
from tests.db.postgres import Server as Postgres
from tests.db.postgres import private_server
from tests.live.conftest import PATIENCE, Server, serving, until
from tests.live.proxy import Proxy
from todo_api.settings.development import token_for

TIMEOUT = 2
SLACK = 3  # seconds that a busy machine may add to a deadline
POOL_SIZE = 2
SHARE = 1  # what one user may have of it
BACKENDS = "SELECT pid FROM pg_stat_activity WHERE application_name = 'todo-api'"
WAITING = f"{BACKENDS} AND wait_event_type = 'Lock'"


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with private_server() as postgres:
        schema.upgrade(postgres.dsn)
        yield postgres


def serving_on(
    proxy: Proxy, output: Path, timeout: int = TIMEOUT
) -> AbstractContextManager[Server]:
    url = f"postgresql://postgres@127.0.0.1:{proxy.port}/postgres?sslmode=disable"
    return serving(
        output,
        DATABASE_URL=url,
        JWT_SECRET_KEY=SECRET,
        REQUEST_TIMEOUT=str(timeout),
        DB_POOL_SIZE=str(POOL_SIZE),
    )


@contextmanager
def client_of(server: Server) -> Iterator[httpx2.Client]:
    headers = {"Authorization": f"Bearer {token_for('alice', SECRET, 600)}"}
    with httpx2.Client(
        base_url=f"{server.url}/api/alice/", headers=headers, timeout=PATIENCE
    ) as client:
        yield client


@contextmanager
def locked(postgres: Postgres) -> Iterator[None]:
    """Hold what every statement waits for."""
    with closing(psycopg2.connect(postgres.dsn)) as session, session.cursor() as cursor:
        cursor.execute("LOCK TABLE tasks")
        yield


@contextmanager
def frozen(postgres: Postgres) -> Iterator[None]:
    postgres.freeze()
    yield
    postgres.thaw()


@contextmanager
def silent(proxy: Proxy) -> Iterator[None]:
    proxy.fall_silent()
    yield
    proxy.speak()


def seconds(answer: httpx2.Response) -> float:
    return answer.elapsed.total_seconds()


@dataclass
class Outage:
    """What came of requests that the database kept waiting, and of what followed."""

    held: list[httpx2.Response]
    meanwhile: dict[str, list[httpx2.Response]]
    backends_before: set[int]
    backends_after: Callable[[], set[int]]
    recovered: list[int]


REQUESTS = (
    ("GET", "tasks", None),
    ("GET", "tasks/1", None),
    ("POST", "tasks", {"title": "Wait"}),
    ("PUT", "tasks/1", {"title": "Wait", "complete": True}),
    ("PATCH", "tasks/1", {"complete": True}),
    ("DELETE", "tasks/1", None),
)


def held(client: httpx2.Client, threads: ThreadPoolExecutor) -> list[Future[httpx2.Response]]:
    """Send one request of every kind, more than the pool has connections."""
    return [
        threads.submit(client.request, method, path, json=body) for method, path, body in REQUESTS
    ]


def asked_meanwhile(
    client: httpx2.Client, running: list[Future[httpx2.Response]]
) -> dict[str, list[httpx2.Response]]:
    """Send what needs no database, for as long as all who need it wait."""
    asked: dict[str, list[httpx2.Response]] = {"health": [], "nobody": [], "invalid": []}
    while not wait(running, 0.02, FIRST_COMPLETED).done:
        asked["health"].append(client.get(client.base_url.join("/health")))
        asked["nobody"].append(client.get("tasks", headers={"Authorization": "Bearer no"}))
        asked["invalid"].append(client.get("tasks?limit=0"))
    return asked


def statuses_until_success(client: httpx2.Client) -> list[int]:
    """Return the status of every request up to the first that succeeds."""
    statuses: list[int] = []
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and 200 not in statuses:
        statuses.append(client.get("tasks").status_code)
    return statuses


@pytest.fixture(scope="module")
def service(proxy: Proxy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving_on(proxy, tmp_path_factory.mktemp("deadlines") / "output") as server:
        yield server


@pytest.fixture(scope="module", params=["frozen", "silent", "locked"])
def outage(
    request: pytest.FixtureRequest, postgres: Postgres, proxy: Proxy, service: Server
) -> Outage:
    troubles = {
        "frozen": lambda: frozen(postgres),
        "silent": lambda: silent(proxy),
        "locked": lambda: locked(postgres),
    }

    def backends() -> set[int]:
        return {pid for (pid,) in postgres.sql(BACKENDS)}

    with client_of(service) as client, ThreadPoolExecutor(len(REQUESTS)) as threads:
        list(threads.map(lambda _: client.get("tasks"), range(20)))
        before = backends()
        with troubles[request.param]():
            running = held(client, threads)
            meanwhile = asked_meanwhile(client, running)
            answers = [future.result() for future in running]
        recovered = statuses_until_success(client)
        return Outage(answers, meanwhile, before, backends, recovered)


def test_every_request_ends_by_its_deadline(outage: Outage, figure: Callable[[str], None]) -> None:
    longest = max(map(seconds, outage.held))
    figure(f"the longest took {longest:.2f} s of {TIMEOUT} s")
    assert longest < TIMEOUT + SLACK


def test_what_ends_at_its_deadline_is_503_and_to_be_tried_again(outage: Outage) -> None:
    assert {problem(answer) for answer in outage.held} == {(503, "DATABASE_ERROR")}
    assert {answer.headers["Retry-After"] for answer in outage.held} == {"1"}


def test_what_needs_no_database_is_not_held_up(outage: Outage) -> None:
    statuses = {
        name: {answer.status_code for answer in answers}
        for name, answers in outage.meanwhile.items()
    }

    assert statuses == {"health": {200}, "nobody": {401}, "invalid": {400}}
    slowest = max(seconds(answer) for answers in outage.meanwhile.values() for answer in answers)
    assert slowest < min(map(seconds, outage.held))


def test_the_service_recovers_by_itself(outage: Outage) -> None:
    assert outage.recovered[-1] == 200
    assert set(outage.recovered[:-1]) <= {503}


def test_no_more_sessions_remain_than_the_pool_has_connections(outage: Outage) -> None:
    until(lambda: 0 < len(outage.backends_after()) <= POOL_SIZE)


@pytest.mark.parametrize("outage", ["frozen", "silent"], indirect=True)
def test_a_connection_that_did_not_answer_is_given_up(outage: Outage) -> None:
    until(lambda: outage.backends_after().isdisjoint(outage.backends_before))


def test_a_connection_is_waited_for_less_long_than_its_answer(
    postgres: Postgres, proxy: Proxy, tmp_path: Path
) -> None:
    with (
        serving_on(proxy, tmp_path / "output", timeout=60) as server,
        client_of(server) as client,
        ThreadPoolExecutor(SHARE) as threads,
    ):
        with locked(postgres):
            running = [threads.submit(client.get, "tasks") for _ in range(SHARE)]
            until(lambda: len(postgres.sql(WAITING)) == SHARE)
            refused = client.get("tasks")
            assert not any(future.done() for future in running)
        assert problem(refused) == (503, "DATABASE_ERROR")
        assert [future.result().status_code for future in running] == [200] * SHARE
