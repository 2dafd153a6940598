"""What connections may hold and how long they may take, with deadlines that can be waited for."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from starlette.responses import PlainTextResponse

from tests.http.conftest import PATIENCE, Client, Open
from todo_api.wire import connections as bounds
from todo_api.wire.connections import Connections, Deadlines

HEAD = b"POST / HTTP/1.1\r\nHost: a\r\n"
SHORT = Deadlines(idle=0.6, head=0.3, body=0.3, unread=0.3, refused=0.3, linger=0.3)
LARGE = b"x" * 8_000_000

answered = PlainTextResponse("yes")


async def reading(scope: Any, receive: Any, send: Any) -> None:
    """Answer with how the body came."""
    message = await receive()
    await PlainTextResponse(message["type"])(scope, receive, send)


@pytest.fixture
def deadlines() -> Deadlines:
    return SHORT


async def closed(client: Client) -> bytes:
    """Return what comes until the connection is closed."""
    with suppress(ConnectionResetError):
        return await client.rest()
    return b""


async def so(condition: Callable[[], object]) -> None:
    """Wait until it is so."""
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 (what is looked at sets no event)
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    "begun", [b"", b"\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"], ids=repr
)
async def test_an_idle_connection_is_closed_without_a_word(serve: Open, begun: bytes) -> None:
    client = await serve(answered)
    await client.send(begun)

    assert (await closed(client)).count(b"HTTP/1.1 ") == begun.count(b"GET")


async def test_a_head_that_is_too_slow_is_a_408(serve: Open) -> None:
    client = await serve(answered)
    await client.send(b"GET / HT")
    answer = await closed(client)

    assert answer.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert b"\r\nconnection: close\r\n" in answer
    assert b"The head of the request did not arrive in time." in answer


@pytest.mark.parametrize("framing", [b"Content-Length: 5", b"Transfer-Encoding: chunked"])
async def test_a_body_that_is_too_slow_ends_the_connection(serve: Open, framing: bytes) -> None:
    client = await serve(reading)
    await client.send(HEAD + framing + b"\r\n\r\n4\r\n")

    assert (await closed(client)).endswith(b"\r\nconnection: close\r\n\r\nhttp.disconnect")


async def test_a_body_that_nobody_asked_for_is_not_waited_for_long(serve: Open) -> None:
    client = await serve(answered)
    await client.send(HEAD + b"Content-Length: 5\r\n\r\nhell")

    assert (await closed(client)).count(b"HTTP/1.1 ") == 1


async def test_an_answer_that_nobody_reads_ends_in_an_abort(
    serve: Open, connections: Connections
) -> None:
    client = await serve(PlainTextResponse(LARGE))
    client.stop_reading()
    await client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    await so(lambda: connections._unread)
    await so(lambda: not connections._all)


async def test_who_reads_slowly_but_reads_gets_it_all(
    serve: Open, connections: Connections
) -> None:
    client = await serve(PlainTextResponse(LARGE))
    address = client.writer.get_extra_info("peername")
    received, loop = b"", asyncio.get_running_loop()
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        slow.setblocking(False)
        await loop.sock_connect(slow, address)
        await loop.sock_sendall(slow, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        stalls = 0
        while not received.endswith(b"x") or len(received) < len(LARGE):
            async with asyncio.timeout(PATIENCE):
                received += await loop.sock_recv(slow, 200_000)
            stalls += bool(connections._unread)
            await asyncio.sleep(0.02)

    assert received.count(b"x", received.index(b"\r\n\r\n")) == len(LARGE)
    assert stalls


async def test_who_has_not_read_for_longest_goes_first(
    serve: Open, connections: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "deadlines", SHORT._replace(unread=1000.0))
    monkeypatch.setattr(bounds, "MOST_UNSENT", len(LARGE))
    clients = []
    for _ in range(3):
        client = await serve(PlainTextResponse(LARGE))
        client.stop_reading()
        await client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        clients.append(client)
    client = await serve(answered)
    await client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    await client.until(b"yes")

    assert sum(connection.unsent for connection in connections._all) <= len(LARGE)
    assert 0 < len(connections._unread) < len(clients)


FULL = {
    "a head": (b"GET /" + b"a" * 20_000, b"HTTP/1.1 503 "),
    "a body": (HEAD + b"Content-Length: 60000\r\n\r\n" + b"a" * 20_000, b"http.disconnect"),
    "chunks": (
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"1000\r\n%b\r\n" % (b"a" * 4096) * 5,
        b"http.disconnect",
    ),
}


@pytest.mark.parametrize(("begun", "answer"), FULL.values(), ids=FULL)
async def test_large_requests_are_refused_while_all_hold_too_much(
    serve: Open,
    connections: Connections,
    monkeypatch: pytest.MonkeyPatch,
    begun: bytes,
    answer: bytes,
) -> None:
    monkeypatch.setattr(bounds, "MOST_RECEIVED", 10_000)
    client = await serve(reading)
    await client.send(begun)
    assert answer in await closed(client)
    await so(lambda: not connections._all)

    assert connections.received == 0


async def test_small_requests_are_taken_all_the_same(
    serve: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "MOST_RECEIVED", -1)
    client = await serve(reading)
    await client.send(HEAD + b"Content-Length: 5\r\n\r\nhell")
    await asyncio.sleep(0)
    await client.send(b"o")

    assert (await client.until(b"http.request")).startswith(b"HTTP/1.1 200 ")


async def test_what_comes_early_waits_until_its_turn(serve: Open) -> None:
    order = []

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        order.append(scope["path"])
        await asyncio.sleep(0.01)
        order.append("over")
        await PlainTextResponse(scope["path"])(scope, receive, send)

    client = await serve(slow)
    await client.send(b"".join(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % n for n in range(5)))
    await client.until(b"/4")

    assert order == ["/0", "over", "/1", "over", "/2", "over", "/3", "over", "/4", "over"]


async def test_a_client_that_ends_its_side_gets_its_answers(serve: Open) -> None:
    client = await serve(reading)
    await client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 3 + b"GET /half")
    client.writer.write_eof()

    assert (await client.rest()).count(b"http.request") == 3


async def test_a_last_answer_is_read_before_the_connection_is_reset(serve: Open) -> None:
    client = await serve(answered)
    await client.send(b"\x16\x03\x01" + b"a" * 500_000)
    answer = await client.rest()

    assert answer.startswith(b"HTTP/1.1 400 ")


async def test_a_last_answer_is_not_waited_for_without_end(serve: Open) -> None:
    client = await serve(answered)
    garbage = b"\x16\x03\x01" + b"a" * 50_000_000
    with pytest.raises(ConnectionError):
        await client.send(garbage)
