"""What a handler may not answer, as it would break the connection it is sent on."""

import asyncio
from typing import Any

import pytest

from compiled import Answer, Request
from tests.compiled import served
from tests.compiled.construct import OK, Kept, body
from tests.compiled.served import compiled, contract_of

WRONG = {
    "a content with 204": Answer([1], 204, media_type="application/json"),
    "a header with a line end": Answer([1], headers={"X-A": "b\r\nSet-Cookie: c=d"}),
    "a content for a status that has none": Answer([1], 202),
    "an object as text": Answer({}, media_type="text/plain"),
}


def ask(construct: Kept, content: bytes = b"") -> Any:
    async def sent() -> bytes:
        return content

    headers = {b"content-type": b"application/json", b"content-length": b"%d" % len(content)}
    request = Request(construct.method.upper(), headers, b"", [], sent)
    operations = compiled(contract_of(construct))
    match = operations.match(b"/p")
    assert match
    return asyncio.run(operations.answer(request, match))


@pytest.mark.parametrize("answer", WRONG.values(), ids=WRONG)
def test_an_answer_that_can_not_be_sent_is_a_fault_of_the_handler(
    monkeypatch: pytest.MonkeyPatch, answer: Answer
) -> None:
    async def handler(_: Any) -> Answer:
        return answer

    monkeypatch.setitem(served.HANDLERS, "handler", handler)
    json = {"description": "Fine.", "content": {"application/json": {}}}
    with pytest.raises((TypeError, ValueError)):
        ask(Kept("", "", {"responses": {"200": json, "202": OK}}, [], handler="handler"))


def test_long_numbers_below_many_brackets_are_read_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    async def handler(_: Any, body: Any) -> str:
        return type(body).__name__

    monkeypatch.setitem(served.HANDLERS, "handler", handler)
    content = b"[" * 1000 + b"1234567890123456789" + b"]" * 1000
    reply = ask(Kept("", "", body({}), [], method="post", handler="handler"), content)

    assert reply.status == 200
