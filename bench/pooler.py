"""PgBouncer in transaction mode between the servers and PostgreSQL, as Debian packages it."""

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2
from psycopg2.extensions import parse_dsn

from bench.database import Database, free_port
from todo_api.embedded.programs import account_for

PROGRAM = "/usr/sbin/pgbouncer"  # no directory of a user's PATH

_PATIENCE = 30.0  # seconds
_CONFIGURATION = """
[databases]
* = host=127.0.0.1 port={server}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {folder}/users
pool_mode = transaction
; One pool for all, as large as that of each server: who is measured waits for no connection.
default_pool_size = 16
max_client_conn = 1000
log_connections = 0
log_disconnections = 0
"""


@contextmanager
def running_pooler(database: Database) -> Iterator[str]:
    """Run PgBouncer before a database until the block ends, and yield its URL."""
    server, port = parse_dsn(database.url), free_port()
    with tempfile.TemporaryDirectory(prefix="todo-bench-pooler-") as name:
        folder = Path(name)
        account = account_for(folder / "none")  # PgBouncer refuses root, as PostgreSQL does
        configuration = folder / "pgbouncer.ini"
        configuration.write_text(
            _CONFIGURATION.format(server=server["port"], port=port, folder=folder)
        )
        (folder / "users").write_text(f'"{server["user"]}" ""\n')
        account.take(folder)
        with (folder / "log").open("wb") as log:
            process = account.start(PROGRAM, configuration, stdout=log, stderr=log)
        try:
            url = database.url.replace(f":{server['port']}/", f":{port}/")
            _wait_for(url, process, folder / "log")
            yield url
        finally:
            process.terminate()
            process.wait(_PATIENCE)


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            psycopg2.connect(url).close()
        except psycopg2.OperationalError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PgBouncer does not run:\n{log.read_text()}") from error
            time.sleep(0.02)
        else:
            return
