import asyncio
import gzip
import json
import logging
from collections.abc import Callable
from contextlib import suppress

import pytest

from identity.keys import KeySet, KeysUnavailable
from tests.identity.keys.conftest import NEW, OKP, Clock, Issuer


async def test_until_the_first_fetch_succeeds_keys_are_unavailable(
    keys: KeySet, issuer: Issuer, clock: Clock
) -> None:
    issuer.answer(b"", status=503)
    for _ in range(3):
        with pytest.raises(KeysUnavailable):
            await keys.find("ed", "EdDSA")
    assert issuer.requests == 1
    issuer.publish(OKP)
    clock.now += 10
    assert await keys.find("ed", "EdDSA")


async def test_an_issuer_that_is_down_leaves_keys_unavailable(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with await asyncio.start_server(Issuer().serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
    keys = KeySet(f"http://127.0.0.1:{port}/")
    with pytest.raises(KeysUnavailable):
        await keys.find("ed", "EdDSA")
    await keys.close()
    assert [record.getMessage() for record in caplog.records] == [
        "No signing keys from 127.0.0.1: ConnectError."
    ]


COMPRESSED = gzip.compress(json.dumps({"keys": [NEW]}).encode())
UNUSABLE = "no usable key in the set, which has Ed25519"
FAILURES: dict[str, tuple[Callable[[Issuer], object], str]] = {
    "an error": (lambda i: i.answer(b"{}", status=500), "status 500"),
    "a page": (lambda i: i.answer(b"<html>Sign in</html>"), "JSONDecodeError"),
    "deep nesting": (lambda i: i.answer(b"[" * 100_000), "JSONDecodeError"),
    "invalid UTF-8": (lambda i: i.answer(b'{"keys": ["\xff"]}'), "JSONDecodeError"),
    "a list": (lambda i: i.answer(json.dumps([NEW]).encode()), "not a JWK Set"),
    "keys that are no list": (lambda i: i.answer(b'{"keys": {"new": 1}}'), "not a JWK Set"),
    "an empty set": (lambda i: i.publish(), "no key in the set"),
    "unusable keys": (lambda i: i.publish({**NEW, "use": "enc"}), UNUSABLE),
    "a compressed set": (
        lambda i: i.answer(COMPRESSED, "Content-Encoding: gzip"),
        "JSONDecodeError",
    ),
    "too much": (lambda i: i.publish(NEW, "x" * 1024 * 1024), "more than 1048576 bytes"),
    "a redirect": (
        lambda i: i.answer(b"", f"Location: {i.url}/moved", status=302),
        "status 302",
    ),
    "a broken connection": (lambda i: setattr(i, "reply", b""), "RemoteProtocolError"),
    "half an answer": (lambda i: setattr(i, "reply", i.reply[:-9]), "RemoteProtocolError"),
    "no HTTP": (lambda i: setattr(i, "reply", b"220 mail\r\n\r\n"), "RemoteProtocolError"),
}


@pytest.mark.parametrize("failure", FAILURES)
async def test_a_failed_refresh_keeps_the_keys_and_is_logged_once(
    keys: KeySet,
    issuer: Issuer,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
    failure: str,
) -> None:
    key = await keys.find("ed", "EdDSA")
    answer, reason = FAILURES[failure]
    answer(issuer)
    clock.now += 10
    assert await keys.find("new", "EdDSA") is None
    assert await keys.find("ed", "EdDSA") is key
    assert issuer.requests == 2
    assert caplog.record_tuples == [
        ("todo_api.keys", logging.WARNING, f"No signing keys from 127.0.0.1: {reason}.")
    ]


async def test_a_slow_issuer_is_given_up(issuer: Issuer, caplog: pytest.LogCaptureFixture) -> None:
    issuer.awake.clear()
    keys = KeySet(issuer.url, timeout=0.1)
    with pytest.raises(KeysUnavailable):
        await keys.find("ed", "EdDSA")
    await keys.close()
    assert "Timeout" in caplog.text


async def test_an_answer_that_trickles_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    ended = asyncio.Event()

    async def trickle(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while not writer.is_closing():
            writer.write(b" ")
            await asyncio.sleep(0.01)
        with suppress(ConnectionError):
            await writer.wait_closed()
        ended.set()

    async with await asyncio.start_server(trickle, "127.0.0.1", 0) as server:
        keys = KeySet(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", timeout=0.2)
        with pytest.raises(KeysUnavailable):
            await keys.find("ed", "EdDSA")
        await keys.close()
        await ended.wait()
    assert "TimeoutError" in caplog.text
