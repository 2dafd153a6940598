"""JSON that breaks its schema: every field is named, and nothing is echoed."""

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from compiled.errors import MOST_FAULTS
from compiled.schemas.schema import schema_of
from tests.conftest import faults, problem

WHITE_SPACE = sorted(
    {chr(code) for code in range(0x10000) if chr(code).isspace()}  # as Unicode has it
    - set(map(chr, range(0x1C, 0x20)))  # which only Python has
    | {"\ufeff"}  # which only ECMAScript has
)
TITLE = (
    "Must be as its description says: What is to be done; at least one character that is not "
    "white space, and no NUL."
)
DESCRIPTION = (
    "Must be as its description says: More about it, without NUL; null where there is nothing "
    "more to say."
)
TAGS = (
    "Must be as its description says: Up to 20 different tags, in the order in which they were "
    "sent."
)
OBJECT, STRING, TEXT, BOOLEAN = (
    f"Must be of type {name}." for name in ("object", "string", "null or string", "boolean")
)
UNKNOWN = "Is not a property that can be sent here."


def send(client: TestClient, method: str, body: Any) -> Any:
    path = "tasks" if method == "POST" else "tasks/1"
    headers = {"Content-Type": "application/json"}
    return client.request(method, path, content=json.dumps(body), headers=headers)


FAULTS: dict[str, tuple[str, Any, dict[str, str]]] = {
    "null": ("POST", None, {"": OBJECT}),
    "list": ("POST", [{"title": "Buy milk"}], {"": OBJECT}),
    "text": ("POST", "Buy milk", {"": OBJECT}),
    "number": ("PATCH", 1.5, {"": OBJECT}),
    "tag twice": ("PATCH", {"tags": ["a", "b", "a"]}, {"/tags": TAGS}),
    "nothing new": ("POST", {}, {"/title": "Is required."}),
    "nothing whole": ("PUT", {}, {"/title": "Is required.", "/complete": "Is required."}),
    "nothing to change": (
        "PATCH",
        {},
        {"": "Must have at least 1 of the properties that can be sent here."},
    ),
    "null title": ("PATCH", {"title": None}, {"/title": STRING}),
    "null complete": ("PATCH", {"complete": None}, {"/complete": BOOLEAN}),
    "number as title": ("POST", {"title": 7}, {"/title": STRING}),
    "huge number as title": ("POST", {"title": 10**18}, {"/title": STRING}),
    "list as description": (
        "POST",
        {"title": "a", "description": []},
        {"/description": TEXT},
    ),
    "1 as complete": ("PATCH", {"complete": 1}, {"/complete": BOOLEAN}),
    "text as complete": ("PATCH", {"complete": "true"}, {"/complete": BOOLEAN}),
    "complete at creation": (
        "POST",
        {"title": "a", "complete": False},
        {"/complete": UNKNOWN},
    ),
    "misspelt": ("PATCH", {"completed": True}, {"/completed": UNKNOWN}),
    "the server's own": (
        "PUT",
        {"title": "a", "complete": True, "id": 1, "user_id": "bob", "version": 9},
        {"/id": UNKNOWN, "/user_id": UNKNOWN, "/version": UNKNOWN},
    ),
    "another case": ("PATCH", {"Title": "a"}, {"/Title": UNKNOWN}),
    "a name to escape": ("PATCH", {"a/b~c": 1}, {"/a~1b~0c": UNKNOWN}),
    "a name of nothing": ("PATCH", {"": 1}, {"/": UNKNOWN}),
    "201 characters": (
        "POST",
        {"title": "é" * 201},
        {"/title": "Must have at most 200 characters."},
    ),
    "1001 characters": (
        "PATCH",
        {"description": "😀" * 1001},
        {"/description": "Must have at most 1000 characters."},
    ),
    "NUL in the title": ("POST", {"title": "a\0b"}, {"/title": TITLE}),
    "NUL in the description": ("PATCH", {"description": "\0"}, {"/description": DESCRIPTION}),
    "nothing but white space": ("POST", {"title": "".join(WHITE_SPACE)}, {"/title": TITLE}),
    "everything": (
        "PUT",
        {"title": " ", "description": 1, "complete": None, "completed": True},
        {
            "/title": TITLE,
            "/description": TEXT,
            "/complete": BOOLEAN,
            "/completed": UNKNOWN,
        },
    ),
}


@pytest.mark.parametrize(("method", "body", "named"), FAULTS.values(), ids=FAULTS)
def test_every_field_that_breaks_the_schema_is_named(
    client: TestClient, method: str, body: Any, named: dict[str, str]
) -> None:
    answer = send(client, method, body)

    assert problem(answer) == (422, "VALIDATION_ERROR")
    assert faults(answer) == named


def test_a_field_that_breaks_two_rules_is_named_once_with_the_plainer_one(
    client: TestClient,
) -> None:
    errors = send(client, "POST", {"title": ""}).json()["errors"]

    assert errors == [{"pointer": "/title", "detail": "Must have 1 or more characters."}]


@pytest.mark.parametrize("space", WHITE_SPACE, ids=ascii)
def test_white_space_of_every_kind_is_no_title(client: TestClient, space: str) -> None:
    assert faults(send(client, "POST", {"title": space * 3})) == {"/title": TITLE}
    assert send(client, "POST", {"title": f"{space}a{space}"}).status_code == 201


@pytest.mark.parametrize("mark", ["\u200b", "\u180e", "\u2060", "\x1c", "\x7f", "\U0001f600"])
def test_any_other_character_is_a_title(client: TestClient, mark: str) -> None:
    assert send(client, "POST", {"title": mark}).json()["title"] == mark


LONG = "x" * 60_000


@pytest.mark.parametrize(
    "body",
    [
        {"title": LONG},
        {"title": [LONG]},
        {"title": "a", "description": LONG},
        {"title": "a", LONG: 1},
        {"title": "a", "~" * 30_000: 1},
        {"title": "a", "completed": LONG},
        [LONG],
        LONG,
    ],
    ids=["title", "list", "description", "name", "escaped name", "unknown", "items", "text"],
)
def test_a_long_value_is_not_sent_back(client: TestClient, body: Any) -> None:
    answer = send(client, "POST", body)

    assert problem(answer) == (422, "VALIDATION_ERROR")
    assert len(answer.content) < 1_000
    assert 1 <= len(answer.json()["detail"]) <= 200
    assert all(len(pointer) <= 200 for pointer in faults(answer))


def test_up_to_a_hundred_faults_are_named(client: TestClient) -> None:
    answer = send(client, "PATCH", dict.fromkeys(map(str, range(100))))

    assert problem(answer) == (422, "VALIDATION_ERROR")
    assert faults(answer) == {f"/{number}": UNKNOWN for number in range(100)}
    assert len(answer.json()["detail"]) <= 200


def test_of_a_large_value_only_the_first_fault_is_told() -> None:
    """The validator makes all errors before it returns one: this value took half a second."""
    schema = schema_of({"type": "array", "items": {"type": "string"}})

    assert len(schema.faults([0] * 20_000)) == 1
    assert len(schema.faults([["a"] * 60, ["b"] * 60])) == 1
    assert len(schema.faults(["a"] * 20_000 + [0])) == 1
    assert schema.faults(["a"] * 20_000) == []
    assert len(schema.faults([0] * MOST_FAULTS)) == MOST_FAULTS
    assert len(schema.faults([0] * (MOST_FAULTS + 1))) == 1
