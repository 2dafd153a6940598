"""What makes the service ready to be sharded by user: its statements, its tables, its migration.

Citus itself can't be had here; docs/deploy/sharding.md says what was tried with it by hand.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any
from uuid import uuid4

import psycopg2
import pytest
from pglast import ast, parse_sql
from psycopg2.extensions import make_dsn
from sqlmodel import SQLModel

from db import distributed, schema
from db.distributed import CitusMissing
from db.parts import ALONG_A_KEY
from db.pool.sessions import Sessions
from tests.db.routing import TABLES, USER, Statement
from tests.db.test_plans import PAGES
from tests.db.test_statements import SINGLE

STATEMENTS = SINGLE | {
    f"{order}, {name}": text for order, pages in PAGES.items() for name, text in pages.items()
}
MINE = "tasks.user_id = %(user)s"
ADDED = "INSERT INTO tasks (user_id) VALUES (%(user)s)"
BROKEN = {
    "a read of all": ("SELECT * FROM tasks", "not of one user"),
    "another column": ("SELECT * FROM tasks WHERE tasks.id = %(user)s", "not of one user"),
    "another parameter": ("SELECT * FROM tasks WHERE tasks.user_id = %(q)s", "not of one user"),
    "a constant": ("SELECT * FROM tasks WHERE tasks.user_id = 'eve'", "not of one user"),
    "a range": ("SELECT * FROM tasks WHERE tasks.user_id >= %(user)s", "not of one user"),
    "an alternative": (f"SELECT * FROM tasks WHERE {MINE} OR true", "not of one user"),
    "a negation": (f"SELECT * FROM tasks WHERE NOT ({MINE})", "not of one user"),
    "a list": ("SELECT * FROM tasks WHERE tasks.user_id IN (%(user)s)", "not of one user"),
    "a join": (
        f"SELECT * FROM tasks, idempotency_keys AS keys WHERE {MINE}",
        "not of one user: idempotency_keys",
    ),
    "a subquery": (
        f"SELECT * FROM tasks WHERE {MINE} AND id = (SELECT max(id) FROM tasks)",
        "not of one user",
    ),
    "a CTE": (
        f"WITH old AS (DELETE FROM idempotency_keys) SELECT * FROM tasks WHERE {MINE}",
        "not of one user: idempotency_keys",
    ),
    "one half of a union": (
        f"SELECT id FROM tasks WHERE {MINE} UNION SELECT id FROM tasks",
        "not of one user",
    ),
    "an update": ("UPDATE tasks SET title = ''", "not of one user"),
    "a table of nobody": ("SELECT * FROM pg_class", "another table"),
    "an insert without columns": ("INSERT INTO tasks VALUES (%(user)s)", "without its user"),
    "an insert for somebody": ("INSERT INTO tasks (user_id) VALUES ('eve')", "another user"),
    "one of two rows": (
        f"{ADDED}, (%(q)s)",
        "another user",
    ),
    "a copy": (
        f"INSERT INTO tasks (title, user_id) SELECT %(user)s, title FROM tasks WHERE {MINE}",
        "another user",
    ),
    "a conflict by another key": (
        f"{ADDED} ON CONFLICT (id) DO NOTHING",
        "conflict across users",
    ),
    "a conflict by any key": (
        f"{ADDED} ON CONFLICT DO NOTHING",
        "conflict across users",
    ),
    "a gift": (f"UPDATE tasks SET user_id = %(q)s WHERE {MINE}", "changes its user"),
    "a gift in a conflict": (
        f"{ADDED} ON CONFLICT (user_id) DO UPDATE SET user_id = 'eve'",
        "changes its user",
    ),
    "a volatile function": (f"SELECT random() FROM tasks WHERE {MINE}", "volatile"),
    "a volatile value": (
        f"UPDATE tasks SET updated_at = clock_timestamp() WHERE {MINE}",
        "volatile",
    ),
    "a merge": ("MERGE INTO tasks USING tasks t ON true WHEN MATCHED THEN DELETE", "MergeStmt"),
    "a setting": ("SET enable_sort = off", "state of the session"),
    "a setting by function": ("SELECT set_config('enable_sort', 'off', false)", "session"),
    "an advisory lock": ("SELECT pg_advisory_lock(1)", "state of the session"),
    "the last id": ("SELECT lastval()", "state of the session"),
    "a temporary table": ("CREATE TEMP TABLE mine (id int)", "state of the session"),
    "a table by select": (f"SELECT * INTO mine FROM tasks WHERE {MINE}", "session"),
    "a listener": ("LISTEN tasks", "state of the session"),
    "a cursor": (f"DECLARE c CURSOR FOR SELECT * FROM tasks WHERE {MINE}", "session"),
    "two at once": (f"DELETE FROM tasks WHERE {MINE}; SELECT 1", "2 statements"),
}


@pytest.fixture(scope="module")
def volatile(sql: Callable[..., Any]) -> set[str]:
    return {name for (name,) in sql("SELECT proname FROM pg_proc WHERE provolatile = 'v'")}


@pytest.mark.parametrize("text", STATEMENTS.values(), ids=STATEMENTS)
def test_a_statement_stays_on_one_users_shard(text: str, volatile: set[str]) -> None:
    assert Statement(text).breaches(volatile) == []


@pytest.mark.parametrize(("text", "breach"), BROKEN.values(), ids=BROKEN)
def test_a_statement_against_a_rule_is_found(text: str, breach: str, volatile: set[str]) -> None:
    assert any(breach in found for found in Statement(text).breaches(volatile))


def test_only_the_create_with_a_key_changes_a_table_twice() -> None:
    """CockroachDB would not take it."""
    changed = {name: Statement(text).changed() for name, text in STATEMENTS.items()}

    assert [name for name, tables in changed.items() if len(tables) > len(set(tables))] == [
        "CREATE_ONCE"
    ]


def test_what_a_pooled_session_is_told_ends_with_the_statement() -> None:
    limit = Sessions("", timeout=1, direct=False)._sent
    assert {text.planning for text in STATEMENTS.values()} == {"", ALONG_A_KEY}
    told = [raw.stmt for raw in parse_sql(limit + ALONG_A_KEY)]

    assert len(told) == 2
    assert all(isinstance(each, ast.VariableSetStmt) and each.is_local for each in told)


CROSSING = {
    "a unique key": """
        SELECT indexrelid::regclass::text FROM pg_index
        LEFT JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]
        WHERE indisunique AND indrelid = ANY (%(tables)s::regclass[])
        AND attname IS DISTINCT FROM %(user)s
    """,
    "a foreign key or an exclusion": """
        SELECT conname FROM pg_constraint WHERE contype IN ('f', 'x')
        AND conrelid = ANY (%(tables)s::regclass[]) AND NOT (contype = 'f' AND EXISTS (
            SELECT FROM pg_attribute
            WHERE attrelid = conrelid AND attnum = conkey[1] AND attname = %(user)s))
    """,
    "a trigger": """
        SELECT tgname FROM pg_trigger
        WHERE tgrelid = ANY (%(tables)s::regclass[]) AND NOT tgisinternal
    """,
    "a sequence": """
        SELECT column_name FROM information_schema.columns
        WHERE table_schema = current_schema() AND table_name = ANY (%(tables)s)
        AND (identity_increment <> '1' OR identity_cycle = 'YES' OR column_default ~ 'nextval'
            OR is_identity = 'YES' AND data_type <> 'bigint')
    """,
}
PLANTED = {
    "a unique key": (
        "ALTER TABLE tasks ADD UNIQUE (id)",
        "CREATE UNIQUE INDEX ON idempotency_keys (key, user_id)",
        "CREATE UNIQUE INDEX ON tasks (lower(user_id))",
    ),
    "a foreign key or an exclusion": (
        "ALTER TABLE idempotency_keys ADD FOREIGN KEY (task_id) REFERENCES others",
        "ALTER TABLE tasks ADD EXCLUDE (id WITH =)",
    ),
    "a trigger": (
        "CREATE TRIGGER t AFTER UPDATE ON tasks EXECUTE FUNCTION tsvector_update_trigger()",
    ),
    "a sequence": (
        "ALTER TABLE tasks ALTER id SET INCREMENT 2",
        "ALTER TABLE tasks ADD number serial",
        "ALTER TABLE tasks ALTER id TYPE integer",
    ),
}


@pytest.fixture
def planted(database_url: str) -> Iterator[Callable[..., dict[str, list[Any]]]]:
    """Return what crosses shards in copies of the tables, changed by a statement."""
    with closing(psycopg2.connect(database_url)) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA planted; CREATE TABLE planted.others (id bigint PRIMARY KEY)")
        for table in TABLES:
            cursor.execute(f"CREATE TABLE planted.{table} (LIKE {table} INCLUDING ALL)")
        cursor.execute("SET LOCAL search_path = planted")

        def planted(change: str) -> dict[str, list[Any]]:
            cursor.execute(change)
            return crossing(cursor.execute, cursor.fetchall)

        yield planted


def crossing(ask: Callable[..., Any], answer: Callable[[], Any]) -> dict[str, list[Any]]:
    """Return what of the tables can't be had within one shard, by the rule that it breaks."""
    found = {}
    for rule, query in CROSSING.items():
        ask(query, {"tables": list(TABLES), "user": USER})
        found[rule] = answer()
    return {rule: names for rule, names in found.items() if names}


