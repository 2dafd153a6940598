"""Measure how cost grows, with a user's tasks and with everybody's: `make bench-growth`."""

import gc
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.database import Database, running_database
from bench.growth.client import Client, request
from bench.growth.connections import hold_connections
from bench.growth.report import report
from bench.growth.requests import Ask, paged, searched
from bench.growth.results import Growth, Medians, Spread
from bench.growth.tables import Sizes, alone, crowd, user_in_crowd, user_of
from bench.measure import say
from bench.peers import PEERS
from bench.servers import serving
from bench.versions import versions

_BENCH = Path(__file__).resolve().parents[1]
_ALONE, _CROWD = "alone", "crowd"
_WORST = 3  # rounds of what takes seconds
_NAMED = ("machine", "Python", "PostgreSQL", "our service")


def main() -> None:
    """Measure everything, then write the report and draw the picture."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # by unwinding, or servers would be left
    scale, rounds = float(os.environ.get("SCALE", "1")), int(os.environ.get("ROUNDS", "300"))
    sizes = Sizes.of(scale)
    with running_database() as cluster, TemporaryDirectory() as folder:
        growth = Growth(
            date=f"{datetime.now(UTC):%Y-%m-%d}",
            command=f"make bench-growth SCALE={scale:g} ROUNDS={rounds}",
            cores=os.cpu_count() or 0,
            versions={name: versions(cluster)[name] for name in _NAMED},
            rows=sizes.rows,
            crowd=sizes.crowd,
            tasks=list(sizes.users),
        )
        _measure(cluster, sizes, rounds, Path(folder), growth)
    _publish(growth)


def _measure(cluster: Database, sizes: Sizes, rounds: int, folder: Path, growth: Growth) -> None:
    say(f"filling a table of {sizes.rows:,} rows, and {len(sizes.users)} smaller ones")
    theirs = {tasks: alone(cluster, tasks) for tasks in sizes.users}
    everybodys = crowd(cluster, sizes)
    with ExitStack() as stack:

        def client(database: Database, tasks: int) -> Client:
            ready, peer = request(user_of(tasks), path="?limit=1"), PEERS["todo-api"]
            server = stack.enter_context(serving(peer, database, ready, folder))
            return Client(server.port)

        shared = client(everybodys, sizes.users[0])
        clients = {
            _ALONE: [client(database, tasks) for tasks, database in theirs.items()],
            _CROWD: [shared] * len(sizes.users),
        }
        growth.paged = _compare(clients, sizes, paged, rounds)
        growth.searched = _compare(clients, sizes, searched, _WORST)
        growth.users = _spread_over_users(shared, sizes, rounds * 10)
    say("opening connections")
    growth.connections = hold_connections(everybodys, user_of(sizes.users[0]), folder)


def _compare(
    clients: dict[str, list[Client]],
    sizes: Sizes,
    asks: Callable[[Client, int], dict[str, Ask]],
    rounds: int,
) -> dict[str, Medians]:
    """Return the medians of rounds in each of which everything is asked once, in any order."""
    say(f"{rounds} rounds of {asks.__name__}")
    times: dict[tuple[str, str, int], tuple[Ask, list[float]]] = {}
    for table, connected in clients.items():
        for client, tasks in zip(connected, sizes.users, strict=True):
            for name, ask in asks(client, tasks).items():
                ask()  # what is not in memory yet is a matter of the disk
                times[table, name, tasks] = (ask, [])
    gc.freeze()
    for _ in range(rounds):
        for ask, seconds in random.sample(list(times.values()), len(times)):
            seconds.append(ask())
    medians: dict[str, Medians] = {table: {} for table in clients}
    for (table, name, _), (_, seconds) in times.items():
        medians[table].setdefault(name, []).append(median(seconds) * 1000)
    return medians


def _spread_over_users(client: Client, sizes: Sizes, count: int) -> dict[str, Spread]:
    """Ask for first pages, of one user and of another one each time, in turn."""
    say(f"{count} requests of as many users")
    one = request(user_in_crowd(0), path="?limit=50")
    drawn = random.Random(50).choices(range(sizes.crowd), k=count)  # noqa: S311 (no secret)
    others = [request(user_in_crowd(number), path="?limit=50") for number in drawn]
    times = [(client.send(one)[0], client.send(other)[0]) for other in others]
    names = ("1", f"{sizes.crowd:,}")
    return dict(zip(names, map(Spread.of, zip(*times, strict=True)), strict=True))


def _publish(growth: Growth) -> None:
    data = _BENCH / "growth.json"
    data.write_text(json.dumps(asdict(growth), indent=1) + "\n")
    text = report(growth)
    (_BENCH / "GROWTH.md").write_text(text)
    draw = [
        _BENCH / ".venv/bin/python",
        Path(__file__).with_name("picture.py"),
        data,
        _BENCH / "growth.png",
    ]
    subprocess.run(draw, check=True)
    say("done: bench/GROWTH.md, bench/growth.json, bench/growth.png")
    print(text)


if __name__ == "__main__":
    main()
