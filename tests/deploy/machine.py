"""A machine with Patroni and PostgreSQL, as Debian packages them, that can be lost."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import psutil
import psycopg2
from psycopg2.extensions import make_dsn

from tests.debian import debian_file
from tests.live.conftest import PATIENCE
from todo_api.embedded.programs import account_for

HOSTS = {"one": "127.0.0.21", "two": "127.0.0.22", "three": "127.0.0.23"}
ROLES = ["leader", "replica", "sync_standby"]
STANDBYS = """
SELECT sync_state FROM pg_stat_replication WHERE state = 'streaming' ORDER BY sync_state
"""


class Programs:
    """What Debian packages, and the account that runs it, as PostgreSQL refuses root."""

    def __init__(self, directory: Path) -> None:
        self.postgresql = debian_file("postgresql").parent
        self.patroni = debian_file("patroni")
        self.etcd = debian_file("etcd-server")
        self.haproxy = debian_file("haproxy")
        self.account = account_for(directory)

    def start(self, log: Path, *command: str | Path, **variables: str) -> subprocess.Popen[bytes]:
        """Start a program that knows nothing of this process's environment."""
        with log.open("ab") as output:
            return subprocess.Popen(
                command,
                env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", **variables},
                cwd=log.parent,
                stdout=output,
                stderr=output,
                user=self.account.uid,
                group=self.account.gid,
                extra_groups=None if self.account.uid is None else [],
            )

    @contextmanager
    def running(self, log: Path, *command: str | Path, **variables: str) -> Iterator[None]:
        """Run a program until the block ends."""
        process = self.start(log, *command, **variables)
        try:
            yield
        finally:
            process.kill()
            process.wait(PATIENCE)


class Machine:
    """One of three, whose addresses stay the same from one start to the next."""

    def __init__(
        self, name: str, directory: Path, programs: Programs, documents: Mapping[str, str]
    ) -> None:
        self._directory, self._programs = directory, programs
        own = documents["patroni.env"].replace(HOSTS["one"], HOSTS[name])
        self._patroni = variables(own) | {
            "PATRONI_NAME": name,
            "PATRONI_POSTGRESQL_DATA_DIR": str(directory / "data"),
            "PATRONI_POSTGRESQL_PGPASS": str(directory / "pgpass"),
            "PATRONI_POSTGRESQL_BIN_DIR": str(programs.postgresql),
        }
        self._daemon: subprocess.Popen[bytes] | None = None
        self._struck: list[psutil.Process] = []
        directory.mkdir()
        (directory / "patroni.yml").write_text(documents["patroni.yml"])
        programs.account.take(directory)

    def start(self) -> None:
        self._wait_until_dead()
        self._daemon = self._programs.start(
            self._directory / "patroni.log", self._programs.patroni, "patroni.yml", **self._patroni
        )

    def kill(self) -> None:
        """Kill all that runs on it at once."""
        self._signal(signal.SIGKILL, self._all())

    def end(self) -> None:
        self.kill()
        self._wait_until_dead()

    def kill_postgresql(self) -> None:
        self._signal(signal.SIGKILL, self._postgresql())

    def stop_replication(self) -> None:
        """Let nothing reach its standbys, who do not know."""
        for (pid,) in self.sql("SELECT pid FROM pg_stat_replication"):
            os.kill(pid, signal.SIGSTOP)

    def freeze(self) -> None:
        """Let it go silent, with all connections open."""
        self._signal(signal.SIGSTOP, self._all())

    def thaw(self) -> None:
        """Let it go on, knowing nothing of what happened meanwhile."""
        self._signal(signal.SIGCONT, self._struck)

    def leads(self) -> bool:
        """Tell whether it is the one that HAProxy would choose."""
        return asked(self._patroni["PATRONI_RESTAPI_CONNECT_ADDRESS"], "/primary")[0] == 200

    def is_followed(self) -> bool:
        """Tell whether Patroni and PostgreSQL agree on two standbys, one of them synchronous."""
        address = self._patroni["PATRONI_RESTAPI_CONNECT_ADDRESS"]
        members = asked(address, "/cluster")[1].get("members", [])
        if sorted(member["role"] for member in members) != ROLES:
            return False
        with suppress(psycopg2.OperationalError):  # it is just ceasing to lead
            return self.sql(STANDBYS) == [("async",), ("sync",)]
        return False

    def log(self) -> str:
        return (self._directory / "patroni.log").read_text()

    def sql(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run a statement as the superuser."""
        host, _, port = self._patroni["PATRONI_POSTGRESQL_CONNECT_ADDRESS"].partition(":")
        dsn = make_dsn(
            host=host,
            port=port,
            user=self._patroni["PATRONI_SUPERUSER_USERNAME"],
            password=self._patroni["PATRONI_SUPERUSER_PASSWORD"],
            dbname=database,
        )
        with closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
            connection.autocommit = True
            cursor.execute(statement)
            return list(cursor) if cursor.description else []

    def _all(self) -> list[psutil.Process]:
        if self._daemon is None:
            return []
        daemon = psutil.Process(self._daemon.pid)
        return [daemon, *daemon.children(recursive=True), *self._postgresql()]

    def _postgresql(self) -> list[psutil.Process]:
        try:
            pid = (self._directory / "data" / "postmaster.pid").read_text().split()[0]
            postmaster = psutil.Process(int(pid))
            return [postmaster, *postmaster.children(recursive=True)]
        except (FileNotFoundError, psutil.NoSuchProcess):
            return []

    def _signal(self, number: signal.Signals, processes: list[psutil.Process]) -> None:
        for process in processes:
            with suppress(psutil.NoSuchProcess):  # it ended with its parent
                process.send_signal(number)
        self._struck = processes

    def _wait_until_dead(self) -> None:
        if self._daemon is not None:
            self._daemon.wait(PATIENCE)
        assert psutil.wait_procs(self._struck, PATIENCE)[1] == []


def variables(environment: str) -> dict[str, str]:
    """Return what a file sets, as systemd reads it."""
    lines = (line for line in environment.splitlines() if not line.startswith("#"))
    return {name: value for name, _, value in (line.partition("=") for line in lines)}


def asked(address: str, path: str) -> tuple[int, dict[str, Any]]:
    """Return the status and the document that a program answers; 0 where it does not."""
    with closing(HTTPConnection(address, timeout=2)) as connection:
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, json.load(answer)
        except (OSError, HTTPException, ValueError):
            return 0, {}
