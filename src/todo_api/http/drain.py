"""The time between the order to end and the end, in which balancers turn to other replicas."""

import asyncio
import signal
import threading
from multiprocessing import parent_process
from types import FrameType


class Drain:
    """Lets SIGTERM end the server so many seconds later; Ctrl-C, or a second one, does at once.

    To a worker a second one is no hurry: service managers signal all processes of a service
    (systemd.kill(5)), and then its supervisor does. A connection that comes as a server stops
    listening is reset, whatever was sent on it, so that by then nobody may make one.
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
