"""Filters and orders of lists, against the same done in Python."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from db.models import PRIORITIES
from tests.handlers.conftest import created, pointers, problem
from tests.handlers.test_listing import page, pages

DUE = [None, "2026-11-30", "2026-12-01", "2026-12-01T00:00", "2026-12-01T23:59", "2026-12-02T08:00"]
TAGS = [[], ["a"], ["a", "b"], ["A"], ["b", "c d", "100%"]]
TASKS = [
    {"title": f"Task {number}", "due_date": due, "priority": PRIORITIES[number % 5], "tags": tags}
    for number, (due, tags) in enumerate((due, tags) for due in DUE for tags in TAGS)
]

queries = st.fixed_dictionaries(
    {"sort": st.sampled_from(["-created_at", "created_at", "due_date", "-priority"])},
    optional={
        "complete": st.booleans(),
        "q": st.sampled_from(["task 1", "A", "c d", "%", "ab", "none"]),
        "tag": st.lists(
            st.sampled_from(["a", "b", "A", "c d", "100%", "z"]), min_size=1, max_size=3
        ),
        "due_from": st.sampled_from(["2026-11-30", "2026-12-01", "2026-12-02", "2027-01-01"]),
        "due_to": st.sampled_from(["2026-11-29", "2026-11-30", "2026-12-01", "2026-12-02"]),
        "has_due_date": st.booleans(),
        "min_priority": st.sampled_from(PRIORITIES),
    },
)


@pytest.fixture(scope="module")
def shared_user() -> str:
    return "user-of-many-kinds-of-tasks"


@pytest.fixture(scope="module")
def kept() -> list[dict[str, Any]]:
    return []


@pytest.fixture
def many(client_of: Any, shared_user: str, kept: list[dict[str, Any]]) -> TestClient:
    """A client of a user with a task of each kind, every fourth of them complete."""
    client: TestClient = client_of(shared_user)
    if not kept:
        for number, body in enumerate(TASKS):
            task = created(client, body)
            if number % 4 == 0:
                task = client.patch(f"tasks/{task['id']}", json={"complete": True}).json()
            kept.append(task)
    return client


def due_at(task: dict[str, Any]) -> str:
    """What an order by due date compares: a day ends after its last minute."""
    due = task["due_date"]
    if due is None:
        return "9999-99-99"
    return due if "T" in due else f"{due}T99:99"


def matches(task: dict[str, Any], query: dict[str, Any]) -> bool:
    day = task["due_date"] and task["due_date"][:10]
    texts = [task["title"], *task["tags"]]
    return (
        query.get("complete", task["complete"]) == task["complete"]
        and ("q" not in query or any(query["q"].lower() in text.lower() for text in texts))
        and set(query.get("tag", ())) <= set(task["tags"])
        and ("due_from" not in query or (day is not None and day >= query["due_from"]))
        and ("due_to" not in query or (day is not None and day <= query["due_to"]))
        and query.get("has_due_date", day is not None) == (day is not None)
        and PRIORITIES.index(task["priority"])
        >= PRIORITIES.index(query.get("min_priority", "none"))
    )


def expected(tasks: list[dict[str, Any]], query: dict[str, Any]) -> list[int]:
    found = [task for task in tasks if matches(task, query)]
    keys = {
        "created_at": lambda task: task["id"],
        "-created_at": lambda task: -task["id"],
        "due_date": lambda task: (due_at(task), task["id"]),
        "-priority": lambda task: (-PRIORITIES.index(task["priority"]), -task["id"]),
    }
    return [task["id"] for task in sorted(found, key=keys[query["sort"]])]


def sent(query: dict[str, Any]) -> dict[str, Any]:
    return {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in query.items()
    }


@settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(query=queries, limit=st.integers(1, 7))
def test_a_list_is_what_was_asked_for(
    many: TestClient, kept: list[dict[str, Any]], query: dict[str, Any], limit: int
) -> None:
    whole = expected(kept, query)

    assert [task["id"] for task in page(many, **sent(query))["tasks"]] == whole
    parts = list(pages(many, **sent(query), limit=limit))
    assert [task for part in parts for task in part] == whole
    assert all(len(part) == limit for part in parts[:-1])


@pytest.mark.parametrize("sort", ["due_date", "-priority"])
def test_a_cursor_has_at_most_64_characters(many: TestClient, sort: str) -> None:
    assert len(page(many, sort=sort, limit=1)["next_cursor"]) <= 43


@pytest.mark.parametrize(
    "other",
    [
        {"tag": "a"},
        {"tag": ["b", "a"]},
        {"due_from": "2026-01-01"},
        {"due_to": "2027-01-01"},
        {"has_due_date": "true"},
        {"min_priority": "none"},
        {"sort": "-priority"},
    ],
)
def test_a_cursor_belongs_to_its_filters(many: TestClient, other: dict[str, Any]) -> None:
    of_list = {"tag": ["a", "b"], "sort": "due_date"}
    cursor = page(many, **of_list, limit=1)["next_cursor"]
    answer = many.get("tasks", params={**of_list, **other, "cursor": cursor})

    assert problem(answer) == (400, "VALIDATION_ERROR")
    assert pointers(answer) == ["cursor"]


def test_a_task_without_a_due_date_comes_last_in_pages_of_one(client: TestClient) -> None:
    undated = created(client, {"title": "Some time"})["id"]
    last = created(client, {"title": "At last", "due_date": "9999-12-31"})["id"]

    assert list(pages(client, sort="due_date", limit=1)) == [[last], [undated]]


def test_a_search_finds_no_text_across_two_tags(client: TestClient) -> None:
    task = created(client, {"title": "x", "tags": ["ab", "cd"]})["id"]

    for q, found in {"AB": [task], "cd": [task], "bc": [], "b,c": [], "ab,cd": []}.items():
        assert [task["id"] for task in page(client, q=q)["tasks"]] == found


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("due_from=2026-02-30", ["due_from"]),
        ("due_to=2026-12-01T09:30", ["due_to"]),
        ("has_due_date=1", ["has_due_date"]),
        ("min_priority=most", ["min_priority"]),
        ("sort=-due_date", ["sort"]),
        ("tag=", ["tag/0"]),
        ("tag=a&tag=%00", ["tag/1"]),
        (f"tag={'x' * 51}", ["tag/0"]),
        ("&".join(f"tag={number}" for number in range(21)), ["tag"]),
    ],
)
def test_a_wrong_filter_is_named(client: TestClient, query: str, wrong: list[str]) -> None:
    answer = client.get(f"tasks?{query}")

    assert problem(answer) == (400, "VALIDATION_ERROR")
    assert pointers(answer) == wrong
