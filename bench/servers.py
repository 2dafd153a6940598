"""A server of the comparison while it runs: its answers, its CPU time, its memory."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.database import Database, free_port
from bench.peers import Peer
from bench.workload import SECRET

_PATIENCE = 30.0  # seconds
_PAUSE = 0.005  # seconds between two looks whether a server has started


class ServerError(Exception):
    """A server that ended, or did something else than was asked of it."""


@dataclass
class Server:
    """A server process, and the file that takes its log."""

    peer: Peer
    port: int
    process: psutil.Popen
    log: Path
    seconds_to_start: float = 0.0

    def cpu_seconds(self) -> float:
        """Return the CPU time that the process and its children have used, user and system."""
        times = [process.cpu_times() for process in self._processes()]
        return sum(time.user + time.system for time in times)

    def memory(self) -> int:
        """Return the resident bytes of the process and its children."""
        return sum(int(process.memory_info().rss) for process in self._processes())

    def answer(self, request: bytes) -> bytes:
        """Send a request and return the beginning of its answer; raises OSError."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=_PATIENCE) as connection:
            connection.sendall(request)
            return connection.recv(65536)

    def error(self, what: str) -> ServerError:
        """Describe what went wrong, with the end of the log."""
        log = self.log.read_text(errors="replace")[-2000:]
        return ServerError(f"{self.peer.title} {what}. Its log ends with:\n{log}")

    def forget_log(self) -> None:
        """Empty the log, before it is so long that the disk has to do with it."""
        os.truncate(self.log, 0)

    def wait(self, request: bytes, began: float) -> None:
        """Wait until the request is answered with 200, and note how long the start took."""
        while not self._has_started(request):
            if self.process.poll() is not None:
                raise self.error("ended")
            if time.perf_counter() - began > _PATIENCE:
                raise self.error("does not start")
            time.sleep(_PAUSE)
        self.seconds_to_start = time.perf_counter() - began

    def _has_started(self, request: bytes) -> bool:
        try:
            return self.answer(request).startswith(b"HTTP/1.1 200")
        except OSError:
            return False

    def _processes(self) -> list[psutil.Process]:
        return [psutil.Process(self.process.pid), *self.process.children(recursive=True)]


@contextmanager
def serving(peer: Peer, database: Database, request: bytes, folder: Path) -> Iterator[Server]:
    """Run a server from the first 200 to `request` until the block ends."""
    port, log = free_port(), folder / f"{peer.title}.log"
    own = {"PORT": str(port), "DATABASE_URL": database.url, "JWT_SECRET_KEY": SECRET}
    began = time.perf_counter()
    with log.open("ab") as output:
        process = psutil.Popen(
            peer.command,
            cwd=peer.directory,
            env={"PATH": os.environ["PATH"], **own, **peer.environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C is for the benchmark, which then stops the server
        )
    server = Server(peer, port, process, log)
    try:
        server.wait(request, began)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(_PATIENCE)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait()
