import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from db import search, statements

STATEMENTS = {
    name: value
    for name, value in vars(statements).items()
    if name.isupper() and not name.startswith("_") and isinstance(value, str)
}
TABLE = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE)\s+(tasks|idempotency_keys)\b")
ABOUT_TASKS = {name: text for name, text in STATEMENTS.items() if TABLE.search(text)}

USERS = [f"planned-{number}" for number in range(8)]
USER = USERS[3]
EVERY = {"user": USER, "after": None, "complete": None, "limit": 101, **search.parameters(None)}
PAGES: dict[str, dict[str, Any]] = {
    "the first page": {},
    "a page in the middle": {"after": 1000},
    "the greatest page": {"limit": 1001},
    "complete ones": {"complete": True, "after": 1000},
    "a search": search.parameters("milk"),
    "a search with an accent": search.parameters("café"),
    "everything": {"complete": False, "after": 1000, **search.parameters("%")},
}
CHANGED = {"new_title": "Tea", "new_description": None, "new_complete": True, "describe": True}
VERSIONS = {"whatever its version": None, "of one version": ["1"], "of two versions": ["1", "2"]}


@pytest.fixture(scope="module")
def plan(sql: Callable[..., Any]) -> Iterator[Callable[..., list[dict[str, Any]]]]:
    """Return every step of the plan that PostgreSQL makes for a statement, on grown tables."""
    mixed = "FROM generate_series(1, 2000) AS number, unnest(%s) AS planned ORDER BY number"
    sql(f"INSERT INTO tasks SELECT planned, number, 'Task ' || number {mixed}", (USERS,))
    sql(
        "INSERT INTO idempotency_keys"
        f" SELECT planned, 'key ' || number, '', number, now() - number * interval '1 min' {mixed}",
        (USERS,),
    )
    sql("ANALYZE tasks, idempotency_keys")

    def plan(statement: str, **parameters: Any) -> list[dict[str, Any]]:
        [[[explained]]] = sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
        return list(steps(explained["Plan"]))

    yield plan
    sql("DELETE FROM tasks WHERE user_id = ANY (%s)", (USERS,))
    sql("DELETE FROM idempotency_keys WHERE user_id = ANY (%s)", (USERS,))


def steps(step: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield step
    for child in step.get("Plans", ()):
        yield from steps(child)


def indexes(plan: list[dict[str, Any]]) -> set[str]:
    """Return the indexes by which tables are read; a table read from end to end shows as such."""
    return {
        step.get("Index Name", step["Node Type"])
        for step in plan
        if step["Node Type"] == "Seq Scan" or "Index Name" in step
    }


def test_all_statements_are_known() -> None:
    assert set(STATEMENTS) - set(ABOUT_TASKS) == {"READINESS"}
    assert len(ABOUT_TASKS) == 8


@pytest.mark.parametrize("text", ABOUT_TASKS.values(), ids=ABOUT_TASKS)
def test_every_use_of_a_table_names_the_user(text: str) -> None:
    for use in TABLE.finditer(text):
        table, rest = use[1], text[use.end() :]
        named = rf" \(user_id, |[^;]*?\bWHERE {table}\.user_id = %\(user\)s AND "
        following = TABLE.split(rest)[0]
        assert re.match(named, following, re.DOTALL), following


@pytest.mark.parametrize("text", STATEMENTS.values(), ids=STATEMENTS)
def test_every_statement_is_one_statement(text: str) -> None:
    assert ";" not in text
    assert "--" not in text


@pytest.mark.parametrize("name", ["NEWEST_PAGE", "OLDEST_PAGE"])
@pytest.mark.parametrize("asked", PAGES.values(), ids=PAGES)
def test_a_page_is_read_along_the_primary_key(
    plan: Callable[..., Any], name: str, asked: dict[str, Any]
) -> None:
    assert indexes(plan(STATEMENTS[name], **EVERY | asked)) == {"tasks_pkey"}


@pytest.mark.parametrize("name", ["NEWEST_PAGE", "OLDEST_PAGE"])
@pytest.mark.parametrize("after", [None, 1000])
def test_a_page_needs_no_sorting(plan: Callable[..., Any], name: str, after: int | None) -> None:
    planned = plan(STATEMENTS[name], **EVERY | {"after": after})

    assert [step["Node Type"] for step in planned] == ["Limit", "Index Scan"]


def test_a_page_in_the_middle_starts_at_its_key(plan: Callable[..., Any]) -> None:
    planned = plan(statements.NEWEST_PAGE, **EVERY | {"after": 1000})

    assert planned[-1]["Index Cond"] == f"((user_id = '{USER}'::text) AND (id < 1000))"


def test_a_task_is_read_by_its_primary_key(plan: Callable[..., Any]) -> None:
    assert indexes(plan(statements.GET, user=USER, task=42)) == {"tasks_pkey"}


@pytest.mark.parametrize("name", ["REPLACE", "PATCH", "DELETE"])
@pytest.mark.parametrize("versions", VERSIONS.values(), ids=VERSIONS)
def test_a_task_is_changed_by_its_primary_key(
    plan: Callable[..., Any], name: str, versions: list[str] | None
) -> None:
    planned = plan(STATEMENTS[name], user=USER, task=42, versions=versions, **CHANGED)

    assert indexes(planned) == {"tasks_pkey"}


def test_keys_are_pruned_along_an_index(plan: Callable[..., Any]) -> None:
    claim = {"user": USER, "key": "new", "fingerprint": b"of a body"}
    planned = plan(statements.CREATE_ONCE, **claim, **CHANGED)

    assert indexes(planned) == {"idempotency_keys_age", "idempotency_keys_pkey"}
