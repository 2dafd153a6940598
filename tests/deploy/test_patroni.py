"""The leader's machine is lost under load: Patroni, HAProxy and PgBouncer as deploy/ has them."""

import os
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from secrets import token_hex

import pytest

from tests.conftest import SECRET
from tests.deploy.machine import Machine
from tests.deploy.patroni import FAILOVER, Cluster, patroni
from tests.deploy.pooler import shipped_pgbouncer
from tests.live.conftest import COMMAND, Server, environment, serving
from tests.live.kills import CLIENTS, Client, Load, Row, Task

FAILOVERS = int(os.environ.get("CAMPAIGN_FAILOVERS", "3"))
ENOUGH = 10  # answers to each client


@dataclass
class Careful(Client):
    """A client that reads what it has written."""

    def _sets(self, task: Task, version: int) -> bool:
        return super()._sets(task, version) and self._reads(task, version)

    def _reads(self, task: Task, version: int) -> bool:
        answer = self._send("GET", f"{self._path}/{task.id}")
        if answer is not None:
            task.take(answer, version)
        return answer is not None


def kill_unanswered(leader: Machine, load: Load) -> None:
    """Kill it when it has committed writes of every client that no standby has.

    They waited for one past their deadline, so that nobody was told of a success.
    """
    with load.is_struck(2 * CLIENTS):
        leader.stop_replication()
    leader.kill()


@dataclass
class Loss:
    """A way to lose the leader, and to get it back."""

    name: str
    lose: Callable[[Machine, Load], None]
    restore: Callable[[Machine], None]


LOSSES = [
    Loss("killed with unanswered writes", kill_unanswered, Machine.start),
    Loss("PostgreSQL killed", lambda leader, _: leader.kill_postgresql(), lambda _: None),
    Loss("frozen", lambda leader, _: leader.freeze(), Machine.thaw),
    Loss("killed", lambda leader, _: leader.kill(), Machine.start),
]


@pytest.fixture(scope="module")
def cluster(open_directory: Path) -> Iterator[Cluster]:
    with patroni(open_directory / "patroni") as cluster:
        yield cluster


@pytest.fixture(scope="module")
def pooled(cluster: Cluster, open_directory: Path) -> Iterator[str]:
    """The leader's database, through HAProxy and PgBouncer."""
    password = token_hex()
    cluster.leader().sql(f"CREATE ROLE todo LOGIN PASSWORD '{password}'")
    cluster.leader().sql("CREATE DATABASE todo OWNER todo")
    led = f"postgresql://todo:{password}@127.0.0.1:{cluster.port}/todo"
    with shipped_pgbouncer(open_directory / "patroni's pooler", led) as url:
        yield url


@pytest.fixture(scope="module")
def server(pooled: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    variables = {"DATABASE_URL": pooled, "JWT_SECRET_KEY": SECRET, "REQUEST_TIMEOUT": "3"}
    subprocess.run([*COMMAND, "migrate"], env=environment(**variables), check=True)
    with serving(tmp_path_factory.mktemp("failover") / "log", **variables) as running:
        yield running


def stored(leader: Machine, user: str) -> dict[str, list[Row]]:
    """Return the rows that are there, by the name of the task that their title holds."""
    rows: dict[str, list[Row]] = defaultdict(list)
    query = f"SELECT id, title, version FROM tasks WHERE user_id = '{user}'"
    for task, title, version in leader.sql(query, "todo"):
        rows[title.rpartition("/")[0]].append((task, title, version))
    return rows


@pytest.mark.timeout(1800)
def test_writes_resume_on_another_machine_and_none_that_was_acknowledged_is_lost(
    cluster: Cluster, server: Server, user: str, figure: Callable[[str], None]
) -> None:
    load = Load(user, int(server.url.rpartition(":")[2]), Careful, FAILOVER)
    away: dict[str, list[str]] = defaultdict(list)
    with load.running():
        for loss in islice(cycle(LOSSES), FAILOVERS):
            load.goes_on(ENOUGH)
            leader = cluster.leader()
            loss.lose(leader, load)
            away[loss.name].append(f"{load.resumes():.1f}")
            loss.restore(leader)
            assert cluster.leader() is not leader
        load.goes_on(ENOUGH)

    rows = stored(cluster.leader(), user)
    tasks = {task.name: task for client in load.clients for task in client.tasks}
    wrong = [(task, rows[name]) for name, task in tasks.items() if not task.is_found_in(rows[name])]
    twice = [found for name, found in rows.items() if len(found) > 1]
    unanswered = sum(client.cut for client in load.clients)
    refused = sum(client.unknown for client in load.clients) - unanswered
    seconds = ", ".join(f"{name} {' '.join(times)}" for name, times in away.items())
    figure(
        f"{FAILOVERS} leaders lost, {load.acknowledged} requests acknowledged, {refused} refused, "
        f"{unanswered} unanswered, {len(wrong)} lost, {len(twice)} twice; "
        f"seconds to the first write: {seconds}"
    )
    assert wrong == []
    assert twice == []
    assert rows.keys() <= tasks.keys()
    assert unanswered == 0
