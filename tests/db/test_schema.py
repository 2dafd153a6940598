import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Event
from typing import Any

import psycopg2
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from psycopg2.errors import CheckViolation, NotNullViolation
from psycopg2.extensions import make_dsn, parse_dsn
from sqlmodel import SQLModel, text

from db import schema
from db.errors import DatabaseUnavailable
from db.models import DUE_DATE, PRIORITIES
from tests.db.dead import silent
from tests.handlers.test_later_properties import REAL, UNREAL
from todo_api.contract import contract

PATIENCE = 10.0
CONTRACT = contract()["components"]["schemas"]
TABLES = {"alembic_version", "idempotency_keys", "tasks"}
CONSTRAINTS = """
    SELECT conrelid::regclass::text, conname, replace(pg_get_constraintdef(oid), ' NOT VALID', '')
    FROM pg_constraint
    WHERE connamespace = current_schema()::regnamespace AND contype <> 'n'
        AND conrelid::regclass::text <> 'alembic_version'
    ORDER BY 1, 2
"""

FULL = [f"{number:02}" + "\N{PILE OF POO}" * 48 for number in range(20)]
UNFIT: dict[str, list[Any]] = {
    "21 tags": [[*FULL, "one more"]],
    "a tag of 51 characters": [["x" * 51], ["a", "\n" * 51]],
    "an empty tag": [[""], ["a", "", "b"]],
    "a tag that is NULL": [[None], ["a", None]],
}
VALID: dict[str, Any] = {
    "user_id": "alice",
    "id": 1,
    "title": "x",
    "description": None,
    "version": 1,
}
BOUNDS = {"user_id": "UserId", "title": "Title", "description": "Description"}
RANGES = {"id": "TaskId", "version": "Version"}


def run(dsn: str, statement: str, parameters: Any = None) -> list[tuple[Any, ...]]:
    with closing(psycopg2.connect(dsn)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor) if cursor.description else []


