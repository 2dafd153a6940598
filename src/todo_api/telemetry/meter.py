"""The counts of one worker, in memory that it shares with the process that serves the metrics."""

import asyncio
import fcntl
import mmap
import os
import tempfile
from bisect import bisect_left
from collections.abc import Callable, Mapping

from todo_api.telemetry.contracted import counted
from todo_api.telemetry.counts import BOUNDS, DURATIONS, OTHER, STATUSES, Layout

_INTERVAL = 0.25  # seconds; so much of the counts is lost with a worker that is killed

Outcome = tuple[str | None, int, str | None, float]
"""A request's operation, status and error_code, and the seconds that it took."""


class Meter:
    """Counts in a file of its own below `directory`, which is locked as long as this worker runs.

    The file outlives the worker until the tally has added it, as a sum over workers must never
    fall. Requests are counted together, several times a second: that takes half the time of one at
    once.
    """

    def __init__(self, directory: str) -> None:
        self._layout = Layout(counted())
        size = 8 * self._layout.size
        self._file, _ = tempfile.mkstemp(dir=directory)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        os.write(self._file, bytes(size))  # no hole: memory that is short is told here and now
        self._cells = memoryview(mmap.mmap(self._file, size)).cast("d")
        self._outcomes: list[Outcome] = []
        self.add = self._outcomes.append
        """Take what came of a request; the list's own method, as one around it would cost more."""
        self._read: Callable[[], Mapping[str, float]] = dict
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, read: Callable[[], Mapping[str, float]]) -> None:
        """Count from now on until `close`, and take over what others count themselves."""
        self._read = read
        self._tick()

    def close(self) -> None:
        """Count what is left, and tell by the lock that this worker runs no more."""
        if self._timer is not None:
            self._timer.cancel()
        self.update()
        fcntl.flock(self._file, fcntl.LOCK_UN)
        os.close(self._file)

    def update(self) -> None:
        """Bring the counts up to date."""
        outcomes = self._outcomes[:]
        self._outcomes.clear()
        for outcome in outcomes:
            self._count(*outcome)
        for name, value in self._read().items():
            self._cells[self._layout.readings[name]] = value

    def _tick(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(_INTERVAL, self._tick)
        self.update()

    def _count(
        self, operation: str | None, status: int, error_code: str | None, seconds: float
    ) -> None:
        cells = self._cells
        place = self._layout.operations[operation or OTHER]
        cells[place + status] += 1
        place += STATUSES + status // 100 * DURATIONS
        cells[place + bisect_left(BOUNDS, seconds)] += 1
        cells[place + DURATIONS - 1] += seconds
        if error_code is not None:
            cells[self._layout.errors[error_code]] += 1
