"""Authenticators that know the keys of an issuer, or a secret."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from identity.auth import Authenticator
from identity.errors import TokenInvalid
from identity.keys import KeySet, SharedSecret
from tests.identity.auth.tokens import BASE, EC_JWK, ED_JWK, PUBLISHED, RSA_JWK, SECRET
from todo_api.contract import users

is_user = users()


class Issuer:
    def __init__(self) -> None:
        self.keys = [ED_JWK, EC_JWK, RSA_JWK, *PUBLISHED]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n" + json.dumps({"keys": self.keys}).encode())
        writer.close()


@asynccontextmanager
async def served(issuer: Issuer) -> AsyncIterator[KeySet]:
    async with await asyncio.start_server(issuer.serve, "127.0.0.1", 0) as server:
        keys = KeySet(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", cool_down=3600)
        yield keys
        await keys.close()


@pytest.fixture(scope="module")
async def keys() -> AsyncIterator[KeySet]:
    async with served(Issuer()) as keys:
        yield keys


@pytest.fixture
def authenticator(keys: KeySet) -> Authenticator:
    return Authenticator(keys, issuer=BASE, audience=BASE, is_user=is_user)


@pytest.fixture
def legacy() -> Authenticator:
    return Authenticator(SharedSecret(SECRET), issuer=None, audience=None, is_user=is_user)


async def refusal(authenticator: Authenticator, *authorization: bytes) -> str:
    with pytest.raises(TokenInvalid) as error:
        await authenticator.authenticate(authorization)
    assert authenticator.cached(authorization) is None
    assert error.value.__context__ is None or error.value.__suppress_context__
    return str(error.value)