def test_no_key_constraint_or_sequence_crosses_shards(database_url: str) -> None:
    with closing(psycopg2.connect(database_url)) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_index WHERE indrelid = ANY (%s::regclass[])", (list(TABLES),)
        )
        assert cursor.fetchone() == (3,)
        assert crossing(cursor.execute, cursor.fetchall) == {}


@pytest.mark.parametrize(
    ("change", "rule"), [(change, rule) for rule, changes in PLANTED.items() for change in changes]
)
def test_a_table_against_a_rule_is_found(
    planted: Callable[..., dict[str, list[Any]]], change: str, rule: str
) -> None:
    assert set(planted(change)) == {rule}


def test_every_table_is_distributed_beside_one_that_is() -> None:
    assert set(distributed.TABLES) == set(SQLModel.metadata.tables) == set(TABLES)
    first, *others = distributed.TABLES
    assert {first: "none", **dict.fromkeys(others, first)} == distributed.TABLES


@pytest.fixture
def empty(database_url: str, sql: Callable[..., Any]) -> Iterator[str]:
    name = f"empty_{uuid4().hex}"
    sql(f"CREATE SCHEMA {name}")
    yield make_dsn(database_url, options=f"-csearch_path={name}")
    sql(f"DROP SCHEMA {name} CASCADE")


def test_without_citus_nothing_is_changed(empty: str, sql: Callable[..., Any]) -> None:
    with pytest.raises(CitusMissing, match="CREATE EXTENSION citus"):
        schema.upgrade(empty, distributed=True)
    assert schema.look(empty).is_behind
    assert sql("SELECT 1 FROM pg_tables WHERE schemaname LIKE 'empty%'") == []
