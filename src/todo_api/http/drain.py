"""Draining: the time from SIGTERM to the end, in which load balancers switch to other replicas."""

import asyncio
import signal
import threading
from multiprocessing import parent_process
from types import FrameType


class Drain:
    """Delays the end by `seconds` after SIGTERM; Ctrl-C or a second SIGTERM ends at once.

    Workers ignore a second SIGTERM: service managers signal all processes of a service
    (systemd.kill(5)), and then the supervisor does, too. When a server stops listening, new
    connections are reset with all that was sent on them, so clients have to be gone by then.
    """

    begun = False

    def __init__(self, seconds: float, *, supervised: bool) -> None:
        self._seconds = seconds
        self._supervised = supervised
        self._loop = asyncio.get_running_loop()
        self._end = signal.getsignal(signal.SIGTERM)
        if seconds and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, self._begin)

    def _begin(self, *_: int | FrameType | None) -> None:
        self.begun = True
        signal.signal(signal.SIGTERM, signal.SIG_IGN if self._supervised else self._end)
        self._loop.call_soon_threadsafe(self._loop.call_later, self._seconds, self._end_now)

    def _end_now(self) -> None:
        signal.signal(signal.SIGTERM, self._end)
        signal.raise_signal(signal.SIGTERM)


def sentinel(supervisor: int | None) -> int | None:
    """Return the descriptor that becomes readable as the supervisor ends: ours, or `--reload`'s."""
    if supervisor is None and (parent := parent_process()):
        return parent.sentinel
    return supervisor


def end_with(ending: int) -> None:
    """End this worker with its supervisor, even with one that is killed.

    It would go on serving otherwise, and nobody could have the port.
    """
    loop = asyncio.get_running_loop()

    def end() -> None:
        loop.remove_reader(ending)
        signal.raise_signal(signal.SIGTERM)

    loop.add_reader(ending, end)
