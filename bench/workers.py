"""WORKERS=2 beside WORKERS=1, with the load and PostgreSQL on other cores: `make bench-workers`."""

import gc
import os
import signal
import sys
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.database import running_database
from bench.measure import Bench, rotated, say
from bench.peers import PEERS, Peer
from bench.results import Slice, cpu, rate
from bench.workload import SPEED, workload

_OURS = PEERS["todo-api"]
_WORKERS = (1, 2)
_EXPLANATION = """\
How to read it: requests/s, the service's CPU time for each in microseconds, and how many cores'
worth of CPU time the service used. Where that is near the number of its cores, the service was the
limit; where it is well below, the load or PostgreSQL was, and more workers can't help.
"""
_ONE_CORE = """
On one core, a second worker adds no CPU time: its line says what two processes cost beside one. On
all cores it uses what the load and PostgreSQL leave of theirs. How the rates of workers add up
needs four cores or more.
"""


@dataclass(frozen=True)
class Cores:
    """The cores of the load and PostgreSQL, and those of the service."""

    others: list[int]
    own: list[int]

    @property
    def places(self) -> dict[str, list[int]]:
        """Where the service runs: apart from the others, or wherever there is time."""
        return {"its own": self.own, "all": sorted(self.others + self.own)}


@dataclass(frozen=True)
class Setting:
    """How many workers on which cores, and what was measured of them."""

    workers: int
    place: str
    peer: Peer
    speed: dict[str, list[Slice]] = field(default_factory=dict)


def main() -> None:
    """Measure all settings side by side, in turns, then write the report."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # by unwinding, or servers would be left
    rounds, seconds = (
        int(os.environ.get(*setting)) for setting in (("ROUNDS", "5"), ("SECONDS", "3"))
    )
    cores = _divided()
    os.sched_setaffinity(0, cores.others)  # PostgreSQL and wrk, as our children, stay there as well
    with running_database() as database, TemporaryDirectory() as folder:
        bench = Bench(database, workload(Path(folder)), Path(folder), rounds, seconds)
        gc.freeze()  # the requests are many, and looking through them would show as latency
        settings = _settings(cores)
        _measure(bench, settings)
    text = _report(settings, cores, f"make bench-workers ROUNDS={rounds} SECONDS={seconds}")
    Path(__file__).with_name("WORKERS.md").write_text(text)
    say("done: bench/WORKERS.md")
    print(text)


def _divided() -> Cores:
    """Give the load and PostgreSQL one half of the cores, and the service the other."""
    cores = sorted(os.sched_getaffinity(0))
    half = len(cores) // 2
    if not half:
        sys.exit("This needs two cores.")
    return Cores(cores[:half], cores[half:])


def _settings(cores: Cores) -> list[Setting]:
    return [
        Setting(workers, place, _pinned(workers, place, listed))
        for place, listed in cores.places.items()
        for workers in _WORKERS
    ]


def _pinned(workers: int, place: str, cores: list[int]) -> Peer:
    pin = ["taskset", "--cpu-list", ",".join(map(str, cores))]
    environment = {**_OURS.environment, "WORKERS": str(workers)}
    name = f"{workers} on {place}"
    return replace(_OURS, name=name, command=[*pin, *_OURS.command], environment=environment)


def _measure(bench: Bench, settings: list[Setting]) -> None:
    with bench.serving([setting.peer for setting in settings]) as servers:
        for server in servers:
            bench.warm_up(server, SPEED)
        pairs = list(zip(settings, servers, strict=True))
        for turn in bench.turns("workers"):
            for name in SPEED:
                for setting, server in rotated(pairs, turn):
                    setting.speed.setdefault(name, []).append(bench.slice(server, name))


def _report(settings: list[Setting], cores: Cores, command: str) -> str:
    rows = [
        f"| {one.workers} | {one.place} | {' | '.join(_cell(one.speed[name]) for name in SPEED)} |"
        for one in settings
    ]
    gains = [
        f"| 2 ÷ 1 | {place} | {' | '.join(_gain(settings, place, name) for name in SPEED)} |"
        for place in cores.places
    ]
    head = f"| `WORKERS` | cores | {' | '.join(SPEED)} |\n|---|---|{'---:|' * len(SPEED)}"
    return (
        "# Several workers\n\n"
        f"Measured on {datetime.now(UTC):%Y-%m-%d} with `{command}`, medians of interleaved rounds."
        f" {len(cores.places['all'])} cores: the load and PostgreSQL on {len(cores.others)}, the"
        f" service on {len(cores.own)} of its own, or on all.\n\n"
        + "\n".join([head, *rows, *gains])
        + f"\n\n{_EXPLANATION}{_ONE_CORE if len(cores.own) == 1 else ''}"
    )


def _cell(slices: list[Slice]) -> str:
    busy = rate(slices) * cpu(slices) / 1e6
    return f"{rate(slices):,.0f} / {cpu(slices):,.0f} / {busy:.2f}"


def _gain(settings: list[Setting], place: str, name: str) -> str:
    one, two = (setting.speed[name] for setting in settings if setting.place == place)
    return f"{rate(two) / rate(one):.2f}x"


if __name__ == "__main__":
    main()
