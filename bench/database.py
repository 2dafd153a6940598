"""The PostgreSQL that all servers share: its own, in a temporary folder.

Its settings are the defaults, but for room for the connections of all servers and the role's
statement timeout, as our documentation recommends behind a pooler.
"""

import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2

from db import schema
from todo_api.embedded.programs import Account, account_for, find_programs

TASKS_EACH = 50
USERS = [str(number) for number in range(1001, 2001)]
"""Digits only, as pgbench computes nothing else."""

_FIRST = int(USERS[0])
_PATIENCE = 30.0  # seconds

# In the order in which users would have made them, so that a user's tasks are far from each other.
_FILL = f"""
    SET lock_timeout = '5s';
    TRUNCATE tasks;
    INSERT INTO tasks (id, user_id, title, description)
    SELECT number * {len(USERS)} + user_number + 1, (user_number + {_FIRST})::text,
        'Task ' || number, 'What there is to say of task ' || number || '.'
    FROM generate_series(0, {TASKS_EACH - 1}) number,
        generate_series(0, {len(USERS) - 1}) user_number
    ORDER BY 1;
    SELECT setval(pg_get_serial_sequence('tasks', 'id'), {TASKS_EACH * len(USERS)});
"""  # noqa: S608 (made of our own numbers)


def task_of(user: str, number: int) -> int:
    """Return the id of a user's task, numbered from 0."""
    return number * len(USERS) + int(user) - _FIRST + 1


@dataclass(frozen=True)
class Database:
    """A PostgreSQL that runs, and the folder of its programs."""

    url: str
    programs: Path

    def fill(self) -> None:
        """Give every user its tasks and take away all else, tidily: the same state each time."""
        for statement in (_FILL, "VACUUM ANALYZE tasks", "CHECKPOINT"):
            self.sql(statement)

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        """Run a statement and return its rows."""
        unlimited = psycopg2.connect(self.url, options="-c statement_timeout=0")
        with closing(unlimited) as connection, connection.cursor() as cursor:
            connection.autocommit = True
            cursor.execute(statement)
            return list(cursor) if cursor.description else []


@contextmanager
def running_database() -> Iterator[Database]:
    """Run a PostgreSQL with our schema until the block ends, and leave nothing of it behind."""
    folder = Path(tempfile.mkdtemp(prefix="todo-bench-"))
    folder.chmod(0o755)  # where root runs it, another account has to pass
    try:
        cluster = folder / "cluster"
        account = account_for(cluster)
        account.take(folder)
        programs = find_programs(folder, account, None)
        options = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-locale"]
        account.run(programs / "initdb", *options, f"--pgdata={cluster}", stdout=subprocess.DEVNULL)
        with _postgres(programs, cluster, account) as database:
            schema.upgrade(database.url)
            database.sql("ALTER ROLE CURRENT_USER SET statement_timeout = '9500ms'")
            database.fill()
            yield database
    finally:
        shutil.rmtree(folder)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def _postgres(programs: Path, cluster: Path, account: Account) -> Iterator[Database]:
    port = free_port()
    options = [f"-D{cluster}", f"-p{port}", "-clisten_addresses=127.0.0.1", "-cmax_connections=200"]
    with (cluster.parent / "log").open("ab") as log:
        process = subprocess.Popen(
            [programs / "postgres", *options, "-cunix_socket_directories="],
            stdout=log,
            stderr=log,
            user=account.uid,
            group=account.gid,
            extra_groups=None if account.uid is None else [],
            start_new_session=True,  # Ctrl-C is for the benchmark, which then stops the server
        )
    database = Database(f"postgresql://postgres@127.0.0.1:{port}/postgres", programs)
    try:
        _wait_for(database)
        yield database
    finally:
        process.send_signal(signal.SIGINT)  # a fast shutdown
        process.wait(_PATIENCE)


def _wait_for(database: Database) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            database.sql("SELECT 1")
        except psycopg2.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
