"""The supervisor: keeps as many workers as it was told to, and ends with them.

It imports nothing of the application: this process shall be small, whatever a worker takes.
"""

import asyncio
import logging
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from todo_api import process
from todo_api.telemetry import log_output
from todo_api.telemetry.counts import Counted, Layout
from todo_api.workers.child import Child, how_ended
from todo_api.workers.orders import PYTHON, SIGNALS, Orders, listeners_of, received

COMMAND = (*PYTHON, "todo_api.workers.worker")
_LONGEST_PAUSE = 30.0
"""Seconds before another start, where one after another fails.

So starts of two seconds of CPU time take less than a tenth of a core for each worker.
"""
_MORE_TO_END = 10.0  # seconds beyond what a worker may need; by then it hangs

_TOO_EARLY = "Error: Stopped before it was ready."

_log = logging.getLogger("todo_api.workers")


class Supervisor:
    """Starts workers, and another for each that ends unasked."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._children: set[Child] = set()
        self._over = asyncio.Event()
        self._status = 0
        self.has_served = False
        self.restarts = 0

    async def run(self) -> int:
        """Keep the workers until a signal ends it, or none of them can start.

        Returns the exit status.
        """
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.add_signal_handler(number, self._told_to_end, number)
        await asyncio.gather(*(self._keep() for _ in range(self._orders.workers)))
        return self._status

    async def _keep(self) -> None:
        """Have one worker at any time, until the end."""
        failures = 0
        while not self._over.is_set():
            has_served, told = await self._one()
            if self._over.is_set():
                return
            if told.get("exit_status") and not self.has_served:
                self._give_up(told)
                return
            self.restarts += 1
            failures = 0 if has_served else failures + 1
            pause = min(2.0 ** (failures - 1), _LONGEST_PAUSE) if failures else 0.0
            _warn("a worker has ended unasked and is replaced", {**told, "in_seconds": pause})
            await self._pause(pause)

    async def _one(self) -> tuple[bool, dict[str, Any]]:
        """Have a worker until it ends; return whether it has served, and how it ended."""
        try:
            child = await Child.start(COMMAND, self._orders.listeners)
        except OSError as error:  # no process is left
            return False, {"reason": error.strerror}
        self._children.add(child)
        if self._over.is_set():
            child.end()
        status = await child.ended(self._serves)
        self._children.discard(child)
        return child.serves, {"pid": child.pid, **how_ended(status)}

    def _serves(self, child: Child) -> None:
        self.has_served = True
        _log.info("a worker serves", extra={"fields": {"pid": child.pid}})

    def _give_up(self, told: dict[str, Any]) -> None:
        """End all: what keeps the first worker from starting keeps every other one, too."""
        _log.error("a worker can't start, and the service ends", extra={"fields": told})
        self._status = told["exit_status"]
        self._end()

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._over.wait(), seconds)
        except TimeoutError:
            return

    def _told_to_end(self, number: int) -> None:
        if number == signal.SIGINT and not self.has_served:
            self._status = 1
            sys.stderr.write(f"{_TOO_EARLY}\n")
        self._end()

    def _end(self) -> None:
        if self._over.is_set():
            return  # Ctrl-C reaches the workers without our help, and they know one from two
        self._over.set()
        for child in self._children:
            child.end()
        most = self._orders.seconds_to_end + _MORE_TO_END
        asyncio.get_running_loop().call_later(most, self._kill)

    def _kill(self) -> None:
        for child in self._children:
            _warn("a worker does not end and is killed", {"pid": child.pid})
            child.kill()


def _warn(message: str, fields: dict[str, Any]) -> None:
    _log.warning(message, extra={"fields": fields})


async def _supervise(orders: Orders) -> int:
    supervisor = Supervisor(orders)
    with _metrics(orders, lambda: supervisor.restarts):
        return await supervisor.run()


@contextmanager
def _metrics(orders: Orders, restarts: Callable[[], int]) -> Iterator[None]:
    """Serve the metrics of all workers, where they are asked for."""
    if orders.metrics is None:
        yield
        return
    from todo_api.telemetry.metrics import metrics_served  # noqa: PLC0415 (5 MB that are seldom needed)

    layout = Layout(Counted(**orders.counted))
    with metrics_served(*orders.metrics, layout, restarts):
        yield


@contextmanager
def _database(folder: str | None) -> Iterator[None]:
    """Run the embedded database, if it is the one; or else its first worker's end would stop it."""
    if folder is None:
        yield
        return
    from todo_api.embedded.embedded import EmbeddedError, embedded_server  # noqa: PLC0415 (see above)

    try:
        with embedded_server(Path(folder)):
            yield
    except EmbeddedError as error:
        sys.exit(f"Error: {error}")
    except KeyboardInterrupt:
        sys.exit(_TOO_EARLY)


def main() -> None:
    """Supervise; the argument is the descriptor of a pipe that holds the orders."""
    orders = received(int(sys.argv[1]))
    log_output.configure(*orders.log)
    process.end_by_unwinding()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    listeners = listeners_of(orders.listeners)
    with ExitStack() as stack:
        for listener in listeners:
            stack.enter_context(listener)
        stack.enter_context(_database(orders.embedded))
        status = asyncio.run(_supervise(orders))
    sys.exit(status)


if __name__ == "__main__":
    main()
