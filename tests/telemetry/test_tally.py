"""The tally of workers: nothing is lost or counted twice, and nothing is left of those killed."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.live.conftest import until
from todo_api.telemetry import tally
from todo_api.telemetry.contracted import counted
from todo_api.telemetry.counts import Layout
from todo_api.telemetry.meter import Meter
from todo_api.telemetry.tally import Tally

WORKERS = 60
PROGRAM = f"""
import sys
from todo_api.telemetry.meter import Meter

meters = [Meter(sys.argv[1]) for _ in range({WORKERS})]
for meter in meters:
    meter.add(("get_task", 200, None, 0.003))
    meter.update()
print("counted", flush=True)
sys.stdin.read()
"""
READERS = 4


@contextmanager
def killed(directory: Path) -> Iterator["subprocess.Popen[str]"]:
    """A process that has counted a request as each of many workers, until it is killed."""
    command = [sys.executable, "-c", PROGRAM, str(directory)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "counted\n"
        yield process
        process.kill()


def requests(tally: Tally) -> float:
    totals, _ = tally.read()
    return totals[Layout(counted()).operations["get_task"] + 200]


def test_the_killed_are_counted_once_however_many_read_at_that_moment(tmp_path: Path) -> None:
    tally = Tally(tmp_path, Layout(counted()))

    def seen() -> set[float]:
        """All sums that a reader saw, from before the kill until no file was left."""
        sums = {requests(tally)}
        while any(tmp_path.iterdir()):
            sums.add(requests(tally))
        return sums | {requests(tally)}

    with ThreadPoolExecutor(READERS) as readers:
        with killed(tmp_path):
            sums = [readers.submit(seen) for _ in range(READERS)]
        assert [each.result() for each in sums] == [{float(WORKERS)}] * READERS


def test_what_a_worker_counts_as_it_ends_is_not_lost_to_who_reads_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, meter = Tally(tmp_path, Layout(counted())), Meter(str(tmp_path))
    is_locked = tally._is_locked

    def ending(file: int) -> bool:
        meter.add(("get_task", 200, None, 0.003))
        meter.close()
        return is_locked(file)

    monkeypatch.setattr(tally, "_is_locked", ending)
    assert requests(kept) == 1
    assert requests(kept) == 1
    assert not [*tmp_path.iterdir()]


def test_the_ended_are_added_even_if_nobody_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tally, "_INTERVAL", 0.01)
    kept = Tally(tmp_path, Layout(counted()))
    with kept.kept_small():
        with killed(tmp_path):
            assert len([*tmp_path.iterdir()]) == WORKERS
        until(lambda: not [*tmp_path.iterdir()])
    assert requests(kept) == WORKERS
