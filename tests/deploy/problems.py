"""What a proxy answers by itself is a problem document of the contract."""

from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import httpx2
from connexion.spec import Specification

from tests.conftest import problem
from tests.declared import Declared
from todo_api.contract import contract
from todo_api.problems.causes import type_of

_SPECIFICATION = Specification.load(contract())
_PROBLEM = Declared(_SPECIFICATION["components"]["schemas"]["Problem"])
_TITLES = {413: "Content Too Large", 414: "URI Too Long"}
"""The names of RFC 9110 where Python's are older."""


def assert_of_the_contract(answer: httpx2.Response, status: int, error_code: str) -> None:
    document = answer.json()
    age = datetime.now(UTC) - datetime.fromisoformat(document["timestamp"])

    assert problem(answer) == (status, error_code)
    assert _PROBLEM.faults(document) == []
    assert document["title"] == _TITLES.get(status, HTTPStatus(status).phrase)
    assert document["type"] == type_of(error_code)
    assert len(document["timestamp"]) == len("2026-11-21T08:15:30.123456Z")
    assert timedelta(0) <= age < timedelta(minutes=1)
    assert document["request_id"] == answer.headers["X-Request-ID"]
    assert answer.headers["Cache-Control"] == "no-store"
