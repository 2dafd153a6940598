from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.handlers.conftest import created, pointers, problem

SEARCHES = {
    "a part of a title": ("milk", ["Buy milk"]),
    "another case": ("MILK", ["Buy milk"]),
    "umlaut in another case": ("ÄPFEL", ["äpfel"]),
    "and the other way round": ("ärger", ["ÄRGER"]),
    "cyrillic": ("МОЛОКО", ["молоко"]),
    "a final sigma": ("οδος", ["ΟΔΟΣ"]),
    "a sigma within a word": ("\u03bf\u03b4\u03bf\u03c3", ["ΟΔΟΣ"]),
    "sharp s as two letters": ("STRASSE", ["Straße"]),
    "sharp s": ("straße", ["Straße"]),
    "capital sharp s": ("STRAẞE", ["Straße"]),
    "two letters as sharp s": ("paß", ["PASS"]),
    "half of a sharp s": ("stras", []),
    "an accent in one character": ("CAFÉ", ["cafe\u0301"]),
    "an accent in two": ("A\u0308pfel", ["äpfel"]),
    "a letter without its accent": ("cafe", []),
    "part of a word before its accent": ("caf", ["cafe\u0301"]),
    "the Turkish capital of i": ("istanbul", ["İstanbul"]),
    "a dotless i is another letter": ("\N{LATIN SMALL LETTER DOTLESS I}stanbul", []),
    "a ligature is another character": ("fi", []),
    "in a description": ("green", ["Tea"]),
    "percent": ("%", ["100% sure"]),
    "underscore": ("_", ["snake_case"]),
    "backslash": ("\\", ["C:\\temp"]),
    "quote": ("'", ["Ada's"]),
    "white space": (" ", ["100% sure", "Buy milk", "Tea"]),
    "a regular expression": (".*", []),
    "nothing like it": ("coffee", []),
}

SPOILT: dict[str, Callable[[str], str]] = {
    "in another case": str.swapcase,
    "its end lost": lambda cursor: cursor[:-1],
    "longer": lambda cursor: f"{cursor}AAAA",
    "moved to another task": lambda cursor: f"_{cursor[1:]}",
    "the same bytes in another spelling": lambda cursor: cursor[:-1] + chr(ord(cursor[-1]) + 1),
    "another text": lambda _: "next-page",
    "only zeros": lambda _: "A" * 22,
    "too long": lambda _: "A" * 65,
    "empty": lambda _: "",
    "not in its alphabet": lambda cursor: f"{cursor}==",
}


@pytest.fixture
def five(client: TestClient) -> list[int]:
    """The ids of five tasks, the oldest first; of these, the second and the fourth are complete."""
    ids = [created(client, {"title": f"Task {number}"})["id"] for number in range(1, 6)]
    for task in (ids[1], ids[3]):
        client.patch(f"tasks/{task}", json={"complete": True})
    return ids


def listed(client: TestClient, **query: Any) -> list[int]:
    return [task["id"] for task in page(client, **query)["tasks"]]


def page(client: TestClient, **query: Any) -> dict[str, Any]:
    answer = client.get("tasks", params=query)
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    assert body.keys() == {"tasks", "count", "next_cursor"}
    assert body["count"] == len(body["tasks"])
    return body


def pages(client: TestClient, **query: Any) -> Iterator[list[int]]:
    body = page(client, **query)
    yield [task["id"] for task in body["tasks"]]
    while body["next_cursor"]:
        body = page(client, **query, cursor=body["next_cursor"])
        yield [task["id"] for task in body["tasks"]]


def test_a_new_user_has_an_empty_list(client: TestClient) -> None:
    assert page(client) == {"tasks": [], "count": 0, "next_cursor": None}


def test_the_newest_comes_first(client: TestClient, five: list[int]) -> None:
    assert listed(client) == listed(client, sort="-created_at") == five[::-1]


def test_the_oldest_comes_first_if_asked_for(client: TestClient, five: list[int]) -> None:
    assert listed(client, sort="created_at") == five


def test_complete_and_open_tasks_are_told_apart(client: TestClient, five: list[int]) -> None:
    assert listed(client, complete="true") == [five[3], five[1]]
    assert listed(client, complete="false") == [five[4], five[2], five[0]]


def test_filters_add_up(client: TestClient, five: list[int]) -> None:
    assert listed(client, complete="true", q="task 2", sort="created_at") == [five[1]]
    assert listed(client, complete="false", q="task 2") == []