def tables(dsn: str) -> set[str]:
    found = run(dsn, "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
    return {table for (table,) in found}


def downgrade(dsn: str) -> None:
    config = schema._config()
    with schema._connection(dsn) as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")


def insert(dsn: str, **values: Any) -> None:
    columns = ", ".join(values)
    places = ", ".join(f"%({name})s" for name in values)
    run(dsn, f"INSERT INTO tasks ({columns}) VALUES ({places})", values)


def test_an_empty_database_gets_its_tables(empty: str) -> None:
    assert schema.look(empty).is_behind
    schema.upgrade(empty)

    assert tables(empty) == TABLES
    assert not schema.look(empty).is_behind


def test_a_second_upgrade_changes_nothing(migrated: str) -> None:
    insert(migrated, **VALID)
    schema.upgrade(migrated)

    assert not schema.look(migrated).is_behind
    assert run(migrated, "SELECT user_id, id FROM tasks") == [("alice", 1)]


def test_of_two_upgrades_at_once_the_second_waits(
    empty: str, sql: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    upgrade, arrived, leave = command.upgrade, Event(), Event()

    def upgrade_slowly(*arguments: Any) -> None:
        upgrade(*arguments)
        arrived.set()
        assert leave.wait(PATIENCE)

    monkeypatch.setattr(command, "upgrade", upgrade_slowly)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(schema.upgrade, empty)
        assert arrived.wait(PATIENCE)
        second = threads.submit(schema.upgrade, empty)
        while not sql("SELECT 1 FROM pg_locks WHERE NOT granted"):
            assert not second.done()
        assert tables(empty) == set()
        leave.set()

    assert (first.result(), second.result()) == (None, None)
    assert tables(empty) == TABLES


def test_a_revision_of_a_later_release_is_not_behind_and_is_left_alone(migrated: str) -> None:
    run(migrated, "UPDATE alembic_version SET version_num = 'of a later release'")

    schema.upgrade(migrated)

    assert not schema.look(migrated).is_behind


def test_a_downgrade_can_be_taken_back(migrated: str) -> None:
    before = run(migrated, CONSTRAINTS)
    downgrade(migrated)
    assert tables(migrated) == {"alembic_version"}
    assert schema.look(migrated).is_behind

    schema.upgrade(migrated)
    assert tables(migrated) == TABLES
    assert run(migrated, CONSTRAINTS) == before


def behind_a_silent_host(dsn: str, dead: int) -> str:
    known = parse_dsn(dsn)
    hosts = {"host": f"127.0.0.1,{known['host']}", "port": f"{dead},{known['port']}"}
    return str(make_dsn(**known | hosts))


def test_a_silent_host_is_passed_over_though_the_dsn_has_no_limit(
    migrated: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "_CONNECT_TIMEOUT", {"connect_timeout": "1"})
    with silent() as dead:
        assert not schema.look(behind_a_silent_host(migrated, dead.port)).is_behind


def test_the_limit_of_the_dsn_goes_before_ours(
    migrated: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "_CONNECT_TIMEOUT", {"connect_timeout": "3600"})
    with silent() as dead:
        behind = behind_a_silent_host(migrated, dead.port)
        assert not schema.look(make_dsn(behind, connect_timeout=1)).is_behind


def test_a_table_that_is_in_use_for_long_is_left_to_its_users(
    migrated: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "_MOST_WAIT", text("SET LOCAL lock_timeout = '50ms'"))
    with schema._connection(migrated) as connection:
        config = schema._config()
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
    with closing(psycopg2.connect(migrated)) as reader, reader.cursor() as cursor:
        cursor.execute("SELECT FROM tasks")
        with pytest.raises(DatabaseUnavailable, match="can't be migrated: canceling statement"):
            schema.upgrade(migrated)
    assert schema.look(migrated).is_behind
    schema.upgrade(migrated)
    assert not schema.look(migrated).is_behind


@pytest.mark.parametrize("use", [schema.upgrade, schema.look])
def test_a_database_that_is_away_is_unavailable(use: Callable[[str], object]) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound, so that nobody listens there
        host, port = unused.getsockname()
        with pytest.raises(DatabaseUnavailable, match="Connection refused"):
            use(f"postgresql://todo:secret@{host}:{port}/todo")


@pytest.mark.parametrize("use", [schema.upgrade, schema.look])
def test_a_refused_login_is_told_without_its_password(
    database_url: str, use: Callable[[str], object]
) -> None:
    with pytest.raises(DatabaseUnavailable, match="authentication failed") as refused:
        use(make_dsn(database_url, password="wrong password"))
    assert "wrong password" not in str(refused.value)


# SQLAlchemy warns of what it read itself of a constraint that is NOT VALID.
@pytest.mark.filterwarnings("ignore:Can't validate argument 'dialect_options'")
def test_the_models_are_what_the_migrations_make(migrated: str) -> None:
    with schema._connection(migrated) as connection:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, SQLModel.metadata) == []


def test_the_constraints_of_the_models_are_those_of_the_migrations(
    migrated: str, new: Callable[[], str]
) -> None:
    modelled = new()
    with schema._connection(modelled) as connection:
        SQLModel.metadata.create_all(connection)

    assert run(migrated, CONSTRAINTS) == run(modelled, CONSTRAINTS) != []


@pytest.mark.parametrize(("column", "name"), BOUNDS.items())
def test_the_tables_repeat_the_contracts_lengths(migrated: str, column: str, name: str) -> None:
    least, most = CONTRACT[name]["minLength"], CONTRACT[name]["maxLength"]

    for number, length in enumerate((least, most), start=1):
        insert(migrated, **VALID | {"id": number, column: "\N{PILE OF POO}" * length})
    for length in {most + 1, least - 1} - {-1}:
        with pytest.raises(CheckViolation):
            insert(migrated, **VALID | {"id": 3, column: "x" * length})


@pytest.mark.parametrize(("column", "name"), RANGES.items())
def test_the_tables_repeat_the_contracts_ranges(migrated: str, column: str, name: str) -> None:
    least, most = CONTRACT[name]["minimum"], CONTRACT[name]["maximum"]

    for user, number in (("alice", least), ("bob", most)):
        insert(migrated, **VALID | {"user_id": user, column: number})
    for number in (least - 1, most + 1):
        with pytest.raises(CheckViolation):
            insert(migrated, **VALID | {"user_id": "eve", column: number})


def test_the_tables_repeat_the_contracts_due_dates(migrated: str) -> None:
    assert CONTRACT["DueDate"]["pattern"] == DUE_DATE

    for number, due_date in enumerate([None, *REAL], start=1):
        insert(migrated, **VALID | {"id": number, "due_date": due_date})


@pytest.mark.parametrize("due_date", UNREAL.values(), ids=UNREAL)
def test_no_other_due_date_is_kept(migrated: str, due_date: Any) -> None:
    with pytest.raises(CheckViolation, match="tasks_due_date_real"):
        insert(migrated, **VALID | {"due_date": str(due_date)})


def test_the_tables_repeat_the_contracts_priorities(migrated: str) -> None:
    assert list(PRIORITIES) == CONTRACT["Priority"]["enum"]

    for number in range(len(PRIORITIES)):
        insert(migrated, **VALID | {"id": number + 1, "priority": number})
    for number in (-1, len(PRIORITIES)):
        with pytest.raises(CheckViolation, match="tasks_priority_known"):
            insert(migrated, **VALID | {"id": 9, "priority": number})
    with pytest.raises(NotNullViolation):
        insert(migrated, **VALID | {"id": 9, "priority": None})


def test_the_tables_repeat_the_contracts_tags(migrated: str) -> None:
    tag, most = CONTRACT["Tag"], CONTRACT["Tags"]["maxItems"]
    assert (tag["minLength"], tag["maxLength"], most) == (1, len(FULL[0]), len(FULL))

    for number, tags in enumerate([[], FULL, ["\n", " ", '"', "\\", "{}", "null"]], start=1):
        insert(migrated, **VALID | {"id": number, "tags": tags})
        assert run(migrated, "SELECT tags FROM tasks WHERE id = %s", (number,)) == [(tags,)]
    with pytest.raises(NotNullViolation):
        insert(migrated, **VALID | {"id": 9, "tags": None})


@pytest.mark.parametrize("unfit", UNFIT.values(), ids=UNFIT)
def test_no_other_tags_are_kept(migrated: str, unfit: list[Any]) -> None:
    for tags in unfit:
        with pytest.raises(CheckViolation, match="tasks_tags_"):
            insert(migrated, **VALID | {"tags": tags})
