"""PgBouncer as Debian packages it, in transaction mode, as Neon's pooled endpoints are."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import parse_dsn

from tests.debian import debian_file
from tests.live.conftest import PATIENCE, free_port
from todo_api.embedded.programs import account_for

POOL_SIZE = 3

_CONFIGURATION = """
[databases]
* = host=127.0.0.1 port={server_port}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {directory}/users
admin_users = {user}
pool_mode = transaction
default_pool_size = {pool_size}
"""


@contextmanager
def pgbouncer(directory: Path, url: str) -> Iterator[str]:
    """Run PgBouncer in front of `url` until the block ends, and yield its own URL."""
    program = debian_file("pgbouncer")
    server, port = parse_dsn(url), free_port()
    directory.mkdir()
    configuration = directory / "pgbouncer.ini"
    configuration.write_text(
        _CONFIGURATION.format(
            server_port=server["port"],
            port=port,
            directory=directory,
            user=server["user"],
            pool_size=POOL_SIZE,
        )
    )
    (directory / "users").write_text(f'"{server["user"]}" "{server["password"]}"\n')
    pooled = url.replace(f":{server['port']}/", f":{port}/")
    with running(program, configuration):
        wait_for(pooled)
        yield pooled


@contextmanager
def running(program: Path, configuration: Path) -> Iterator[None]:
    """Run it as an account that is not root's, which it refuses."""
    account = account_for(configuration)
    account.take(configuration.parent)
    with (
        configuration.with_name("log").open("wb") as log,
        subprocess.Popen(
            [program, configuration],
            stdout=log,
            stderr=log,
            user=account.uid,
            group=account.gid,
            extra_groups=None if account.uid is None else [],
        ) as process,
    ):
        try:
            yield
        finally:
            process.kill()


def wait_for(url: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            psycopg2.connect(url).close()
        except psycopg2.OperationalError as error:
            if time.monotonic() > deadline:
                pytest.fail(f"PgBouncer does not take connections: {error}")
            time.sleep(0.02)
        else:
            return
