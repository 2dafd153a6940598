"""A key set whose issuer and clock do what a test tells them."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from jwt.algorithms import OKPAlgorithm

from identity.keys import KeySet


def okp(kid: str) -> dict[str, Any]:
    public = ed25519.Ed25519PrivateKey.generate().public_key()
    return {**OKPAlgorithm.to_jwk(public, as_dict=True), "kid": kid}


OKP, NEW = okp("ed"), okp("new")


class Issuer:
    """Serves a JWK Set as an auth server does, or whatever else it is told to."""

    def __init__(self) -> None:
        self.url = ""
        self.requests = 0
        self.asked = asyncio.Event()
        self.awake = asyncio.Event()
        self.awake.set()
        self.next_reply = b""
        """What is answered from the next time on, if it is anything."""
        self.serving: set[asyncio.Task[Any] | None] = set()
        self.publish(OKP)

    def publish(self, *keys: Any) -> None:
        self.answer(json.dumps({"keys": keys}).encode())

    def answer(self, body: bytes, *headers: str, status: int = 200) -> None:
        head = [f"HTTP/1.1 {status} .", f"Content-Length: {len(body)}", *headers]
        self.reply = "\r\n".join([*head, "Connection: close", "", ""]).encode() + body

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.serving.add(asyncio.current_task())
        try:
            await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:  # the fetch was given up before it was sent
            writer.close()
            return
        self.requests += 1
        self.asked.set()
        await self.awake.wait()
        writer.write(self.reply)
        self.reply = self.next_reply or self.reply
        writer.close()
        with suppress(ConnectionError):  # who asked may have given up
            await writer.wait_closed()


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("identity.keys.monotonic", clock)
    return clock


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    issuer = Issuer()
    async with await asyncio.start_server(issuer.serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        issuer.url = f"http://user:password@127.0.0.1:{port}/private/jwks"
        yield issuer
        issuer.awake.set()
        await asyncio.gather(*filter(None, issuer.serving))


@pytest.fixture
async def keys(issuer: Issuer, clock: Clock) -> AsyncIterator[KeySet]:
    assert clock.now
    keys = KeySet(issuer.url)
    yield keys
    await keys.close()
