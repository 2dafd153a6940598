from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.handlers.conftest import CHANGES, created, problem, sent

HELD = {
    "alone": ['"{}"'],
    "weak": ['W/"{}"'],
    "in a list": ['"7", "a,b" ,\t"{}"'],
    "beside empty elements": [', ,,"{}",\t,"7",'],
    "any": ["*"],
    "on the first of two lines": ['"{}"', '"7"'],
    "on the second of two lines": ['"7"', '"{}"'],
}
MATCHING = {
    "alone": ['"1"'],
    "in a list": ['"7", W/"1" , "1"'],
    "before a comma": ['"1",'],
    "after a comma": [',"1"'],
    "beside empty elements": ['"7",, \t,"1" , '],
    "after an empty line": ["", '"1"'],
    "any": ["*"],
    "on the first of two lines": ['"1"', '"7"'],
    "on the second of two lines": ['"7"', '"1"'],
}
STALE = {
    "another version": '"2"',
    "a list of others": '"2","3"',
    "others beside empty elements": ',"2",,"3",',
    "empty": '""',
    "zero in front": '"01"',
    "sign in front": '"+1"',
    "decimals": '"1.0"',
    "not a number": '"one"',
    "more digits than a bigint has": f'"{"9" * 30}"',
    "what SQL might read": r""""1')OR('1'='1\"""",
}
WEAK = {
    "current": ['W/"1"'],
    "another version": ['W/"2"'],
    "a list": ['W/"1", W/"2"'],
    "two lines": ['W/"1"', 'W/"2"'],
}


