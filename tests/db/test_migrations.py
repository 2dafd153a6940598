"""Migrations of a table with rows: none is rewritten or read, so that the lock is an instant's."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from threading import Event, Thread
from typing import Any

import psycopg2
import pytest
from alembic import command

from db import schema
from tests.db.test_drift import unvalidated
from tests.db.test_schema import run

ROWS = int(os.environ.get("CAMPAIGN_ROWS", "100_000"))
FILL = f"""
    INSERT INTO tasks (user_id, id, title, description, complete)
    SELECT 'user-' || n % 1000, n, 'Task ' || n, 'What there is to say of it.', n % 3 = 0
    FROM generate_series(1, {ROWS}) AS n;
    ANALYZE tasks;
"""
FILE = "SELECT pg_relation_filenode('tasks'), pg_relation_size('tasks')"
WRITTEN_BY = "SELECT count(DISTINCT xmin::text), min(xmin::text) FROM tasks"
SCANS = "SELECT seq_scan FROM pg_stat_user_tables WHERE relid = to_regclass('tasks')"
LONGEST = 3.0
"""Seconds that a statement may take here beside a migration: a busy machine needs some of them."""


@pytest.fixture
def grown(empty: str) -> str:
    """Tables as they were before 0004, with rows."""
    config = schema._config()
    with schema._connection(empty) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
    run(empty, FILL)
    return empty


class Neighbour(Thread):
    """Somebody who repeats a statement, and how long the longest of them took."""

    def __init__(self, dsn: str, statement: str) -> None:
        super().__init__()
        self._dsn, self._statement = dsn, statement
        self._ended = Event()
        self.count, self.longest = 0, 0.0

    def run(self) -> None:
        with closing(psycopg2.connect(self._dsn)) as session, session.cursor() as cursor:
            session.autocommit = True
            while not self._ended.is_set():
                started = time.perf_counter()
                cursor.execute(self._statement)
                self.longest = max(self.longest, time.perf_counter() - started)
                self.count += 1

    def end(self) -> None:
        self._ended.set()
        self.join()


@pytest.fixture
def neighbours(grown: str) -> Iterator[list[Neighbour]]:
    """One who reads and one who writes, as 1.2.0 does."""
    statements = (
        "SELECT id, title FROM tasks WHERE user_id = 'user-1' ORDER BY id DESC LIMIT 51",
        "INSERT INTO tasks (user_id, title) VALUES ('writer', 'x')",
    )
    neighbours = [Neighbour(grown, statement) for statement in statements]
    for neighbour in neighbours:
        neighbour.start()
    yield neighbours
    for neighbour in neighbours:
        neighbour.end()


def scans(dsn: str) -> int:
    """Return how often the table was read from end to end; sessions that ended have told."""
    [(number,)] = run(dsn, SCANS)
    return int(number)


def test_no_row_is_rewritten_or_read(grown: str) -> None:
    before = run(grown, FILE), run(grown, WRITTEN_BY)
    read = scans(grown)
    schema.upgrade(grown)

    assert scans(grown) == read
    assert (run(grown, FILE), run(grown, WRITTEN_BY)) == before
    assert run(grown, "SELECT DISTINCT due_date, priority, tags, completed_at FROM tasks") == [
        (None, 0, [], None)
    ]
    assert schema.compare(grown) == []


def test_a_validation_reads_the_rows_and_rewrites_none(grown: str) -> None:
    schema.upgrade(grown)
    before, pending = run(grown, FILE), unvalidated(grown)
    read = scans(grown)

    assert schema.validate(grown) == unvalidated(grown) == []
    assert scans(grown) == read + len(pending)
    assert run(grown, FILE) == before


def test_who_reads_and_who_writes_goes_on_meanwhile(
    grown: str, neighbours: list[Neighbour], figure: Callable[[str], Any]
) -> None:
    started = time.perf_counter()
    schema.upgrade(grown)
    upgraded = time.perf_counter()
    assert schema.validate(grown) == []
    validated = time.perf_counter()
    for neighbour in neighbours:
        neighbour.end()

    reader, writer = neighbours
    figure(
        f"{ROWS:,} rows: upgraded in {upgraded - started:.2f} s, validated in"
        f" {validated - upgraded:.2f} s; {reader.count} reads beside it took {reader.longest:.2f} s"
        f" at most, {writer.count} writes {writer.longest:.2f} s"
    )
    assert reader.count > 1
    assert writer.count > 1
    assert max(reader.longest, writer.longest) < LONGEST


def test_a_downgrade_leaves_the_rows(grown: str) -> None:
    schema.upgrade(grown)
    config = schema._config()
    with schema._connection(grown) as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0003")

    assert run(grown, "SELECT count(*) FROM tasks") == [(ROWS,)]
    schema.upgrade(grown)
    assert schema.compare(grown) == []
