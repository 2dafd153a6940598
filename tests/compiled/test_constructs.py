"""Every construct of OpenAPI 3.0 is kept, over HTTP, or refused at start in a line of its own."""

import json
import os
from collections.abc import Iterator
from http.client import HTTPConnection
from itertools import groupby
from pathlib import Path

import orjson
import pytest
from openapi_spec_validator import validate

from compiled import ContractRefused
from tests.compiled.construct import Kept, Refused, Sent
from tests.compiled.constructs import CONSTRUCTS, KEPT, REFUSED
from tests.compiled.served import compiled, contract_of, served

PAGE = Path("docs/constructs.md")
INTRODUCTION = """# What of OpenAPI 3.0 is kept

`src/compiled` keeps a construct of the contract, or refuses the contract at start with a line that
names the place. `todo-api spec --check` says the same without a database. This page is made from
the tests that try each of them over HTTP, by `make answers`.
"""
TRIED = [(at, construct, sent) for at, construct in enumerate(KEPT) for sent in construct.sent]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with served(KEPT) as port:
        yield port


def name_of(value: object) -> str:
    return value.name if isinstance(value, Kept | Refused) else ""


@pytest.mark.parametrize(("number", "construct", "sent"), TRIED, ids=name_of)
def test_a_construct_is_kept(port: int, number: int, construct: Kept, sent: Sent) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    target = f"/{number}{sent.target}"
    headers = {"Connection": "close", **sent.headers}
    connection.request(construct.method.upper(), target, sent.body, headers)
    response = connection.getresponse()
    content = response.read()
    connection.close()

    if sent.status:
        assert response.status == sent.status, content
    elif sent.fault:
        assert response.status in {400, 422}, content
    else:
        assert response.status == 200, content
    if sent.fault:
        assert sent.fault in "\n".join(orjson.loads(content))
    elif sent.answer is not None:
        assert content == sent.answer
    elif response.status == 200:
        expected = sent.arguments
        if construct.group in {"Schemas", "Bodies"} and expected is None:
            expected = {"body": None}
        assert json.loads(content) == expected
    for header, value in sent.answered.items():
        assert response.getheader(header) == value


@pytest.mark.parametrize("construct", REFUSED, ids=name_of)
def test_a_construct_is_refused_in_a_line(construct: Refused) -> None:
    with pytest.raises(ContractRefused) as caught:
        compiled(contract_of(construct))

    assert construct.finding in caught.value.findings
    assert "\n" not in "".join(caught.value.findings)


def test_all_that_is_refused_is_told_at_once() -> None:
    everything = contract_of(REFUSED[0])
    for at, construct in enumerate(REFUSED[1:8]):
        everything["paths"][f"/p{at}"] = contract_of(construct)["paths"]["/p"]
        everything["paths"][f"/p{at}"]["get"]["operationId"] = "echo"

    with pytest.raises(ContractRefused) as caught:
        compiled(everything)

    places = {finding.partition(":")[0] for finding in caught.value.findings}
    assert places >= {"GET /p", *(f"GET /p{at}" for at in range(7))}


@pytest.mark.parametrize("construct", KEPT, ids=name_of)
def test_what_is_tried_is_openapi(construct: Kept) -> None:
    validate(contract_of(construct))


def test_the_page_of_constructs_is_that_of_the_tests() -> None:
    page = INTRODUCTION
    for group, constructs in groupby(CONSTRUCTS, key=lambda each: each.group):
        page += f"\n## {group}\n\n| construct | |\n|---|---|\n"
        for each in constructs:
            refused = f"refused: `{each.finding}`" if isinstance(each, Refused) else "kept"
            page += f"| {each.name} | {refused} |\n".replace("*/*", "`*/*`")
    if "RECORD_ANSWERS" in os.environ:
        PAGE.write_text(page)

    assert PAGE.read_text() == page
