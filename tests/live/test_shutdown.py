"""A restart loses nobody: what the service has begun it answers, and what it answered is kept."""

import os
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import urlsplit

import httpx2
import orjson
import psycopg2
import pytest

from tests.conftest import SECRET, problem
from tests.live.conftest import PATIENCE, Server, serving, until
from todo_api.settings.development import token_for

ROUNDS = int(os.environ.get("CAMPAIGN_RESTARTS", "3"))
CLIENTS = 8
TIMEOUT = "3"  # seconds; the longer one is for requests that are to be answered before it
LONGER = "10"
WAITING = """
SELECT pid FROM pg_stat_activity
WHERE application_name = 'todo-api' AND wait_event_type = 'Lock'
"""


@contextmanager
def serving_on(database_url: str, output: Path, timeout: str) -> Iterator[Server]:
    settings = {"JWT_SECRET_KEY": SECRET, "REQUEST_TIMEOUT": timeout}
    with serving(output, DATABASE_URL=database_url, **settings) as server:
        yield server


@dataclass
class Load:
    """Clients on connections that they keep, which go where `url` says and create tasks.

    What is `cut_off` met the end of an idle connection: nobody may have begun it.
    """

    user: str
    headers: dict[str, str]
    url: str = ""
    over: Event = field(default_factory=Event)
    created: list[str] = field(default_factory=list)
    cut_off: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def has_created(self, enough: int) -> bool:
        return len(self.created) >= enough

    def run(self, number: int) -> None:
        """Create tasks until it is over, each under a new name and each sent once."""
        attempt = 0
        while not self.over.is_set():
            place = urlsplit(self.url)
            connection = HTTPConnection(place.hostname or "", place.port, timeout=PATIENCE)
            with closing(connection):
                try:
                    connection.connect()
                except ConnectionRefusedError:
                    time.sleep(0.01)
                    continue
                while not self.over.is_set() and self._creates(connection, f"{number}.{attempt}"):
                    attempt += 1
                attempt += 1

    def _creates(self, connection: HTTPConnection, title: str) -> bool:
        """Create a task, and tell whether the connection can be used again."""
        body = orjson.dumps({"title": title})
        head = {"Content-Type": "application/json", **self.headers}
        try:
            connection.request("POST", f"/api/{self.user}/tasks", body, head)
            answer = connection.getresponse()
        except (ConnectionError, HTTPException) as error:
            self.cut_off.append(f"{title}: {error!r}")
            return False
        content = answer.read()
        if answer.status == 201:
            self.created.append(orjson.loads(content)["title"])
        else:
            self.failed.append(f"{title}: {answer.status} {content!r}")
        return not answer.will_close


@pytest.fixture
def load(user: str) -> Load:
    return Load(user, {"Authorization": f"Bearer {token_for(user, SECRET, 3600)}"})


@pytest.mark.timeout(600)
def test_restarts_under_load_lose_no_request_that_was_begun(
    database_url: str,
    sql: Callable[..., Any],
    load: Load,
    tmp_path: Path,
    figure: Callable[[str], None],
) -> None:
    with ThreadPoolExecutor(CLIENTS) as threads:
        running: list[Future[None]] = []
        try:
            for number in range(ROUNDS):
                with serving_on(database_url, tmp_path / f"output {number}", LONGER) as server:
                    load.url = server.url
                    running = running or [threads.submit(load.run, n) for n in range(CLIENTS)]
                    enough = len(load.created) + 200
                    until(partial(load.has_created, enough))
                    assert server.stop() == 0
        finally:
            load.over.set()
        for future in running:
            future.result()

    stored = {title for (title,) in sql("SELECT title FROM tasks WHERE user_id = %s", (load.user,))}
    figure(f"{ROUNDS} restarts, {len(stored)} tasks created, {len(load.cut_off)} requests cut off")
    assert load.failed == []
    assert stored == set(load.created)
    assert load.cut_off == []


@contextmanager
def locked(database_url: str) -> Iterator[None]:
    with closing(psycopg2.connect(database_url)) as session, session.cursor() as cursor:
        cursor.execute("LOCK TABLE tasks")
        yield


def refuses(server: Server) -> bool:
    place = urlsplit(server.url)
    try:
        socket.create_connection((place.hostname, place.port), PATIENCE).close()
    except ConnectionRefusedError:
        return True
    return False


@pytest.mark.parametrize("status", [201, 503])
def test_a_request_in_flight_is_answered_before_the_service_ends(
    database_url: str,
    sql: Callable[..., Any],
    load: Load,
    tmp_path: Path,
    status: int,
) -> None:
    timeout = LONGER if status == 201 else TIMEOUT
    with (
        serving_on(database_url, tmp_path / "output", timeout) as server,
        ThreadPoolExecutor(1) as thread,
    ):
        url = f"{server.url}/api/{load.user}/tasks"
        with locked(database_url):
            request = thread.submit(
                httpx2.post, url, json={"title": "Wait"}, headers=load.headers, timeout=PATIENCE
            )
            until(lambda: bool(sql(WAITING)))
            server.process.terminate()
            until(lambda: refuses(server))
            assert not request.done()
            if status == 503:
                assert problem(request.result()) == (503, "DATABASE_ERROR")
        assert request.result().status_code == status
        assert server.process.wait(PATIENCE) == 0
