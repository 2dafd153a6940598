import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from db import changes, pages, statements
from db.parts import NEW
from tests.db.test_plans import OTHERS, PROPERTIES, steps
from tests.db.test_plans import PAGES as PAGES_BY_ORDER

SINGLE = OTHERS | {"READINESS": statements.READINESS}
PAGES = [text for of_order in PAGES_BY_ORDER.values() for text in of_order.values()]
STATEMENTS = [*SINGLE.values(), *PAGES]
TABLE = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE)\s+(tasks|idempotency_keys)\b")
ABOUT_TASKS = {name: text for name, text in SINGLE.items() if TABLE.search(text)}

USERS = [f"planned-{number}" for number in range(8)]
USER = USERS[3]
NEWEST = pages.page("-created_at", frozenset(), goes_on=False)
CHANGED = {
    "new_title": "Tea",
    "new_description": None,
    "new_complete": True,
    "describe": True,
    "new_due_date": None,
    "schedule": False,
    "new_priority": None,
    "new_tags": ["a"],
}
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


def indexes(plan: list[dict[str, Any]]) -> set[str]:
    """Return the indexes by which tables are read; a table read from end to end shows as such."""
    return {
        step.get("Index Name", step["Node Type"])
        for step in plan
        if step["Node Type"] == "Seq Scan" or "Index Name" in step
    }


def test_all_statements_are_known() -> None:
    assert set(SINGLE) - set(ABOUT_TASKS) == {"READINESS"}
    assert len(ABOUT_TASKS) == 6 + 6 + 2 * (6 + 15 + 1) * 2
    assert len(PAGES) == len({*PAGES}) == 4 * 30 * 2


def names_the_user_everywhere(text: str) -> bool:
    """Tell whether each use of a table is held to the user's own rows, whatever else it asks."""
    for use in TABLE.finditer(text):
        table, rest = use[1], TABLE.split(text[use.end() :])[0]
        named = rf" \(user_id, |[^;]*?\bWHERE {table}\.user_id = %\(user\)s(?: AND |\s+ORDER BY )"
        if not re.match(named, rest, re.DOTALL) or " OR " in outermost(rest):
            return False
    return bool(TABLE.search(text))


def outermost(clause: str) -> str:
    """Leave out what stands in parentheses or in a CASE, where OR is bound."""
    while (shorter := re.sub(r"\([^()]*\)", "", clause)) != clause:
        clause = shorter
    return re.sub(r"\bCASE\b.*?\bEND\b", "", clause)


@pytest.mark.parametrize("text", ABOUT_TASKS.values(), ids=ABOUT_TASKS)
def test_every_use_of_a_table_names_the_user(text: str) -> None:
    assert names_the_user_everywhere(text)


def test_every_page_names_the_user() -> None:
    assert [text for text in PAGES if not names_the_user_everywhere(text)] == []


def test_every_statement_is_one_statement() -> None:
    assert [text for text in STATEMENTS if ";" in text or "--" in text] == []


def test_a_page_has_the_clauses_of_what_is_asked_for_and_no_others() -> None:
    for order in pages.ORDERS:
        alone = parameters(pages.page(order, frozenset(), goes_on=False))
        assert alone == {"user", "limit"}
        after = {"after", "after_key"} if order in {"due_date", "-priority"} else {"after"}
        assert parameters(pages.page(order, frozenset(), goes_on=True)) == alone | after
        for name in pages.FILTERS:
            more = {"hint", "ascii_hint", "accents"} if name == "q" else set()
            text = pages.page(order, frozenset({name}), goes_on=False)
            assert parameters(text) == alone | {name} | more


def test_a_write_has_the_clauses_of_what_is_sent_and_no_others() -> None:
    for name in PROPERTIES:
        sent = frozenset({name})
        patch = changes.change("patch", sent, versioned=False)
        assert parameters(patch) == {"user", "task", f"new_{name}"}
        patch = changes.change("patch", sent, versioned=True)
        assert parameters(patch) == {"user", "task", f"new_{name}", "versions"}
        if name in NEW:
            assert parameters(changes.create(sent)) == {"user", f"new_{name}"}


def parameters(text: str) -> set[str]:
    return set(re.findall(r"%\((\w+)\)s", text))


def test_a_page_is_read_along_the_primary_key(plan: Callable[..., Any]) -> None:
    planned = plan(NEWEST, user=USER, limit=101)

    assert indexes(planned) == {"tasks_pkey"}
    assert [step["Node Type"] for step in planned] == ["Limit", "Index Scan"]


def test_a_page_in_the_middle_starts_at_its_key(plan: Callable[..., Any]) -> None:
    going_on = pages.page("-created_at", frozenset(), goes_on=True)
    planned = plan(going_on, user=USER, limit=101, after=1000)

    assert planned[-1]["Index Cond"] == f"((user_id = '{USER}'::text) AND (id < 1000))"


def test_a_task_is_read_by_its_primary_key(plan: Callable[..., Any]) -> None:
    assert indexes(plan(statements.GET, user=USER, task=42)) == {"tasks_pkey"}


@pytest.mark.parametrize("name", ["REPLACE", "PATCH", "DELETE"])
@pytest.mark.parametrize("versions", VERSIONS.values(), ids=VERSIONS)
def test_a_task_is_changed_by_its_primary_key(
    plan: Callable[..., Any], name: str, versions: list[str] | None
) -> None:
    planned = plan(SINGLE[name], user=USER, task=42, versions=versions, **CHANGED)

    assert indexes(planned) == {"tasks_pkey"}


def test_keys_are_pruned_along_an_index(plan: Callable[..., Any]) -> None:
    claim = {"user": USER, "key": "new", "fingerprint": b"of a body"}
    planned = plan(statements.CREATE_ONCE, **claim, **CHANGED)

    assert indexes(planned) == {"idempotency_keys_age", "idempotency_keys_pkey"}
