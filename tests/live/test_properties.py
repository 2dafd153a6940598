"""Bodies drawn from the contract's own rules, and any other JSON, against the real server."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openapi_schema_validator import OAS30Validator

from tests.conftest import SECRET
from tests.live.conftest import PATIENCE, Server
from todo_api.contract import contract
from todo_api.settings.development import token_for

bounded = settings(derandomize=True, deadline=None, max_examples=100)


def validator(name: str) -> OAS30Validator:
    """Check with the contract's own schema, by another validator than the service's."""
    schema = {"allOf": [{"$ref": f"#/components/schemas/{name}"}]}
    return OAS30Validator(schema | {"components": contract()["components"]})


def text_of(name: str) -> st.SearchStrategy[str]:
    """Draw what the named schema takes."""
    schema = contract()["components"]["schemas"][name]
    characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
    bounds = {"min_size": schema["minLength"], "max_size": schema["maxLength"]}
    return st.text(characters, **bounds).filter(validator(name).is_valid)


titles = text_of("Title")
descriptions = st.none() | text_of("Description")
days = st.dates().map(str)
minutes = st.datetimes().map(lambda instant: instant.isoformat(timespec="minutes"))
due_dates = st.none() | days | minutes
priorities = st.sampled_from(contract()["components"]["schemas"]["Priority"]["enum"])
tags = st.lists(text_of("Tag"), max_size=20, unique=True)
whole_tasks = st.fixed_dictionaries(
    {"title": titles, "description": descriptions, "complete": st.booleans()},
    optional={"due_date": due_dates, "priority": priorities, "tags": tags},
)
near_dates = st.from_regex(
    "[0-9]{4}-[0-3][0-9]-[0-3][0-9](T[0-2][0-9]:[0-6][0-9])?", fullmatch=True
)
any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
any_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | any_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(any_text, inner, max_size=4),
    max_leaves=8,
)
near_tasks = st.fixed_dictionaries(
    {},
    optional={
        "title": titles | any_json,
        "description": descriptions | any_json,
        "complete": st.booleans() | any_json,
        "due_date": due_dates | near_dates | any_json,
        "priority": priorities | any_json,
        "tags": tags | st.lists(any_text, max_size=22) | any_json,
        "completed": st.booleans(),
    },
)


@pytest.fixture(scope="module")
def tasks(server: Server) -> Iterator[httpx2.Client]:
    """A client of one user, below that user's path."""
    user = f"user-{uuid4().hex}"
    headers = {
        "Authorization": f"Bearer {token_for(user, SECRET, 600)}",
        "Content-Type": "application/json",
    }
    url = f"{server.url}/api/{user}/"
    with httpx2.Client(base_url=url, headers=headers, timeout=PATIENCE) as client:
        yield client


@pytest.fixture(scope="module")
def task(tasks: httpx2.Client) -> str:
    """The path of a task that is there to be changed."""
    created = tasks.post("tasks", content=b'{"title": "Buy milk"}')
    return f"tasks/{created.json()['id']}"


@bounded
@given(body=whole_tasks, escaped=st.booleans())
def test_what_is_stored_is_read_back_equal(
    tasks: httpx2.Client, body: dict[str, Any], *, escaped: bool
) -> None:
    complete = body.pop("complete")
    created = tasks.post("tasks", content=json.dumps(body, ensure_ascii=escaped).encode())
    assert created.status_code == 201
    assert body.items() <= created.json().items()
    path = f"tasks/{created.json()['id']}"
    assert tasks.get(path).json() == tasks.get("tasks?limit=1").json()["tasks"][0] == created.json()

    changed = tasks.put(path, content=json.dumps({**body, "complete": complete}).encode())
    assert changed.status_code == 200
    assert {**body, "complete": complete, "version": 2}.items() <= changed.json().items()
    assert tasks.get(path).json() == changed.json()


@pytest.mark.parametrize(
    ("method", "schema"), [("POST", "TaskCreate"), ("PUT", "TaskUpdate"), ("PATCH", "TaskPatch")]
)
@bounded
@given(body=near_tasks | any_json)
def test_json_is_taken_exactly_when_the_contract_takes_it(
    tasks: httpx2.Client, task: str, method: str, schema: str, body: Any
) -> None:
    answer = tasks.request(
        method, "tasks" if method == "POST" else task, content=json.dumps(body).encode()
    )

    taken = 201 if method == "POST" else 200
    assert answer.status_code == (taken if validator(schema).is_valid(body) else 422)
