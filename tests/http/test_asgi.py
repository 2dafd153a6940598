"""What is not of the contract: the application is called as ASGI says."""

import asyncio
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from tests.http.conftest import Open

HEAD = b"GET /a%20b?c=d HTTP/1.1\r\nHost: a\r\nX-One: 1\r\n\r\n"
LAST = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


async def test_the_scope_is_complete(serve: Open) -> None:
    scopes: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        scopes.append(scope)
        await PlainTextResponse("yes")(scope, receive, send)

    client = await serve(app)
    await client.send(HEAD)
    await client.until(b"yes")

    [scope] = scopes
    assert {
        name: scope[name]
        for name in ("type", "http_version", "method", "scheme", "path", "raw_path", "query_string")
    } == {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/a b",
        "raw_path": b"/a%20b",
        "query_string": b"c=d",
    }
    assert scope["asgi"]["version"] == "3.0"
    assert scope["headers"] == [(b"host", b"a"), (b"x-one", b"1")]
    assert scope["client"][0] == scope["server"][0] == "127.0.0.1"
    assert scope["root_path"] == ""


@pytest.mark.parametrize(
    "framed",
    [
        b"Content-Length: 5\r\n\r\nhello",
        b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    ],
)
async def test_a_body_is_received(serve: Open, framed: bytes) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        body = await Request(scope, receive).body()
        await PlainTextResponse(body + b", you")(scope, receive, send)

    client = await serve(app)
    await client.send(b"POST / HTTP/1.1\r\nHost: a\r\n" + framed + LAST)

    assert (await client.until(b"hello, you")).startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"connection: close" in await client.rest()


async def test_a_body_that_is_too_large_is_a_client_gone(serve: Open) -> None:
    received: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        received.append(await receive())
        await PlainTextResponse("no")(scope, receive, send)

    client = await serve(app)
    await client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 65537\r\n\r\n")

    assert b"connection: close" in await client.rest()
    assert received == [{"type": "http.disconnect"}]


async def test_after_the_body_comes_the_end(serve: Open) -> None:
    received: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        received.append(await receive())
        await PlainTextResponse("over")(scope, receive, send)
        received.append(await receive())

    client = await serve(app)
    await client.send(LAST)
    await client.rest()

    assert received == [{"type": "http.request", "body": b""}, {"type": "http.disconnect"}]


async def pieces() -> Any:
    for number in range(3):
        yield b"%d," % number


async def streaming(scope: Any, receive: Any, send: Any) -> None:
    await StreamingResponse(pieces())(scope, receive, send)


async def test_a_body_of_unknown_length_is_sent_in_chunks(serve: Open) -> None:
    client = await serve(streaming)
    await client.send(HEAD + LAST)
    answers = (await client.rest()).split(b"HTTP/1.1 ")[1:]

    assert len(answers) == 2
    for answer in answers:
        assert b"\r\ntransfer-encoding: chunked\r\n" in answer
        assert answer.endswith(b"\r\n\r\n2\r\n0,\r\n2\r\n1,\r\n2\r\n2,\r\n0\r\n\r\n")


async def test_to_http_1_0_it_ends_with_the_connection(serve: Open) -> None:
    client = await serve(streaming)
    await client.send(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    answer = await client.rest()

    assert b"transfer-encoding" not in answer
    assert answer.endswith(b"\r\nconnection: close\r\n\r\n0,1,2,")


async def test_head_has_no_body(serve: Open) -> None:
    client = await serve(PlainTextResponse("hidden"))
    await client.send(HEAD.replace(b"GET", b"HEAD") + LAST.replace(b"GET", b"HEAD"))
    answer = await client.rest()

    assert answer.count(b"content-length: 6\r\n") == 2
    assert b"hidden" not in answer


async def test_an_application_may_end_the_connection(serve: Open) -> None:
    client = await serve(PlainTextResponse("bye", headers={"Connection": "close"}))
    await client.send(HEAD + LAST)
    answer = await client.rest()

    assert answer.count(b"HTTP/1.1 200") == answer.count(b"connection: close") == 1


def starting(**changed: Any) -> dict[str, Any]:
    return {"type": "http.response.start", "status": 200, "headers": [], **changed}


BODY = {"type": "http.response.body", "body": b"abc"}
FAILURES: dict[str, list[dict[str, Any]]] = {
    "nothing": [],
    "a body first": [BODY],
    "a header with a line end": [starting(headers=[(b"x", b"a\r\nb: c")])],
}
HALVES: dict[str, list[dict[str, Any]]] = {
    "half an answer": [starting(), {**BODY, "more_body": True}],
    "two starts": [starting(), starting()],
    "too long a body": [starting(headers=[(b"content-length", b"2")]), BODY],
    "too short a body": [starting(headers=[(b"content-length", b"4")]), BODY],
}


def sending(messages: list[dict[str, Any]]) -> Any:
    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        for message in messages:
            await send(message)

    return app


@pytest.mark.parametrize("messages", FAILURES.values(), ids=FAILURES)
async def test_an_application_that_does_not_answer_is_a_500(
    serve: Open, messages: list[dict[str, Any]], log: Any
) -> None:
    client = await serve(sending(messages))
    await client.send(LAST)

    assert (await client.rest()).startswith(b"HTTP/1.1 500 ")
    assert {line["level"] for line in log()} == {"ERROR"}


@pytest.mark.parametrize("messages", HALVES.values(), ids=HALVES)
async def test_an_answer_left_undone_ends_the_connection(
    serve: Open, messages: list[dict[str, Any]], log: Any
) -> None:
    client = await serve(sending(messages))
    await client.send(HEAD + LAST)
    try:
        answer = await client.rest()
    except ConnectionResetError:
        answer = b""

    assert answer.count(b"HTTP/1.1 ") <= 1
    assert log() or messages is HALVES["half an answer"]


async def test_what_is_sent_after_an_answer_is_an_error_of_the_application(
    serve: Open, log: Any
) -> None:
    client = await serve(sending([starting(), BODY, BODY]))
    await client.send(LAST)

    assert (await client.rest()).count(b"abc") == 1
    assert log()[0]["errors"][0]["type"] == "RuntimeError"


async def test_an_application_learns_that_its_client_is_gone(serve: Open) -> None:
    received: list[Any] = []
    begun, gone = asyncio.Event(), asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        begun.set()
        received.extend([await receive(), await receive()])
        await Response()(scope, receive, send)  # to nobody
        gone.set()

    client = await serve(app)
    await client.send(HEAD)
    async with asyncio.timeout(10):
        await begun.wait()
        client.close()
        await gone.wait()

    assert received[1] == {"type": "http.disconnect"}
