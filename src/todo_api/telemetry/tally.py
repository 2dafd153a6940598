"""The counts of all workers: of those that run, and the sum of those that have ended."""

import fcntl
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Lock, Thread

from todo_api.telemetry.counts import Layout

_INTERVAL = 2.0  # seconds in which ended workers may pile up

Cells = Sequence[float]


class Tally:
    """Reads what workers count in `directory`.

    The counts of a worker that has ended are added to a sum, and its file goes: files would fill
    the memory where workers are killed again and again.
    """

    def __init__(self, directory: Path, layout: Layout) -> None:
        self._directory = directory
        self._bytes = 8 * layout.size
        self._ended = array("d", bytes(self._bytes))
        self._lock = Lock()

    def read(self) -> tuple[Cells, list[Cells]]:
        """Return the sum of all that was ever counted, and the numbers of each running worker."""
        with self._lock:  # or two readers would both add a worker that has ended
            paths = [*self._directory.iterdir()]
            running = [cells for path in paths if (cells := self._running(path)) is not None]
            return _sum(self._ended, *running), running

    @contextmanager
    def kept_small(self) -> Iterator[None]:
        """Look for ended workers every other second until the block ends, even if nobody asks."""
        over = Event()

        def keep() -> None:
            while not over.wait(_INTERVAL):
                self.read()

        thread = Thread(target=keep, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _running(self, path: Path) -> Cells | None:
        with path.open("rb") as file:
            is_running = _is_locked(file.fileno())  # asked first: who has ended writes no more
            content = file.read()
        if len(content) != self._bytes:
            return None  # it is being made just now
        cells = array("d", content)
        if is_running:
            return cells
        path.unlink()
        self._ended = _sum(self._ended, cells)
        return None


def _sum(*cells: Cells) -> "array[float]":
    return array("d", map(sum, zip(*cells, strict=True)))


def _is_locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False
