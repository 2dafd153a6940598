"""The contract, edited as anyone who carries on would edit it: kept, or refused in a line."""

from collections.abc import Iterator

import pytest

from compiled import ContractRefused
from todo_api import contract
from todo_api.operations import check_contract

ORIGINAL = contract.contract_yaml().decode()
GET = "GET /api/{user_id}/tasks/{task_id}"
REFUSED = {
    "a name twice": (
        "  version: 1.3.1\n",
        "  version: 1.3.1\n  version: 1.4.0\n",
        "line 5: version stands twice",
    ),
    "no YAML": ("Todo API\n", "[Todo API\n", "line 5: did not find expected ',' or ']'"),
    "a component that the service asks for": (
        "    ErrorCode:\n",
        "    Code:\n",
        "components/schemas/ErrorCode is missing, which the service asks for",
    ),
    "another version of OpenAPI": (
        "openapi: 3.0.3",
        "openapi: 3.1.0",
        "openapi 3.1.0 is not supported, only 3.0",
    ),
    "another name of the owner": (
        "/api/{user_id}/tasks:",
        "/api/{owner}/tasks:",
        "is secured, but there is no {user_id} in its path to say whose it is",
    ),
    "another handler": (
        "      operationId: get_task\n      tags",
        "      operationId: fetch_task\n      tags",
        f"{GET}: operationId fetch_task: module 'handlers' has no attribute 'fetch_task'",
    ),
    "a parameter that the handler does not take": (
        "        - $ref: '#/components/parameters/LimitQuery'\n",
        "        - {name: colour, in: query, schema: {type: string}}\n",
        "operationId list_tasks: the handler: missing a required argument: 'limit'",
    ),
    "a scheme that nobody checks": (
        "      operationId: get_task\n      tags",
        "      operationId: get_task\n      security: [{apiKey: []}]\n      tags",
        f"{GET}: security: there is no scheme apiKey in this document",
    ),
    "a type that there is not": (
        "type: boolean",
        "type: bool",
        "'bool' is not one of ['array', 'boolean', 'integer', 'number', 'object', 'string']",
    ),
}
KEPT = {
    "a status that is a number": ("        '201':", "        201:"),
    "capitals in a media type": ("          application/json:", "          Application/JSON:"),
    "another bound": ("        default: 1000", "        default: 100"),
}


@pytest.fixture(autouse=True)
def own_contract() -> Iterator[None]:
    yield
    contract.contract.cache_clear()


def check(monkeypatch: pytest.MonkeyPatch, old: str, new: str) -> None:
    assert old in ORIGINAL
    edited = ORIGINAL.replace(old, new, 1).encode()
    monkeypatch.setattr(contract, "contract_yaml", lambda: edited)
    contract.contract.cache_clear()
    check_contract()


@pytest.mark.parametrize(("old", "new", "finding"), REFUSED.values(), ids=REFUSED)
def test_an_edit_that_would_not_be_kept_is_refused_in_a_line(
    monkeypatch: pytest.MonkeyPatch, old: str, new: str, finding: str
) -> None:
    with pytest.raises(ContractRefused) as caught:
        check(monkeypatch, old, new)

    assert any(line.endswith(finding) for line in caught.value.findings), caught.value.findings


@pytest.mark.parametrize(("old", "new"), KEPT.values(), ids=KEPT)
def test_an_edit_that_is_kept_is_not_refused(
    monkeypatch: pytest.MonkeyPatch, old: str, new: str
) -> None:
    check(monkeypatch, old, new)
