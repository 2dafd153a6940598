"""Planted changes of the contract are judged as the clients would."""

import re
from copy import deepcopy
from pathlib import Path

import pytest
import yaml

from tests.tools.breaking import BREAKING
from tests.tools.compatible import COMPATIBLE, TEXT
from tests.tools.edits import DUE, LIST, PARAMETERS, SCHEMAS, TASK, Change, Document, Edit, put
from tools.contract_diff.contracts import compare
from tools.contract_diff.document import NotJudgedError
from tools.contract_diff.findings import Impact
from tools.contract_diff.report import report

ROOT = Path(__file__).parents[2]
CONTRACT = yaml.safe_load((ROOT / "openapi/todo.yaml").read_text(encoding="utf-8"))


def planted(change: Change) -> tuple[Document, Document]:
    """The contract without the change, and with it."""
    edited = deepcopy(CONTRACT)
    change.edit.apply(edited)
    return (edited, CONTRACT) if change.backwards else (CONTRACT, edited)


@pytest.mark.parametrize(
    ("change", "impact"),
    [
        pytest.param(change, impact, id=f"{impact.name}: {change.sentence}")
        for impact, changes in (
            (Impact.MAJOR, BREAKING),
            (Impact.MINOR, COMPATIBLE),
            (Impact.PATCH, TEXT),
        )
        for change in changes
    ],
)
def test_a_planted_change_is_judged_right_where_it_is(change: Change, impact: Impact) -> None:
    found = compare(*planted(change))

    assert max(finding.impact for finding in found) == impact
    assert f"{impact.name} #{change.place}: " in report(found)


def test_a_reference_that_is_written_out_changes_no_more_than_text() -> None:
    edited = deepcopy(CONTRACT)
    title = edited["components"]["schemas"]["Title"]
    for schema in ("TaskCreate", "TaskUpdate", "TaskPatch", "TaskResponse"):
        edited["components"]["schemas"][schema]["properties"]["title"] = title

    assert {finding.impact for finding in compare(CONTRACT, edited)} == {Impact.PATCH}
    assert {finding.impact for finding in compare(edited, CONTRACT)} == {Impact.PATCH}


def test_the_order_of_keys_changes_nothing() -> None:
    turned = dict(reversed(CONTRACT.items()))

    assert compare(CONTRACT, turned) == []


def test_a_status_is_the_same_without_its_quotes() -> None:
    edited = deepcopy(CONTRACT)
    responses = edited["paths"]["/api/{user_id}/tasks"]["get"]["responses"]
    responses[200] = responses.pop("200")

    assert compare(CONTRACT, edited) == compare(edited, CONTRACT) == []


def test_a_new_property_breaks_who_was_told_that_no_other_comes() -> None:
    closed = planted(Change("", put(f"{TASK}/additionalProperties", False)))[1]
    edited = deepcopy(closed)
    edited["components"]["schemas"]["TaskResponse"]["properties"]["due"] = DUE

    assert f"MAJOR #{TASK}/properties/due: no other was to come" in report(compare(closed, edited))


def test_what_a_response_no_longer_promises_may_be_missed() -> None:
    found = report(compare(*planted(Change("", put(f"{TASK}/required", ["id"])))))

    assert "a client may miss what it was promised" in found
    assert "never told of" not in found


def test_a_change_of_what_many_share_is_reported_once_with_all_whom_it_concerns() -> None:
    found = compare(*planted(Change("", put(f"{SCHEMAS}/Title/maxLength", 100))))
    place = "/components/schemas/Title/maxLength"
    whom = "requests of create_task, patch_task, update_task"

    assert report(found).splitlines()[:2] == [
        f"MAJOR #{place}: 200 became 100",
        f"      what a client sends today may be refused ({whom})",
    ]


@pytest.mark.parametrize(
    ("edit", "place"),
    [
        (put(f"{TASK}/oneOf", []), f"{TASK}/oneOf"),
        (put(f"{SCHEMAS}/Title/allOf", []), f"{SCHEMAS}/Title/allOf"),
        (put(f"{TASK}/additionalProperties", {"type": "string"}), f"{TASK}/additionalProperties"),
        (put(f"{LIST}/get/callbacks", {}), f"{LIST}/get/callbacks"),
        (put(f"{PARAMETERS}/SearchQuery/content", {}), f"{PARAMETERS}/SearchQuery/content"),
        (put(f"{LIST}/servers", []), f"{LIST}/servers"),
        (put(f"{SCHEMAS}/Title", {"$ref": "titles.yaml"}), f"{SCHEMAS}/Title"),
        (put("/openapi", "3.1.0"), "/openapi"),
    ],
)
def test_what_can_not_be_judged_is_refused(edit: Edit, place: str) -> None:
    with pytest.raises(NotJudgedError, match=re.escape(f"#{place} ")):
        compare(*planted(Change("", edit)))


def test_a_schema_that_holds_itself_is_refused() -> None:
    edit = put(f"{TASK}/properties/parent", {"$ref": "#/components/schemas/TaskResponse"})
    edited = planted(Change("", edit))[1]

    with pytest.raises(NotJudgedError, match="a cycle"):
        compare(edited, edited)
