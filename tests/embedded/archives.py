"""Databases with tasks, the commands that copy them, and what is in a database."""

import resource
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg2

from tests.embedded.conftest import query
from tests.live.conftest import COMMAND, environment
from todo_api.embedded.dump import dump
from todo_api.embedded.embedded import embedded_server

Rows = dict[str, list[tuple[Any, ...]]]

_WAITING = """
    SELECT pid FROM pg_stat_activity
    WHERE application_name = 'pg_dump' AND wait_event_type = 'Lock'
"""


def rows(data_dir: Path) -> Rows:
    """Return every row of every table."""
    with embedded_server(data_dir) as url:
        return rows_at(url)


def rows_at(url: str) -> Rows:
    tables = query(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return {
        table: query(url, f"SELECT * FROM {table} AS t ORDER BY t::text")
        for (table,) in sorted(tables)
    }


def archive_of(data_dir: Path, url: str, file: Path) -> Path:
    """Write an archive of whatever a database holds."""
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        connection.set_session(isolation_level="REPEATABLE READ")
        cursor.execute("SELECT pg_export_snapshot()")
        [(snapshot,)] = cursor
        with file.open("wb") as opened:
            dump(data_dir, url, snapshot, opened)
    return file


def begin(*arguments: str | Path, data_dir: Path, **options: Any) -> subprocess.Popen[bytes]:
    """Start a command; its errors go where its output goes."""
    where: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    where["env"] = environment(DATA_DIR=str(data_dir))
    return subprocess.Popen([*COMMAND, *map(str, arguments)], **where | options)


def begin_with_little_room(
    *arguments: str | Path, data_dir: Path, most: int
) -> subprocess.Popen[bytes]:
    """Start a command whose files have at most that many bytes, as on a disk that is full.

    It is not measured, as coverage's own file would meet the limit.
    """

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    unmeasured = environment(DATA_DIR=str(data_dir))
    unmeasured.pop("COVERAGE_PROCESS_CONFIG", None)
    return begin(*arguments, data_dir=data_dir, preexec_fn=limit, env=unmeasured)


def is_waiting(url: str) -> bool:
    """Tell whether a pg_dump waits for a lock."""
    return query(url, _WAITING) != []
