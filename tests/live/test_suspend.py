"""A database that suspends, as Neon's do: all connections end, none is taken, then it is back."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path

import httpx2
import pytest

from db import schema
from tests.conftest import SECRET
from tests.db.postgres import Server as Database
from tests.live.conftest import PATIENCE, Server, serving

ASLEEP = 1.0
TIMEOUT = 5.0
CLIENTS = 8


@pytest.fixture(scope="module")
def database(open_directory: Path) -> Iterator[Database]:
    directory = open_directory / "suspended"
    directory.mkdir()
    database = Database(directory)
    database.start()
    yield database
    database.stop()


@pytest.fixture(scope="module")
def server(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    url = f"postgresql://postgres@127.0.0.1:{database.port}/postgres"
    schema.upgrade(url)
    log = tmp_path_factory.mktemp("suspended") / "log"
    variables = {"DATABASE_URL": url, "JWT_SECRET_KEY": SECRET, "REQUEST_TIMEOUT": f"{TIMEOUT}"}
    with serving(log, **variables) as running:
        yield running


@pytest.fixture
async def tasks(
    server: Server, user: str, token: Callable[[str], str]
) -> AsyncIterator[httpx2.AsyncClient]:
    headers = {"Authorization": f"Bearer {token(user)}"}
    base = f"{server.url}/api/{user}/"
    async with httpx2.AsyncClient(base_url=base, headers=headers, timeout=PATIENCE) as client:
        yield client


@dataclass
class Seen:
    """What became of the requests."""

    answers: list[httpx2.Response] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    created: int = 0
    stopped: bool = False

    def successes(self) -> int:
        return sum(answer.is_success for answer in self.answers)

    async def until_success(self, client: httpx2.AsyncClient, request: httpx2.Request) -> None:
        """Send a request as often as it takes, waiting for as long as the server asks."""
        while True:
            started = time.monotonic()
            answer = await client.send(request)
            self.seconds.append(time.monotonic() - started)
            self.answers.append(answer)
            if answer.is_success:
                return
            assert answer.status_code == 503
            await asyncio.sleep(float(answer.headers["Retry-After"]))

    async def read(self, client: httpx2.AsyncClient) -> None:
        while not self.stopped:
            await self.until_success(client, client.build_request("GET", "tasks?limit=10"))

    async def write(self, client: httpx2.AsyncClient, name: str) -> None:
        number = 0
        while not self.stopped:
            number += 1
            title = f"{name} {number}"
            key = {"Idempotency-Key": title.replace(" ", "-")}
            request = client.build_request("POST", "tasks", json={"title": title}, headers=key)
            await self.until_success(client, request)
            self.created += 1

    async def more(self) -> None:
        """Wait until some more requests have succeeded."""
        enough = self.successes() + 3 * CLIENTS
        async with asyncio.timeout(PATIENCE):
            while self.successes() < enough:  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.01)


async def sleep_and_wake(database: Database) -> None:
    await asyncio.to_thread(database.stop)
    await asyncio.sleep(ASLEEP)
    await asyncio.to_thread(database.start)


async def test_a_suspension_costs_clients_that_retry_only_the_wait(
    database: Database, tasks: httpx2.AsyncClient, user: str, figure: Callable[[str], None]
) -> None:
    seen = Seen()
    async with asyncio.TaskGroup() as clients:
        for number in range(CLIENTS // 2):
            clients.create_task(seen.read(tasks))
            clients.create_task(seen.write(tasks, f"writer{number}"))
        await seen.more()
        await sleep_and_wake(database)
        await seen.more()
        seen.stopped = True

    assert {answer.status_code for answer in seen.answers} == {200, 201, 503}
    figure(
        f"{len(seen.answers)} requests, {seen.created} created once each, 0 other than 2xx and 503"
    )
    assert max(seen.seconds) < 2 * TIMEOUT
    created = f"SELECT count(*) FROM tasks WHERE user_id = '{user}'"
    assert database.sql(created) == [(seen.created,)]


async def test_connections_that_ended_while_idle_cost_nothing(
    database: Database, server: Server, user: str, token: Callable[[str], str]
) -> None:
    with requests(server, user, token(user)) as (send, statuses):
        send()
        assert statuses() == EVERY_ONE
    await sleep_and_wake(database)
    with requests(server, user, token(user)) as (send, statuses):
        send()
        assert statuses() == EVERY_ONE


def test_connections_that_ended_while_nobody_looked_cost_nothing(
    database: Database, server: Server, user: str, token: Callable[[str], str]
) -> None:
    with requests(server, user, token(user)) as (send, statuses):
        send()
        assert statuses() == EVERY_ONE
        server.process.send_signal(signal.SIGSTOP)
        try:
            send()  # into the server's sockets, ahead of what ends the sessions
            database.sql(f"SELECT pg_terminate_backend(pid) {OTHERS}")
            while database.sql(f"SELECT {OTHERS}"):
                time.sleep(0.01)
        finally:
            server.process.send_signal(signal.SIGCONT)
        assert statuses() == EVERY_ONE


EVERY_ONE = [201] * CLIENTS + [200] * CLIENTS  # writes first: they have no second try


OTHERS = "FROM pg_stat_activity WHERE application_name = 'todo-api'"


Requests = tuple[Callable[[], None], Callable[[], list[int]]]


@contextmanager
def requests(server: Server, user: str, token: str) -> Iterator[Requests]:
    """What sends as many writes as reads at once on connections that stay, and what comes back."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    address = server.url.removeprefix("http://")
    methods = ["POST"] * CLIENTS + ["GET"] * CLIENTS
    with ExitStack() as stack:
        connections = [
            stack.enter_context(closing(HTTPConnection(address, timeout=PATIENCE))) for _ in methods
        ]

        def send() -> None:
            for method, connection in zip(methods, connections, strict=True):
                body = None if method == "GET" else b'{"title": "Awake"}'
                connection.request(method, f"/api/{user}/tasks", body, headers)

        def statuses() -> list[int]:
            answers = [connection.getresponse() for connection in connections]
            assert all(answer.read() for answer in answers)
            return [answer.status for answer in answers]

        yield send, statuses
