"""If-Match and If-None-Match that are no lists of ETags, however long."""

import re
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.handlers.conftest import CHANGES, pointers, problem, sent
from todo_api.contract import component

NO_LISTS = ["1", '"1', "", ",", " , ,", '"1" "2"', '"1",2', '*, "1"', "*,", 'w/"1"', '"a b"']
LONGEST: int = component("EntityTags")["maxLength"]
PATTERN: str = component("EntityTags")["pattern"]
HOSTILE = {
    name: (piece * LONGEST)[: LONGEST - 1] + end
    for name, piece, end in [
        ("commas", ",", "x"),
        ("spaces", " ", "x"),
        ("tabs and commas", "\t,", "x"),
        ("tags", '"1",', "x"),
        ("tags and spaces", '"1" \t, ,', "x"),
        ("empty tags", '"",', "x"),
        ("weak tags", 'W/"1",', "x"),
        ("quotes", '"', "x"),
        ("no separators", '"1"', "x"),
        ("beginnings of weak tags", "W/", "x"),
        ("commas in a tag that does not end", '",', "x"),
    ]
}


@pytest.mark.parametrize("method", CHANGES)
@pytest.mark.parametrize("line", NO_LISTS)
def test_what_is_no_list_of_etags_is_named(
    client: TestClient, milk: dict[str, Any], method: str, line: str
) -> None:
    answer = sent(client, method, f"tasks/{milk['id']}", "If-Match", [line])

    assert problem(answer) == (400, "VALIDATION_ERROR")
    assert set(pointers(answer)) == {"If-Match"}
    assert 'each in double quotes, such as "1"' in answer.json()["errors"][0]["detail"]
    assert client.get(f"tasks/{milk['id']}").json() == milk


@pytest.mark.parametrize("line", HOSTILE.values(), ids=HOSTILE)
def test_a_long_list_costs_no_more_time_than_its_length(client: TestClient, line: str) -> None:
    """An engine that goes back over each way to read it would not end before the test's timeout."""
    answers = [
        sent(client, method, "tasks/1", header, [line])
        for method, header in (("GET", "If-None-Match"), ("DELETE", "If-Match"))
    ]

    assert len(line) == LONGEST
    assert {problem(answer) for answer in answers} == {(400, "VALIDATION_ERROR")}
    assert not re.search(PATTERN, line)
