"""Migrate the tables with Alembic's revisions under `migrations/`."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import NamedTuple

import psycopg2
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, NullPool, create_engine, text
from sqlalchemy.exc import DBAPIError

from db.checks import privileges, texts
from db.checks.contents import Contents, contents
from db.checks.drift import CONSTRAINTS, TABLES, drift
from db.distributed import distribute, require_citus
from db.errors import DatabaseUnavailable
from db.pool.dialing.dsn import parameters_of

_CONNECT_TIMEOUT = {"connect_timeout": "5"}  # seconds for each address; libpq would wait for ever
_UNLIMITED = text("SET LOCAL statement_timeout = 0")
"""The role's own may be as short as a request's, and to validate a constraint takes its time."""
_MOST_WAIT = text("SET LOCAL lock_timeout = '3s'")
"""For a table in use: while a lock request waits, all later ones queue behind it."""
_PENDING = text(
    """
    SELECT conrelid::regclass::text, quote_ident(conname) FROM pg_constraint
    WHERE conrelid IN (SELECT to_regclass(name) FROM unnest(CAST(:tables AS text[])) AS name)
        AND conname = ANY(:constraints) AND NOT convalidated
    ORDER BY 1, 2
    """
)
_ANALYZE = text(f"ANALYZE {', '.join(TABLES)}")
_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('todo-api migrations'))")


class Look(NamedTuple):
    """The state of a database; without SELECT on alembic_version, its revision is unknown."""

    role: str
    lacking: list[str]
    is_behind: bool
    later: str | None
    folds_otherwise: bool


def upgrade(dsn: str, *, distributed: bool = False) -> None:
    """Run the missing revisions, all of them or none; safe to run twice at once.

    With `distributed`, also distribute the tables over Citus in the same transaction. Raises
    `DatabaseUnavailable`, and `UnfitDatabase` and `CitusMissing` before anything is changed.
    """
    config = _config()
    with _connection(dsn) as connection:
        texts.require_utf8(connection)
        connection.execute(_LOCK)
        connection.execute(_MOST_WAIT)
        if distributed:
            require_citus(connection)
        if _is_behind(connection, config):
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
        if distributed:
            distribute(connection)


def look(dsn: str) -> Look:
    """Check whether the database is usable; raises `DatabaseUnavailable` and `UnfitDatabase`."""
    with _connection(dsn) as connection:
        texts.require_utf8(connection)
        lacking = privileges.lacking(connection)
        return Look(
            role=privileges.role_of(connection),
            lacking=lacking,
            is_behind=not lacking and _is_behind(connection, _config()),
            later=None if lacking else _later(connection, _config()),
            folds_otherwise=texts.folds_otherwise(connection),
        )


def validate(dsn: str) -> list[str]:
    """Validate the NOT VALID constraints, without blocking reads and writes.

    Each has its own transaction. Returns a line for each that existing rows break; raises
    `DatabaseUnavailable`.
    """
    with _connection(dsn) as connection:
        names = {"tables": list(TABLES), "constraints": list(CONSTRAINTS)}
        pending = connection.execute(_PENDING, names).all()
    lines = []
    for table, name in pending:
        try:
            with _connection(dsn) as connection:
                connection.execute(_LOCK)
                connection.execute(_MOST_WAIT)
                connection.execute(text(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}"))
        except DatabaseUnavailable as error:
            lines.append(f"{table}: the constraint {name} holds for new rows only: {error}")
    return lines


def compare(dsn: str) -> list[str]:
    """Return a line for each difference between the tables and the models.

    Raises `DatabaseUnavailable`, for example if the role may not create temporary tables.
    """
    with _connection(dsn) as connection:
        return drift(connection)


@contextmanager
def snapshot(dsn: str) -> Iterator[Contents | None]:
    """Yield what is in the tables, which stays to be seen until the block ends; None without them.

    Tables without a revision are another program's. Raises `DatabaseUnavailable`.
    """
    with _connection(dsn) as connection:
        held = contents(connection)
        yield held if _current(connection) else None


def analyze(dsn: str) -> None:
    """Count what the planner needs to know of new rows; raises `DatabaseUnavailable`."""
    with _connection(dsn) as connection:
        connection.execute(_ANALYZE)


def _is_behind(connection: Connection, config: Config) -> bool:
    """Tell whether revisions of this release are missing."""
    head = ScriptDirectory.from_config(config).get_current_head()
    return _current(connection) != head and _later(connection, config) is None


def _later(connection: Connection, config: Config) -> str | None:
    """Return the tables' revision if it comes from a later release, else None."""
    script = ScriptDirectory.from_config(config)
    known = {None, *(revision.revision for revision in script.walk_revisions())}
    current = _current(connection)
    return None if current in known else current


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("db") / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


@contextmanager
def _connection(dsn: str) -> Iterator[Connection]:
    engine = create_engine(
        "postgresql+psycopg2://",
        creator=lambda: psycopg2.connect(**_CONNECT_TIMEOUT | parameters_of(dsn)),
        poolclass=NullPool,
    )
    try:
        with engine.connect() as connection, connection.begin():
            connection.execute(_UNLIMITED)
            yield connection
    except DBAPIError as error:
        reason = str(error.orig).strip().partition("\n")[0]
        reached = getattr(error.orig, "pgcode", None) is not None
        what = "can't be migrated" if reached else "can't be reached"
        raise DatabaseUnavailable(f"The database {what}: {reason}") from error
