"""A worker as its supervisor sees it: a process, and a socket on which it says that it serves."""

import asyncio
import logging
import signal
from asyncio.subprocess import Process
from collections.abc import Callable, Sequence
from contextlib import suppress
from socket import socketpair

_TICK = 1.0  # seconds; a worker that serves says so as often (`_BEAT` of `server`)
_SILENCE = 30
"""Ticks without a word; not seconds, as a machine that was stopped goes on with the next tick."""

_log = logging.getLogger("todo_api.workers")


class Child:
    """A worker that was started."""

    def __init__(
        self, process: Process, words: asyncio.StreamReader, line: asyncio.StreamWriter
    ) -> None:
        self._process = process
        self._words = words
        self._line = line  # open as long as this is kept
        self.serves = False

    @classmethod
    async def start(cls, command: Sequence[str], listeners: Sequence[int]) -> "Child":
        """Start a worker with `command`; raises `OSError` where the system allows none."""
        ours, theirs = socketpair()
        with theirs:
            files = (theirs.fileno(), *listeners)
            try:
                process = await asyncio.create_subprocess_exec(
                    *command, *map(str, files), pass_fds=files
                )
            except OSError:
                ours.close()
                raise
        return cls(process, *await asyncio.open_connection(sock=ours))

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    async def ended(self, serves: Callable[["Child"], None]) -> int:
        """Wait until it has ended and return its status, as `subprocess` has it.

        A start may take as long as it does; `serves` is called when it is done. From then on,
        silence for 30 seconds is the end.
        """
        if await self._words.read(1):
            self.serves = True
            serves(self)
            await self._silence()
        status = await self._process.wait()
        self._line.close()
        return status

    async def _silence(self) -> None:
        ticks = 0
        while ticks < _SILENCE:
            try:
                if not await asyncio.wait_for(self._words.read(64), _TICK):
                    return
                ticks = 0
            except TimeoutError:
                ticks += 1
        _log.warning("a worker hangs and is killed", extra={"fields": {"pid": self.pid}})
        self.kill()

    def end(self) -> None:
        """Let it end what it has begun."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError):
            self._process.send_signal(number)


def how_ended(status: int) -> dict[str, str | int]:
    """Return the exit status or the signal, as a log's fields."""
    if status >= 0:
        return {"exit_status": status}
    try:
        return {"signal": signal.Signals(-status).name}
    except ValueError:
        return {"signal": -status}
