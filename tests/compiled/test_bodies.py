"""Request bodies: media type, size and JSON, as a client sees them refused."""

import asyncio
from itertools import chain
from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.types import Message

from tests.conftest import faults, problem
from tests.declared import Declared
from todo_api.contract import contract
from todo_api.http.routing import received
from todo_api.problems.errors import BodyTooSlow, ClientDisconnected, PayloadTooLarge
from todo_api.wire.framing import MOST_BYTES

JSON = "application/json"
TASK = b'{"title": "Buy milk"}'
NOT_JSON = {"": "Must be valid JSON in UTF-8."}


def post(client: TestClient, body: Any, content_type: str = JSON, **headers: str) -> Any:
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post("tasks", content=body, headers={"Content-Type": content_type, **headers})


@pytest.mark.parametrize(
    "content_type",
    [
        "application/JSON",
        "application/json;charset=utf-8",
        "Application/Json ; Charset=UTF-8",
        'application/json; charset="utf-8"',
        'application/json; charset="UTF-8"',
        "application/json; charset=utf8",
        'application/json;charset="UTF8"',
        "application/json; profile=tasks",
    ],
)
def test_json_is_taken_however_its_type_is_written(client: TestClient, content_type: str) -> None:
    assert post(client, TASK, content_type).status_code == 201
    assert problem(post(client, b"{}", content_type)) == (422, "VALIDATION_ERROR")


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "application/json, text/plain",
        "application/json; charset=iso-8859-1",
        "application/json; charset=utf-16",
        "application/json; charset=utf_8",
        "application/json; charset=utf88",
        "application/json; charset=utf-8; charset=utf-7",
        "application/merge-patch+json",
        "application/problem+json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/json",
        "*/*",
    ],
)
def test_another_media_type_or_charset_is_refused(client: TestClient, content_type: str) -> None:
    answer = post(client, TASK, content_type)

    assert problem(answer) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert JSON in answer.json()["detail"]


def test_a_body_without_content_type_is_refused(client: TestClient) -> None:
    whole = client.post("tasks", content=TASK)
    chunked = client.post("tasks", content=iter([TASK]))

    assert "content-length" not in chunked.request.headers
    assert problem(whole) == problem(chunked) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, gzip"])
def test_an_encoded_body_is_refused(client: TestClient, encoding: str) -> None:
    answer = post(client, TASK, Content_Encoding=encoding)

    assert problem(answer)[0] == 415
    assert answer.headers["Accept-Encoding"] == "identity"


def test_what_codings_are_taken_is_told_of_a_coding_only(client: TestClient) -> None:
    answers = [post(client, TASK, "text/plain"), client.post("tasks", content=TASK)]

    assert [problem(answer)[0] for answer in answers] == [415, 415]
    assert not [answer for answer in answers if "Accept-Encoding" in answer.headers]


def test_a_body_may_say_that_it_is_not_encoded(client: TestClient) -> None:
    assert post(client, TASK, Content_Encoding="Identity").status_code == 201


def test_a_merge_patch_is_for_patch_only(client: TestClient) -> None:
    task = f"tasks/{post(client, TASK).json()['id']}"
    whole = {"title": "Buy milk", "complete": True}
    merge_patch = {"Content-Type": "application/merge-patch+json; charset=utf-8"}

    assert client.patch(task, json=whole, headers=merge_patch).status_code == 200
    assert problem(client.put(task, json=whole, headers=merge_patch))[0] == 415
    assert "merge-patch" in client.patch(task, content=b"{}").json()["detail"]


def test_a_patch_that_is_refused_is_told_what_is_taken(client: TestClient) -> None:
    task = f"tasks/{post(client, TASK).json()['id']}"
    declared = contract()["paths"]["/api/{user_id}/tasks/{task_id}"]["patch"]["requestBody"]
    json_patch = {"Content-Type": "application/json-patch+json"}
    refused, coded, put = (
        client.patch(task, content=b"[]", headers=json_patch),
        client.patch(task, json={}, headers={"Content-Encoding": "gzip"}),
        client.put(task, content=b"[]", headers=json_patch),
    )

    assert {problem(answer)[0] for answer in (refused, coded, put)} == {415}
    assert refused.headers["Accept-Patch"] == ", ".join(declared["content"])
    assert coded.headers["Accept-Patch"] == refused.headers["Accept-Patch"]
    assert "Accept-Patch" not in put.headers


