import time
from unittest.mock import AsyncMock

import jwt
import pytest

from identity import auth
from identity.auth import Authenticator
from tests.identity.auth.conftest import Issuer, is_user, refusal, served
from tests.identity.auth.tokens import ATTACKER_JWK, BASE, EC_JWK, GOOD, LEGACY, SECRET, SOON, USER


async def test_a_verified_token_is_remembered(authenticator: Authenticator) -> None:
    header = [b"Bearer " + GOOD]
    assert authenticator.cached(header) is None
    await authenticator.authenticate(header)
    assert authenticator.cached(header) == await authenticator.authenticate(header) == USER
    assert authenticator.cached(header * 2) is None
    assert authenticator.cached([b"Bearer " + GOOD[:-1]]) is None


async def test_a_remembered_token_expires(
    authenticator: Authenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = b"Bearer " + GOOD
    await authenticator.authenticate([header])
    monkeypatch.setattr(auth, "time", lambda: SOON - 0.1)
    assert authenticator.cached([header]) == USER
    monkeypatch.setattr(auth, "time", lambda: float(SOON))
    assert await refusal(authenticator, header) == "The token has expired."


async def test_a_remembered_token_dies_with_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    issuer, header = Issuer(), b"Bearer " + GOOD
    async with served(issuer) as keys:
        authenticator = Authenticator(keys, issuer=BASE, audience=BASE, is_user=is_user)
        await authenticator.authenticate([header])
        issuer.keys = [ATTACKER_JWK, EC_JWK]
        monkeypatch.setattr("identity.keys.monotonic", lambda: time.monotonic() + 3600)
        assert authenticator.cached([header]) == USER
        await keys.find("unknown", "EdDSA")
        await refusal(authenticator, header)


async def test_whoever_is_remembered_needs_no_admission(authenticator: Authenticator) -> None:
    admit = AsyncMock()
    for header in ([b"Bearer " + GOOD], []):
        with pytest.raises(PermissionError):
            await authenticator.authenticate(header, AsyncMock(side_effect=PermissionError))
    for _ in range(3):
        assert await authenticator.authenticate([b"Bearer " + GOOD], admit) == USER
    admit.assert_awaited_once_with()


async def test_the_oldest_of_too_many_tokens_is_forgotten(
    legacy: Authenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "_MAX_VERIFIED", 3)
    headers = [
        b"Bearer " + jwt.encode({**LEGACY, "user_id": f"user{n}"}, SECRET).encode()
        for n in range(4)
    ]
    for header in headers:
        await legacy.authenticate([header])
    users = [legacy.cached([header]) for header in headers]
    assert users == [None, "user1", "user2", "user3"]


async def test_spaces_do_not_multiply_what_is_remembered(authenticator: Authenticator) -> None:
    header = [b"Bearer  " + GOOD]
    assert await authenticator.authenticate(header) == USER
    assert authenticator.cached(header) is None
