"""A PostgreSQL that a test may kill, freeze and stop, and that belongs to nobody else."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg2

from tests.folders import open_folder
from todo_api.embedded.programs import account_for, find_programs

_MAJOR = 16
"""An older one than the embedded database's, as the pool has to do with both."""
_PATIENCE = 20.0


class Server:
    def __init__(self, directory: Path, programs: Path | None = None) -> None:
        self._directory = directory
        self._data = directory / "cluster"
        self._port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._frozen: list[int] = []
        self._account = account_for(self._data)
        self._programs = programs or find_programs(directory, self._account, _MAJOR)
        self._account.take(directory)
        options = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-locale"]
        initdb = (self._programs / "initdb", "--no-sync", f"--pgdata={self._data}")
        assert self._account.can(*initdb, *options)

    @property
    def port(self) -> int:
        return self._port

    @property
    def directory(self) -> Path:
        """Where its Unix-domain socket is."""
        return self._directory

    @property
    def dsn(self) -> str:
        return f"host=127.0.0.1 port={self._port} user=postgres dbname=postgres"

    def start(self) -> None:
        """Return when it takes connections, which after a kill may need more than one start."""
        deadline = time.monotonic() + _PATIENCE
        while not self._answers():
            assert time.monotonic() < deadline, "PostgreSQL does not start"
            if self._process is None or self._process.poll() is not None:
                self._process = self._spawned()
            time.sleep(0.02)

    def stop(self) -> None:
        """End it and its sessions, as an administrator does."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(_PATIENCE)

    def kill(self) -> None:
        assert self._process is not None
        for pid in self._processes():
            with suppress(ProcessLookupError):  # it ended with its postmaster
                os.kill(pid, signal.SIGKILL)
        self._process.wait(_PATIENCE)

    def become_standby(self) -> None:
        """Restart it as a hot standby that has no primary to follow."""
        self.stop()
        (self._data / "standby.signal").touch()
        self._account.take(self._data)
        self.start()

    def freeze(self) -> None:
        self._frozen = self._processes()
        for pid in self._frozen:
            os.kill(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        for pid in self._frozen:
            os.kill(pid, signal.SIGCONT)
        self._frozen = []

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        """Run a statement past the code under test."""
        with closing(psycopg2.connect(self.dsn)) as connection, connection.cursor() as cursor:
            connection.autocommit = True
            cursor.execute(statement)
            return list(cursor) if cursor.description else []

    def _processes(self) -> list[int]:
        """Return the postmaster's process id, then those of its children that still live."""
        assert self._process is not None
        others = "SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        return [self._process.pid, *(pid for (pid,) in self.sql(others))]

    def _spawned(self) -> subprocess.Popen[bytes]:
        settings = {
            "port": self._port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self._directory,
            "fsync": "off",
        }
        options = [f"--{name}={value}" for name, value in settings.items()]
        with (self._directory / "log").open("ab") as log:
            return subprocess.Popen(
                [self._programs / "postgres", f"-D{self._data}", *options],
                stdout=log,
                stderr=log,
                user=self._account.uid,
                group=self._account.gid,
                extra_groups=None if self._account.uid is None else [],
            )

    def _answers(self) -> bool:
        try:
            self.sql("SELECT 1")
        except psycopg2.OperationalError:
            return False
        return True


@contextmanager
def private_server(programs: Path | None = None) -> Iterator[Server]:
    """Run one in a folder that its own user can enter, and leave nothing of it behind."""
    with open_folder() as directory:
        server = Server(directory, programs)
        try:
            server.start()
            yield server
        finally:
            server.stop()


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        return int(listener.getsockname()[1])