def etag(client: TestClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    tag: str = answer.headers["ETag"]
    return tag


@pytest.fixture
def bodies(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The bodies that the application sends: the client itself drops those of HEAD."""
    bodies: list[bytes] = []

    def watching(app: ASGIApp) -> ASGIApp:
        async def watched(scope: Scope, receive: Receive, send: Send) -> None:
            async def note(message: Message) -> None:
                bodies.append(message.get("body", b""))
                await send(message)

            await app(scope, receive, note)

        return watched

    monkeypatch.setattr(client._transport, "app", watching(client.app))
    return bodies


@pytest.mark.parametrize("path", ["tasks", "tasks/{id}"])
@pytest.mark.parametrize("lines", HELD.values(), ids=HELD)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_who_holds_the_current_state_gets_no_body(
    client: TestClient, milk: dict[str, Any], method: str, path: str, lines: list[str]
) -> None:
    path = path.format(**milk)
    tag = etag(client, path)
    held = [line.format(tag.strip('"')) for line in lines]
    answer = sent(client, method, path, "If-None-Match", held)

    assert answer.status_code == 304
    assert answer.content == b""
    assert answer.headers["ETag"] == tag
    assert "X-Request-ID" in answer.headers
    assert not {"content-type", "content-length", "location"} & set(answer.headers)


@pytest.mark.parametrize("held", ['"2"', 'W/"2"', '"2", "11"', '""', '"01"', '"W/"'])
def test_who_holds_another_state_gets_the_current_one(
    client: TestClient, milk: dict[str, Any], held: str
) -> None:
    answer = client.get(f"tasks/{milk['id']}", headers={"If-None-Match": held})

    assert (answer.status_code, answer.json()) == (200, milk)
    assert client.get("tasks", headers={"If-None-Match": held}).json()["tasks"] == [milk]


def test_a_task_that_is_not_there_matches_nothing(client: TestClient) -> None:
    answer = client.get("tasks/1", headers={"If-None-Match": "*"})
    assert problem(answer) == (404, "NOT_FOUND")


@pytest.mark.parametrize("method", CHANGES)
@pytest.mark.parametrize("lines", MATCHING.values(), ids=MATCHING)
def test_a_change_of_the_current_version_is_made(
    client: TestClient, milk: dict[str, Any], method: str, lines: list[str]
) -> None:
    answer = sent(client, method, f"tasks/{milk['id']}", "If-Match", lines)

    if method == "DELETE":
        assert answer.status_code == 204
        assert client.get("tasks").json()["count"] == 0
    else:
        assert answer.status_code == 200
        assert answer.headers["ETag"] == '"2"'
        assert client.get(f"tasks/{milk['id']}").json() == answer.json()


@pytest.mark.parametrize("method", CHANGES)
@pytest.mark.parametrize("line", STALE.values(), ids=STALE)
def test_a_change_of_another_version_is_refused(
    client: TestClient, milk: dict[str, Any], method: str, line: str
) -> None:
    answer = sent(client, method, f"tasks/{milk['id']}", "If-Match", [line])

    assert problem(answer) == (412, "PRECONDITION_FAILED")
    assert client.get(f"tasks/{milk['id']}").json() == milk


@pytest.mark.parametrize("method", CHANGES)
@pytest.mark.parametrize("lines", WEAK.values(), ids=WEAK)
def test_who_sends_weak_tags_only_is_told_to_send_the_version(
    client: TestClient, milk: dict[str, Any], method: str, lines: list[str]
) -> None:
    answer = sent(client, method, f"tasks/{milk['id']}", "If-Match", lines)

    assert problem(answer) == (412, "PRECONDITION_FAILED")
    assert "changed" not in answer.json()["detail"]
    assert 'in quotes: "<version>"' in answer.json()["detail"]
    assert client.get(f"tasks/{milk['id']}").json() == milk


@pytest.mark.parametrize("method", CHANGES)
def test_of_a_weak_tag_and_a_stale_one_the_stale_one_is_told(
    client: TestClient, milk: dict[str, Any], method: str
) -> None:
    answer = sent(client, method, f"tasks/{milk['id']}", "If-Match", ['W/"1", "7"'])

    assert problem(answer) == (412, "PRECONDITION_FAILED")
    assert "has changed" in answer.json()["detail"]


@pytest.mark.parametrize("method", CHANGES)
def test_of_two_changes_of_one_version_the_second_is_refused(
    client: TestClient, milk: dict[str, Any], method: str
) -> None:
    path = f"tasks/{milk['id']}"
    first = client.patch(path, json={"title": "First"}, headers={"If-Match": '"1"'})
    second = sent(client, method, path, "If-Match", ['"1"'])

    assert problem(second) == (412, "PRECONDITION_FAILED")
    assert client.get(path).json() == first.json()


@pytest.mark.parametrize("method", CHANGES)
@pytest.mark.parametrize("line", ['"1"', 'W/"1"', "*"])
def test_a_task_that_is_not_there_is_404_before_412(
    client: TestClient, another: TestClient, method: str, line: str
) -> None:
    theirs = created(another, {"title": "Theirs"})["id"]

    for task in (theirs, 2**53 - 1):
        answer = sent(client, method, f"tasks/{task}", "If-Match", [line])
        assert problem(answer) == (404, "NOT_FOUND")


@pytest.mark.parametrize("path", ["tasks", "tasks/{id}", "tasks/0", "tasks/9007199254740991"])
def test_head_is_get_without_its_body(
    client: TestClient, milk: dict[str, Any], bodies: list[bytes], path: str
) -> None:
    path = path.format(**milk)
    get, sent_to_get = client.get(path), b"".join(bodies)
    bodies.clear()
    head, sent_to_head = client.head(path), b"".join(bodies)

    own = {"X-Request-ID": ""}
    assert head.status_code == get.status_code
    assert dict(head.headers | own) == dict(get.headers | own)
    assert int(head.headers["Content-Length"]) == len(sent_to_get) > 0
    assert sent_to_head == b""


def test_the_etag_of_a_list_changes_with_its_tasks_only(
    client: TestClient, another: TestClient, milk: dict[str, Any]
) -> None:
    path = f"tasks/{milk['id']}"
    changes: list[tuple[str, str, Any]] = [
        ("POST", "tasks", {"title": "Tea"}),
        ("PUT", path, {"title": milk["title"], "complete": False}),
        ("PATCH", path, {"complete": True}),
        ("PATCH", path, {"complete": False}),
        ("DELETE", path, None),
    ]
    seen = [etag(client, "tasks")]
    for method, place, body in changes:
        client.request(method, place, json=body)
        seen.append(etag(client, "tasks"))
        created(another, {"title": "Theirs"})
        assert etag(client, "tasks") == seen[-1]

    assert len(set(seen)) == 1 + len(changes)


def test_every_page_has_an_etag_of_its_own(client: TestClient, milk: dict[str, Any]) -> None:
    created(client, {"title": "Tea"})
    whole, page = etag(client, "tasks"), etag(client, "tasks?limit=1")
    client.patch(f"tasks/{milk['id']}", json={"complete": True})

    assert whole != page == etag(client, "tasks?limit=1")
    assert etag(client, "tasks") != whole
