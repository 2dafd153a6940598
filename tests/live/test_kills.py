"""No acknowledged write is lost to kill -9, and blind retries with a key create nothing twice."""

import os
import random
import signal
import socket
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil
import pytest

from db import schema
from tests.conftest import SECRET
from tests.db.postgres import Server as Postgres
from tests.db.postgres import private_server
from tests.live.conftest import COMMAND, PATIENCE, environment, free_port, until
from tests.live.kills import CLIENTS, Load, Row

KILLS = int(os.environ.get("CAMPAIGN_KILLS", "9"))
WORKERS = 2
CHANCE = random.Random(KILLS)
MOST_BETWEEN = 20  # writes that each client has acknowledged from one kill to the next

COMMITTED = """
SELECT pid FROM pg_stat_activity
WHERE application_name = 'todo-api' AND wait_event = 'SyncRep'
"""


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    """A server without fsync: what it wrote survives its processes, if not the machine's power."""
    with private_server() as postgres:
        schema.upgrade(postgres.dsn)
        yield postgres


class Service:
    """A supervisor and its workers, on a port that stays the same."""

    def __init__(self, database: int, output: Path) -> None:
        self.port = free_port()
        self._url = f"postgresql://postgres@127.0.0.1:{database}/postgres"
        self._output = output

    def start(self) -> None:
        with self._output.open("a") as log:
            self._supervisor = subprocess.Popen(
                [*COMMAND, "serve", "--port", str(self.port), "--workers", str(WORKERS)],
                env=environment(DATABASE_URL=self._url, JWT_SECRET_KEY=SECRET),
                stdout=log,
                stderr=log,
                process_group=0,
            )
        self.has_workers()

    def kill(self) -> None:
        """Kill all at once, so that nothing ends by itself."""
        with suppress(ProcessLookupError):
            os.killpg(self._supervisor.pid, signal.SIGKILL)
        self._supervisor.wait(PATIENCE)
        until(lambda: not self._listens())

    def kill_worker(self) -> None:
        """Kill the one that most clients are connected to."""
        victim = max(self._workers(), key=self._clients)
        victim.kill()
        victim.wait(PATIENCE)

    def has_workers(self) -> None:
        """Wait until the supervisor has started all of them, or another for one that died."""
        until(lambda: len(self._workers()) == WORKERS or self._supervisor.poll() is not None)
        assert self._supervisor.poll() is None, self._output.read_text()[-2000:]

    def _workers(self) -> list[psutil.Process]:
        return [
            process
            for process in psutil.process_iter(["ppid", "cmdline"])
            if process.info["ppid"] == self._supervisor.pid
            and "todo_api.workers.worker" in (process.info["cmdline"] or ())
        ]

    def _clients(self, worker: psutil.Process) -> int:
        return sum(
            connection.laddr.port == self.port and bool(connection.raddr)
            for connection in worker.net_connections("tcp")
        )

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


@pytest.fixture
def service(postgres: Postgres, tmp_path: Path) -> Iterator[Service]:
    service = Service(postgres.port, tmp_path / "output")
    try:
        service.start()
        yield service
    finally:
        service.kill()


def kill_unanswered(postgres: Postgres) -> None:
    """Kill it when all writes are committed and none is answered: they wait for a standby.

    It is back at once, so that what the service sent a second time would be done a second time.
    """
    postgres.sql("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    postgres.sql("SELECT pg_reload_conf()")
    until(lambda: len(postgres.sql(COMMITTED)) >= 2 * CLIENTS)
    postgres.sql("ALTER SYSTEM RESET synchronous_standby_names")
    postgres.kill()
    postgres.start()


@dataclass
class Kill:
    """What is killed, how many clients notice before it is brought back, and how it is."""

    kill: Callable[[], None]
    clients: int
    restore: Callable[[], None]


@pytest.fixture
def kills(postgres: Postgres, service: Service) -> list[Kill]:
    """As many kills as were asked for, of every kind in turn and in no fixed order."""
    kinds = [
        Kill(service.kill_worker, 1, service.has_workers),
        Kill(service.kill, 2 * CLIENTS, service.start),
        Kill(postgres.kill, 2 * CLIENTS, postgres.start),
        Kill(partial(kill_unanswered, postgres), 1, postgres.start),
    ]
    rounds = -(-KILLS // len(kinds))
    return [kill for _ in range(rounds) for kill in CHANCE.sample(kinds, len(kinds))][:KILLS]


def stored(postgres: Postgres) -> dict[str, list[Row]]:
    """Return the rows that are there, by the name of the task that their title holds."""
    rows: dict[str, list[Row]] = defaultdict(list)
    for task, title, version in postgres.sql("SELECT id, title, version FROM tasks"):
        rows[title.rpartition("/")[0]].append((task, title, version))
    return rows


@pytest.mark.timeout(1200)
def test_kills_lose_nothing_that_was_acknowledged_and_double_nothing_that_has_a_key(
    postgres: Postgres,
    service: Service,
    kills: list[Kill],
    user: str,
    figure: Callable[[str], None],
) -> None:
    load = Load(user, service.port)
    with load.running():
        for kill in kills:
            load.goes_on(CHANCE.randint(2, MOST_BETWEEN))
            with load.is_struck(kill.clients):
                kill.kill()
            kill.restore()
        load.goes_on(MOST_BETWEEN)

    rows = stored(postgres)
    tasks = {task.name: task for client in load.clients for task in client.tasks}
    wrong = [(task, rows[name]) for name, task in tasks.items() if not task.is_found_in(rows[name])]
    twice = [found for found in rows.values() if len(found) > 1]
    unseen = [task for name, task in tasks.items() if task.was_done_unseen(rows[name])]
    retried = sum(len(client.tasks) for client in load.retriers)
    figure(
        f"{KILLS} kills, {load.acknowledged} writes acknowledged, {len(unseen)} done without, "
        f"{retried} tasks through blind retries, {len(wrong)} lost, {len(twice)} twice"
    )
    assert unseen
    assert wrong == []
    assert twice == []
    assert rows.keys() <= tasks.keys()
