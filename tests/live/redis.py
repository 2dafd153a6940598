"""Redis as Debian packages it, with a password, and nothing kept on a disk."""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.debian import debian_file
from tests.live.conftest import free_port, until

PASSWORD = "what only Redis knows"  # with spaces, which its URL has to encode


class Redis:
    """A server that can be killed, frozen and started again at its port."""

    def __init__(self, directory: Path) -> None:
        self._program = debian_file("redis-server")
        self._directory = directory
        self.port = free_port()
        self.url = f"redis://:{PASSWORD.replace(' ', '%20')}@127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        """Start it, and wait until it listens."""
        with (self._directory / "redis.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(self._program, "--port", str(self.port), "--bind", "127.0.0.1"),
                    *("--requirepass", PASSWORD, "--save", "", "--appendonly", "no"),
                ],
                cwd=self._directory,
                stdout=log,
                stderr=log,
            )
        until(self._listens)

    def kill(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.wait()

    def _listens(self) -> bool:
        with closing(socket.socket()) as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


@contextmanager
def redis_server(directory: Path) -> Iterator[Redis]:
    """Run a Redis until the block ends."""
    redis = Redis(directory)
    try:
        yield redis
    finally:
        redis.kill()