@pytest.mark.parametrize(("text", "found"), SEARCHES.values(), ids=SEARCHES)
def test_search_finds_text_whatever_its_case(
    client: TestClient, text: str, found: list[str]
) -> None:
    ascii_titles = ("Buy milk", "100% sure", "snake_case", "C:\\temp", "Ada's", "PASS")
    others = ("äpfel", "ÄRGER", "молоко", "ΟΔΟΣ", "Straße", "cafe\u0301", "İstanbul", "ﬁx")
    for title in (*ascii_titles, *others):
        created(client, {"title": title})
    created(client, {"title": "Tea", "description": "Green or black"})

    assert sorted(task["title"] for task in page(client, q=text)["tasks"]) == found


@pytest.mark.parametrize("sort", ["created_at", "-created_at"])
@pytest.mark.parametrize("limit", [1, 2, 3, 5, 6])
def test_pages_together_are_the_list(
    client: TestClient, five: list[int], sort: str, limit: int
) -> None:
    whole = five if sort == "created_at" else five[::-1]
    expected = [whole[start : start + limit] for start in range(0, 5, limit)]

    assert list(pages(client, sort=sort, limit=limit)) == expected


def test_pages_keep_the_filter(client: TestClient, five: list[int]) -> None:
    expected = [[five[4], five[2]], [five[0]]]
    assert list(pages(client, complete="false", q="task", limit=2)) == expected


def test_a_full_page_that_ends_the_list_has_no_cursor(client: TestClient, five: list[int]) -> None:
    first = page(client, limit=4)
    last = page(client, limit=1, cursor=first["next_cursor"])

    assert [task["id"] for task in last["tasks"]] == [five[0]]
    assert last["next_cursor"] is None


def test_without_a_limit_a_page_has_a_thousand_tasks(
    client: TestClient, user: str, sql: Callable[..., Any]
) -> None:
    sql("INSERT INTO tasks (user_id, title) SELECT %s, 'x' FROM generate_series(1, 1001)", (user,))

    assert [len(tasks) for tasks in pages(client)] == [1000, 1]
    assert [len(tasks) for tasks in pages(client, limit=1000)] == [1000, 1]


def test_changes_between_pages_neither_repeat_nor_hide_tasks(
    client: TestClient, five: list[int]
) -> None:
    cursor = page(client, limit=2)["next_cursor"]
    created(client, {"title": "Newer than the first page"})
    for deleted in (five[4], five[3], five[2]):  # the cursor's own task among them
        client.delete(f"tasks/{deleted}")

    assert listed(client, limit=2, cursor=cursor) == [five[1], five[0]]


def test_what_is_created_while_paging_from_the_oldest_comes_last(
    client: TestClient, five: list[int]
) -> None:
    cursor = page(client, sort="created_at", limit=4)["next_cursor"]
    newest = created(client, {"title": "Newest"})["id"]

    assert listed(client, sort="created_at", cursor=cursor) == [five[4], newest]


@pytest.mark.usefixtures("five")
@pytest.mark.parametrize(
    "other",
    [{"complete": "true"}, {"q": "task"}, {"sort": "created_at"}, {}],
    ids=["complete", "q", "sort", "user"],
)
def test_a_cursor_belongs_to_its_list(
    client: TestClient, another: TestClient, other: dict[str, str]
) -> None:
    cursor = page(client, limit=2)["next_cursor"]
    answer = (client if other else another).get("tasks", params={"cursor": cursor, **other})

    assert problem(answer) == (400, "VALIDATION_ERROR")
    assert pointers(answer) == ["cursor"]


@pytest.mark.usefixtures("five")
@pytest.mark.parametrize("spoilt", SPOILT.values(), ids=SPOILT)
def test_a_cursor_that_was_never_issued_is_named(
    client: TestClient, spoilt: Callable[[str], str]
) -> None:
    cursor = page(client, limit=2)["next_cursor"]
    answer = client.get("tasks", params={"cursor": spoilt(cursor)})

    assert problem(answer) == (400, "VALIDATION_ERROR")
    assert set(pointers(answer)) == {"cursor"}


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("limit=0&sort=title", ["limit", "sort"]),
        ("limit=1001", ["limit"]),
        ("limit=1_0", ["limit"]),
        ("complete=True&q=", ["complete", "q"]),
        (f"q={'x' * 201}", ["q"]),
        ("q=%00", ["q"]),
        ("offset=1", ["offset"]),
        ("limit=1&limit=2", ["limit"]),
    ],
)
def test_every_wrong_parameter_is_named(client: TestClient, query: str, wrong: list[str]) -> None:
    answer = client.get(f"tasks?{query}")

    assert problem(answer) == (400, "VALIDATION_ERROR")
    assert pointers(answer) == wrong


@pytest.mark.usefixtures("five")
@pytest.mark.parametrize(
    "query", [{}, {"q": "task"}, {"complete": "false"}, {"sort": "created_at"}]
)
def test_nobody_sees_the_tasks_of_another_user(another: TestClient, query: dict[str, str]) -> None:
    own = created(another, {"title": "Task of mine"})["id"]

    assert listed(another, **query) == [own]
