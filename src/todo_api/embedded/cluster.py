"""The database cluster under the data folder: made, started, probed, stopped."""

import re
import secrets
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

import psycopg2

from todo_api.embedded.kept import read_whole, write_whole
from todo_api.embedded.place import barrier
from todo_api.embedded.programs import (
    Account,
    EmbeddedError,
    Programs,
    account_for,
    find_programs,
)

_PASSWORD_BYTES = 32  # enough against brute force, by the documentation of `secrets`
_PASSWORD = re.compile(r"[A-Za-z0-9_-]{43}")  # 32 bytes in base64

_INITDB = (
    "--username=postgres",
    "--auth=reject",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",  # lower() knows every letter, whatever locales the machine has
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
    "--no-sync",  # once, at the end
)
# Given at each start instead of written down once, so that they reach older clusters too.
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "log_min_error_statement": "panic",  # keeps the text of tasks out of the log
}


@dataclass(frozen=True)
class Cluster:
    """The PostgreSQL under `data_dir`; `lock` is an open file that it holds while it runs."""

    data_dir: Path
    lock: int

    @property
    def url(self) -> str:
        """Compose the libpq URL from what is recorded beside the cluster."""
        password, port = read_whole(self._recorded("password")), read_whole(self._recorded("port"))
        return f"postgresql://todo:{password}@127.0.0.1:{port}/todo?sslmode=disable"

    def answers(self) -> bool:
        """Tell whether a connection can be had within three seconds."""
        if not read_whole(self._recorded("port")):
            return False
        try:
            psycopg2.connect(self.url, connect_timeout=3).close()
        except psycopg2.OperationalError:
            return False
        return True

    def start(self) -> None:
        """Start the server and wait for it; make the cluster if there is none.

        Nothing of it may be running yet. Raises EmbeddedError.
        """
        take_back(self.data_dir)
        account = account_for(self._folder)
        _check_path(self.data_dir, account)
        programs = programs_of(self.data_dir, account)
        if not self._folder.exists():
            self._create(programs)
        elif account.uid not in (None, self._folder.stat().st_uid):
            account.take(self._folder)  # root has copied it here
        if not _PASSWORD.fullmatch(read_whole(self._recorded("password"))):
            self._set_password(programs)
        # From a server that was killed; by now its process id may be another's.
        (self._folder / "postmaster.pid").unlink(missing_ok=True)
        settings = _SETTINGS | {"port": self._free_port()}
        options = " ".join(f"-c {name}={value}" for name, value in settings.items())
        programs.run(
            "pg_ctl", "start", f"--options={options}", cluster=self._folder, lock=self.lock
        )

    def stop(self) -> None:
        """Tell the server to end its connections and stop. Raises EmbeddedError if it is gone."""
        programs = programs_of(self.data_dir, account_for(self._folder))
        stop = ("stop", "--mode=fast", "--no-wait")
        programs.run("pg_ctl", *stop, cluster=self._folder, lock=self.lock)

    @property
    def _folder(self) -> Path:
        return self.data_dir / "postgres"

    def _recorded(self, name: str) -> Path:
        return self.data_dir / f"postgres.{name}"

    def _create(self, programs: Programs) -> None:
        # Under another name until it is whole, so that one cut short is never used.
        unfinished = self.data_dir / "postgres-unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        programs.account.take(unfinished)
        password = self._new_password()
        programs.run("initdb", *_INITDB, cluster=unfinished, lock=self.lock)
        self._execute(
            programs,
            unfinished,
            f"CREATE ROLE todo LOGIN PASSWORD '{password}'\nCREATE DATABASE todo OWNER todo\n",
        )
        (unfinished / "pg_hba.conf").write_text("host all all 127.0.0.1/32 scram-sha-256\n")
        programs.run("initdb", "--sync-only", cluster=unfinished, lock=self.lock)
        unfinished.rename(self._folder)

    def _set_password(self, programs: Programs) -> None:
        """Give the role another password, as its own was lost."""
        statement = f"ALTER ROLE todo PASSWORD '{self._new_password()}'\n"
        self._execute(programs, self._folder, statement)

    def _execute(self, programs: Programs, cluster: Path, statements: str) -> None:
        """Run statements, a line each, on a cluster that is not running."""
        options = ("--single", "-c", "exit_on_error=true", "postgres")
        programs.run("postgres", *options, cluster=cluster, lock=self.lock, statements=statements)

    def _new_password(self) -> str:
        password = secrets.token_urlsafe(_PASSWORD_BYTES)
        write_whole(self._recorded("password"), password)
        return password

    def _free_port(self) -> str:
        """Take the last start's port, so that what was told of it stays true, or a random one."""
        record = self._recorded("port")
        wanted = read_whole(record)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", int(wanted)))
            except (OSError, OverflowError, ValueError):
                probe.bind(("127.0.0.1", 0))
            port = str(probe.getsockname()[1])
        write_whole(record, port)
        return port


def programs_of(data_dir: Path, account: Account) -> Programs:
    """Return the programs for the cluster under `data_dir`, or for a new one.

    Raises EmbeddedError when there are none of its version.
    """
    cluster = data_dir / "postgres"
    major = int((cluster / "PG_VERSION").read_text()) if cluster.exists() else None
    folder = find_programs(data_dir, account, major)
    return Programs(folder, account, data_dir / "postgres.log")


def leaving(data_dir: Path) -> Path:
    """Return where the cluster is while another takes its place."""
    return data_dir / "postgres-leaving"


def take_back(data_dir: Path) -> None:
    """Put the cluster back where another was about to take its place."""
    if leaving(data_dir).exists() and not (data_dir / "postgres").exists():
        leaving(data_dir).rename(data_dir / "postgres")


def has_cluster(data_dir: Path) -> bool:
    """Tell whether there is a database under `data_dir`, running or not."""
    return (data_dir / "postgres").exists() or leaving(data_dir).exists()


def _check_path(data_dir: Path, account: Account) -> None:
    if barred := barrier(data_dir, account):
        raise EmbeddedError(
            f"PostgreSQL can't run as root, and the user it runs as instead can't enter {barred}:"
            " choose another folder, for example DATA_DIR=/var/lib/todo-api"
        )
