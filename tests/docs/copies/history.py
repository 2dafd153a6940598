"""Every state that a task has ever had, as the database itself keeps it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any, NamedTuple

import psycopg2

_BEGIN = """
TRUNCATE tasks, idempotency_keys;
CREATE TABLE history (task_id bigint NOT NULL, task jsonb NOT NULL);
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN INSERT INTO history VALUES (NEW.id, to_jsonb(NEW)); RETURN NULL; END $$;
CREATE TRIGGER keep AFTER INSERT OR UPDATE ON tasks FOR EACH ROW EXECUTE FUNCTION keep();
"""
_END = "DROP TRIGGER keep ON tasks; DROP FUNCTION keep; DROP TABLE history"

_NOW = """
SELECT coalesce((SELECT jsonb_object_agg(id, version) FROM tasks), '{}'),
       coalesce((SELECT jsonb_agg(DISTINCT task_id) FROM history), '[]')
"""


class Moment(NamedTuple):
    """Which tasks there are, each with its version, and the ids that there have ever been."""

    versions: dict[int, int]
    ever: set[int]


class History:
    """What the table `tasks` holds, and has held."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg2.connect(url)
        self._connection.autocommit = True

    def now(self) -> Moment:
        """Return this moment, by one statement and so one snapshot."""
        ((versions, ever),) = self.rows(_NOW)
        return Moment({int(task): version for task, version in versions.items()}, set(ever))

    def ids_with(self, name: str, value: str) -> set[int]:
        """Return the tasks that have ever had this value, in an array or by itself."""
        found = self.rows(
            "SELECT DISTINCT task_id FROM history WHERE task -> %s @> to_jsonb(%s::text)",
            (name, value),
        )
        return {task for (task,) in found}

    def rows(self, statement: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        with self._connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []


@contextmanager
def kept(url: str) -> Iterator[History]:
    """Begin without tasks, and keep what happens to them until the block ends."""
    history = History(url)
    with closing(history._connection):
        history.rows(_BEGIN)
        try:
            yield history
        finally:
            history.rows(_END)
