"""The owner migrates and another role serves: it may do what the statements need, and no more."""

from contextlib import closing
from itertools import count
from typing import Any

import psycopg2
import pytest
from psycopg2 import sql
from psycopg2.errors import InsufficientPrivilege
from psycopg2.extensions import make_dsn

from db import pages, schema, search
from db.checks.privileges import grants
from tests.db.postgres import Server
from tests.db.test_schema import run
from tests.db.test_statements import SINGLE

_numbers = count()
ROLES = ["todo_api", "Todo API", 'a "quoted" role', "50%", "user; DROP TABLE tasks"]
FORBIDDEN = [
    "TRUNCATE tasks",
    "DROP TABLE tasks",
    "ALTER TABLE tasks ADD COLUMN more text",
    "UPDATE alembic_version SET version_num = '0000'",
    "DELETE FROM alembic_version",
    "SELECT setval('tasks_id_seq', 1)",
    "CREATE TABLE more ()",
]
PARAMETERS: dict[str, Any] = {
    "user": "alice",
    "task": "1",
    "versions": None,
    "after": 1,
    "after_key": "1",
    "complete": True,
    "tags": ["x"],
    "due_from": "2026-12-01",
    "due_to": "2026-12-01",
    "has_due_date": True,
    "min_priority": 1,
    **search.parameters("x"),
    "limit": "9",
    "new_title": "Tea",
    "new_description": None,
    "new_complete": True,
    "describe": True,
    "new_due_date": None,
    "schedule": True,
    "new_priority": 0,
    "new_tags": ["x"],
    "key": "once",
    "fingerprint": b"",
}
NEEDED = [
    ("tasks", "SELECT"),
    ("tasks", "INSERT"),
    ("tasks", "UPDATE"),
    ("tasks", "DELETE"),
    ("idempotency_keys", "SELECT"),
    ("idempotency_keys", "INSERT"),
    ("idempotency_keys", "UPDATE"),
    ("idempotency_keys", "DELETE"),
    ("tasks_id_seq", "USAGE"),
]


@pytest.fixture
def owner(server: Server) -> str:
    """A new database with its tables, as the role that owns it sees it."""
    name = f"owner_{next(_numbers)}"
    server.sql(f"CREATE ROLE {name} LOGIN")
    server.sql(f"CREATE DATABASE {name} OWNER {name}")
    dsn = str(make_dsn(server.dsn, user=name, dbname=name))
    schema.upgrade(dsn)
    return dsn


@pytest.fixture
def role(server: Server) -> str:
    """A new role that may do nothing."""
    name = f"api_{next(_numbers)}"
    server.sql(f"CREATE ROLE {name} LOGIN")
    return name


def grant(owner: str, role: str) -> str:
    """Run what is printed, and return the DSN of the role."""
    run(owner, "\n".join(grants(role, "public")))
    return str(make_dsn(owner, user=role))


def run_all(dsn: str) -> None:
    every = [pages.page(order, frozenset(pages.FILTERS), goes_on=True) for order in pages.ORDERS]
    for statement in (*SINGLE.values(), *every):
        run(dsn, statement, PARAMETERS)


def test_the_role_that_is_granted_runs_every_statement(owner: str, role: str) -> None:
    served = grant(owner, role)
    run_all(served)

    assert schema.look(served) == (role, [], False, None, False)
    assert schema.look(owner).lacking == []


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_it_may_do_nothing_else(owner: str, role: str, statement: str) -> None:
    with pytest.raises(InsufficientPrivilege):
        run(grant(owner, role), statement)


@pytest.mark.parametrize(("table", "privilege"), NEEDED)
def test_each_grant_is_needed_and_missed_by_its_name(
    owner: str, role: str, table: str, privilege: str
) -> None:
    served = grant(owner, role)
    kind = "SEQUENCE" if table.endswith("_seq") else "TABLE"
    run(owner, f"REVOKE {privilege} ON {kind} {table} FROM {role}")

    assert schema.look(served).lacking == [f"{privilege} on {table}"]
    with pytest.raises(InsufficientPrivilege):
        run_all(served)


def test_a_revision_that_may_not_be_read_is_missed_by_its_tables_name(
    owner: str, role: str
) -> None:
    served = grant(owner, role)
    run(owner, f"REVOKE SELECT ON alembic_version FROM {role}")

    assert schema.look(served).lacking == ["SELECT on alembic_version"]


def test_a_schema_that_may_not_be_used_is_not_taken_for_an_empty_one(owner: str, role: str) -> None:
    run(owner, "REVOKE USAGE ON SCHEMA public FROM public")
    served = str(make_dsn(owner, user=role))

    assert schema.look(served).lacking == ["USAGE on schema public"]
    assert schema.look(grant(owner, role)).lacking == []


def test_without_tables_no_right_is_missed(server: Server, role: str) -> None:
    server.sql(f"CREATE DATABASE {role}")
    found = schema.look(str(make_dsn(server.dsn, user=role, dbname=role)))

    assert (found.lacking, found.is_behind) == ([], True)


@pytest.mark.parametrize("name", ROLES)
def test_a_role_may_have_any_name(server: Server, owner: str, name: str) -> None:
    quoted = sql.Identifier(name)
    with (
        closing(psycopg2.connect(server.dsn)) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(sql.SQL("CREATE ROLE {} LOGIN").format(quoted))
    served = grant(owner, name)

    assert schema.look(served) == (name, [], False, None, False)