@pytest.mark.parametrize("name", ["Accept-Encoding", "Accept-Patch"])
def test_what_is_told_is_as_the_contract_says(client: TestClient, name: str) -> None:
    components = contract()["components"]
    answer = client.patch("tasks/1", content=b"[]", headers={"Content-Encoding": "gzip"})

    assert name in components["responses"]["UnsupportedMediaType"]["headers"]
    assert Declared(components["headers"][name]["schema"]).accepts(answer.headers[name])


def padded(size: int) -> bytes:
    return TASK + b" " * (size - len(TASK))


def test_a_body_may_have_64_kib_and_not_a_byte_more(client: TestClient) -> None:
    assert post(client, padded(65_536)).status_code == 201
    assert post(client, iter([padded(65_536)])).status_code == 201
    assert problem(post(client, padded(65_537))) == (413, "PAYLOAD_TOO_LARGE")
    assert problem(post(client, iter([padded(65_537)]))) == (413, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize(("said", "size"), [("9", 65_537), ("65537", 9), ("9" * 5000, 9)])
def test_a_content_length_that_lies_changes_nothing(
    client: TestClient, said: str, size: int
) -> None:
    assert problem(post(client, padded(size), Content_Length=said))[0] == 413


class Pieces:
    """A client that sends its body in pieces, and for ever if it is let."""

    def __init__(self, *pieces: bytes, last: Message | None = None) -> None:
        self._messages = chain(
            ({"type": "http.request", "body": piece, "more_body": True} for piece in pieces),
            [last] if last else [],
        )
        self.received = 0

    async def __call__(self) -> Message:
        self.received += 1
        message = next(self._messages, None)
        return message or {"type": "http.request", "body": b" " * 1000, "more_body": True}


async def read(receive: Pieces) -> bytes:
    return await received({}, receive, timeout=0.5)


async def test_a_body_in_pieces_is_put_together() -> None:
    rest: Message = {"type": "http.request", "body": TASK[9:]}

    assert await read(Pieces(TASK[:5], TASK[5:9], last=rest)) == TASK


async def test_reading_ends_where_a_body_grows_too_large() -> None:
    endless = Pieces()
    with pytest.raises(PayloadTooLarge):
        await read(endless)

    assert endless.received == MOST_BYTES // 1000 + 1


async def test_a_client_that_goes_away_is_not_answered_for_half_a_body() -> None:
    with pytest.raises(ClientDisconnected):
        await read(Pieces(TASK, last={"type": "http.disconnect"}))


async def test_a_body_that_does_not_arrive_is_not_waited_for_forever() -> None:
    class Silence(Pieces):
        async def __call__(self) -> Message:
            await asyncio.Event().wait()
            raise AssertionError

    with pytest.raises(BodyTooSlow):
        await read(Silence())


BROKEN = {
    "invalid utf-8": b'{"title": "\xff"}',
    "overlong utf-8": b'{"title": "\xc0\xaf"}',
    "surrogate in utf-8": b'{"title": "\xed\xa0\x80"}',
    "byte order mark": b"\xef\xbb\xbf" + TASK,
    "utf-16": TASK.decode().encode("utf-16"),
    "utf-16 without mark": TASK.decode().encode("utf-16-le"),
    "NaN": b'{"title": NaN}',
    "infinity": b'{"title": -Infinity}',
    "1e400": b'{"title": 1e400}',
    "lone surrogate": b'{"title": "\\ud800"}',
    "lone surrogate in a name": b'{"\\udfff": 1}',
    "control character": b'{"title": "a\nb"}',
    "trailing comma": b'{"title": "Buy milk",}',
    "single quotes": b"{'title': 'Buy milk'}",
    "comment": TASK + b" // whole",
    "two values": TASK + TASK,
    "half": TASK[:-1],
    "white space": b" \n",
    "open brackets": b"[" * 65_536,
    "deep nesting": b"[" * 32_768 + b"]" * 32_768,
    "deep objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "5,000 digits": b'{"title": ' + b"9" * 5_000 + b"}",
    "form": b"title=Buy+milk",
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_what_is_not_json_is_refused_as_a_whole(client: TestClient, body: bytes) -> None:
    answer = post(client, body)

    assert problem(answer) == (400, "VALIDATION_ERROR")
    assert faults(answer) == NOT_JSON


def test_an_empty_body_is_missed(client: TestClient) -> None:
    assert faults(post(client, b"")) == {"": "Is required: a JSON object."}
    assert problem(client.post("tasks")) == (400, "VALIDATION_ERROR")
