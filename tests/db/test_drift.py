"""Tables that are otherwise than the models say are named, part by part."""

from contextlib import closing

import psycopg2
import pytest

from db import schema
from tests.db.test_schema import insert, run, tables

DROPPED = "ALTER TABLE tasks DROP CONSTRAINT tasks_title_length"
BOUND = "CHECK ((char_length(title) >= 1) AND (char_length(title) <= 200))"
CHANGES = {
    "a constraint is dropped": (
        DROPPED,
        ["tasks lacks the constraint tasks_title_length: CHECK"],
    ),
    "a constraint is another": (
        f"{DROPPED}, ADD CONSTRAINT tasks_title_length CHECK (char_length(title) <= 100)",
        ["tasks has another constraint tasks_title_length: CHECK ((char_length(title) <= 100))"],
    ),
    "a constraint is more": (
        "ALTER TABLE tasks ADD CONSTRAINT no_x CHECK (title <> 'x') NOT VALID",
        ["tasks has the constraint no_x, which this release does not know: CHECK"],
    ),
    "the primary key is another": (
        "ALTER TABLE tasks DROP CONSTRAINT tasks_pkey, ADD PRIMARY KEY (id)",
        ["tasks has another constraint tasks_pkey: PRIMARY KEY (id) instead of PRIMARY KEY (user_"],
    ),
    "a column is more": (
        "ALTER TABLE tasks ADD COLUMN more int NOT NULL DEFAULT 1",
        ["tasks has the column more, which this release does not know: integer NOT NULL DEFAULT 1"],
    ),
    "a column is of another type": (
        "ALTER TABLE idempotency_keys ALTER COLUMN task_id TYPE int",
        ["idempotency_keys has another column task_id: integer NOT NULL instead of bigint NOT"],
    ),
    "a column may be null": (
        "ALTER TABLE tasks ALTER COLUMN complete DROP NOT NULL",
        ["tasks has another column complete: boolean DEFAULT false instead of boolean NOT NULL"],
    ),
    "a default is another": (
        "ALTER TABLE tasks ALTER COLUMN version SET DEFAULT 7",
        ["tasks has another column version: bigint NOT NULL DEFAULT 7"],
    ),
    "ids are no identity": (
        "ALTER TABLE tasks ALTER COLUMN id DROP IDENTITY",
        ["tasks has another column id: bigint NOT NULL instead of bigint NOT NULL IDENTITY"],
    ),
    "an index is dropped": (
        "DROP INDEX idempotency_keys_age",
        ["idempotency_keys lacks the index idempotency_keys_age: USING btree (user_id, created"],
    ),
    "an index is unique": (
        "CREATE UNIQUE INDEX once ON tasks (title)",
        ["tasks has the index once, which this release does not know: UNIQUE USING btree (title)"],
    ),
    "a table is gone": (
        "DROP TABLE idempotency_keys",
        ["idempotency_keys: there is no such table"],
    ),
    "two things are": (
        "DROP INDEX idempotency_keys_age; ALTER TABLE tasks DROP COLUMN description",
        [
            "tasks lacks the column description: text",
            "tasks lacks the constraint tasks_description_length: CHECK",
            "idempotency_keys lacks the index",
        ],
    ),
}
HARMLESS = {
    "nothing": "SELECT 1",
    "an index that only speeds reads": "CREATE INDEX titles ON tasks (title)",
    "rows that are not validated": (
        f"{DROPPED}, ADD CONSTRAINT tasks_title_length {BOUND} NOT VALID"
    ),
}


@pytest.mark.parametrize(("change", "said"), CHANGES.values(), ids=CHANGES)
def test_what_is_otherwise_is_named(migrated: str, change: str, said: list[str]) -> None:
    run(migrated, change)
    lines = schema.compare(migrated)

    assert len(lines) == len(said)
    assert all(line.startswith(start) for line, start in zip(lines, said, strict=True))


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS)
def test_what_keeps_the_same_promises_is_no_difference(migrated: str, change: str) -> None:
    run(migrated, change)

    assert schema.compare(migrated) == []


def test_a_comparison_leaves_nothing_behind(migrated: str) -> None:
    before = tables(migrated)
    schema.compare(migrated)

    assert tables(migrated) == before
    assert run(migrated, "SELECT 1 FROM pg_tables WHERE schemaname LIKE 'pg_temp%'") == []


def unvalidated(dsn: str) -> list[str]:
    found = run(
        dsn,
        "SELECT conname FROM pg_constraint WHERE NOT convalidated"
        " AND connamespace = current_schema()::regnamespace ORDER BY 1",
    )
    return [name for (name,) in found]


def test_rows_are_validated_while_others_write(migrated: str) -> None:
    assert unvalidated(migrated) == [
        "tasks_due_date_real",
        "tasks_priority_known",
        "tasks_tags_count",
        "tasks_tags_length",
        "tasks_user_id_length",
    ]
    with closing(psycopg2.connect(migrated)) as writer, writer.cursor() as cursor:
        cursor.execute("INSERT INTO tasks (user_id, title) VALUES ('alice', 'x')")
        assert schema.validate(migrated) == []
    assert unvalidated(migrated) == []


def test_rows_that_break_a_constraint_are_told_and_stay(migrated: str) -> None:
    run(migrated, DROPPED)
    insert(migrated, user_id="alice", title="")
    run(migrated, f"ALTER TABLE tasks ADD CONSTRAINT tasks_title_length {BOUND} NOT VALID")
    [line] = schema.validate(migrated)

    assert line.startswith("tasks: the constraint tasks_title_length holds for new rows only: ")
    assert "violated by some row" in line
    assert unvalidated(migrated) == ["tasks_title_length"]
    assert run(migrated, "SELECT title FROM tasks") == [("",)]


def test_a_constraint_of_the_operators_own_is_left_as_it_is(migrated: str) -> None:
    run(migrated, "ALTER TABLE tasks ADD CONSTRAINT no_x CHECK (title <> 'x') NOT VALID")

    assert schema.validate(migrated) == []
    assert unvalidated(migrated) == ["no_x"]
