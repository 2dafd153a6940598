"""The page that a problem's type leads to."""

from starlette.testclient import TestClient

from tests.conftest import problem
from todo_api.contract import contract
from todo_api.problems.causes import CAUSES
from todo_api.problems.kinds import INTERNAL_ERROR, KINDS, REFUSALS

ERROR_CODES = contract()["components"]["schemas"]["ErrorCode"]["enum"]


def test_each_error_code_of_the_contract_has_its_cause() -> None:
    assert list(CAUSES) == ERROR_CODES


def test_each_status_that_an_error_code_comes_with_is_told() -> None:
    sent = {
        (kind.error_code, kind.status)
        for kind in [*KINDS.values(), *REFUSALS.values(), INTERNAL_ERROR]
    }
    told = {(code, status) for code, cause in CAUSES.items() for status in cause.statuses}

    assert sent == told


def test_a_problems_type_leads_to_its_cause(client: TestClient) -> None:
    answer = client.get("tasks/1")
    page, _, anchor = answer.json()["type"].partition("#")
    causes = client.get(f"http://testserver{page}")

    assert problem(answer) == (404, anchor)
    assert causes.headers["Content-Type"] == "text/html; charset=utf-8"
    assert f'id="{anchor}"' in causes.text
    assert "style-src 'self' 'sha256-" in causes.headers["Content-Security-Policy"]


def test_the_types_of_the_contracts_examples_are_those_of_their_error_codes() -> None:
    responses = contract()["components"]["responses"].values()
    examples = [
        example["value"]
        for response in responses
        for content in response.get("content", {}).values()
        for example in content["examples"].values()
        if "value" in example
    ]

    assert len(examples) > 10
    assert all(example["type"] == f"/errors#{example['error_code']}" for example in examples)
