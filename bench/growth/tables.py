"""The tables that are measured: one user's tasks alone, and the same users' among a crowd's."""

import math
from dataclasses import dataclass

from bench.database import Database
from db import schema

_ROWS = 10_000_000
_CROWD = 100_000
_LEAST = 100
_MOST = 1_000_000

# Without the primary key while it is filled, as ten times as quick; it is the same afterwards.
_FILL = """
    ALTER TABLE tasks DROP CONSTRAINT tasks_pkey;
    SELECT setseed(0.5);
    INSERT INTO tasks (id, user_id, title, description, due_date, priority)
    SELECT id, {owner}, 'Task ' || id, 'What there is to say of task ' || id || '.',
        CASE WHEN random() < 0.5
            THEN to_char(date '2026-01-01' + floor(random() * 365)::int, 'YYYY-MM-DD') END,
        floor(random() * 5)
    FROM generate_series(1, {rows}) AS id;
    ALTER TABLE tasks ADD CONSTRAINT tasks_pkey PRIMARY KEY (user_id, id);
    SELECT setval(pg_get_serial_sequence('tasks', 'id'), {rows});
"""


@dataclass(frozen=True)
class Sizes:
    """How many tasks there are; `scale` 1 is the full measurement."""

    rows: int
    crowd: int
    users: tuple[int, ...]
    """The tasks of those users that are measured, ascending."""

    @classmethod
    def of(cls, scale: float) -> "Sizes":
        """Return the sizes of a run that is `scale` times as large as the full one."""
        most = max(_LEAST, round(_MOST * scale))
        return cls(
            rows=round(_ROWS * scale),
            crowd=round(_CROWD * scale),
            users=(_LEAST, round(math.sqrt(_LEAST * most)), most),
        )


def user_of(tasks: int) -> str:
    """Return the user who has that many tasks."""
    return f"user-of-{tasks}"


def user_in_crowd(number: int) -> str:
    """Return one of the crowd, numbered from 0, who has about 90 tasks."""
    return f"user-{number}"


def alone(cluster: Database, tasks: int) -> Database:
    """Make a database with the tasks of one user."""
    return _filled(cluster, f"alone_{tasks}", tasks, f"'{user_of(tasks)}'")


def crowd(cluster: Database, sizes: Sizes) -> Database:
    """Make a database in which all users' tasks lie mixed, as they come to be over time."""
    theirs = (
        f"WHEN id % {sizes.rows // tasks} = {remainder} THEN '{user_of(tasks)}'"
        for remainder, tasks in enumerate(reversed(sizes.users))
    )
    anyone = f"'{user_in_crowd(0)[:-1]}' || floor(random() * {sizes.crowd})"
    return _filled(cluster, "crowd", sizes.rows, f"CASE {' '.join(theirs)} ELSE {anyone} END")


def _filled(cluster: Database, name: str, rows: int, owner: str) -> Database:
    cluster.sql(f"CREATE DATABASE {name}")
    database = Database(f"{cluster.url.rpartition('/')[0]}/{name}", cluster.programs)
    schema.upgrade(database.url)
    database.sql(_FILL.format(rows=rows, owner=owner))
    for statement in ("VACUUM ANALYZE tasks", "CHECKPOINT"):
        database.sql(statement)
    return database
