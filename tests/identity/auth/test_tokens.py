import asyncio
from typing import Any

import jwt
import pytest

from identity.auth import Authenticator
from identity.errors import TokenMissing
from identity.keys import KeySet, KeysUnavailable
from tests.identity.auth.conftest import Issuer, is_user, refusal
from tests.identity.auth.hostile import HOSTILE
from tests.identity.auth.tokens import (
    ATTACKER_JWK,
    BASE,
    CLAIMS,
    EC,
    EC_384,
    EC_521,
    ED,
    GOOD,
    HEADER,
    LATER,
    LEGACY,
    NOW,
    RSA,
    SECRET,
    SOON,
    USER,
    mac,
    signed,
    without,
)


@pytest.mark.parametrize(
    ("key", "alg", "kid"),
    [
        (ED, "EdDSA", "ed"),
        (EC, "ES256", "ec"),
        (RSA, "RS256", "rsa"),
        (RSA, "PS256", "pss"),
        *((RSA, name, "shared") for name in ("RS384", "RS512", "PS384", "PS512")),
        (EC_384, "ES384", "shared"),
        (EC_521, "ES512", "shared"),
    ],
)
async def test_a_token_of_every_algorithm_is_accepted(
    authenticator: Authenticator, key: Any, alg: str, kid: str
) -> None:
    token = jwt.encode(CLAIMS, key, alg, {"kid": kid})
    assert await authenticator.authenticate([b"Bearer " + token.encode()]) == USER


async def test_ed25519_is_an_algorithm_of_its_own(authenticator: Authenticator) -> None:
    header = {"alg": "Ed25519", "kid": "shared"}
    assert await authenticator.authenticate([b"Bearer " + signed(header=header)]) == USER
    await refusal(authenticator, b"Bearer " + signed(header={**header, "alg": "EdDSA"}))


@pytest.mark.parametrize(("number", "user"), [(0, "0"), (42, "42"), (2**63, "9223372036854775808")])
async def test_a_number_is_the_user_of_its_digits(
    legacy: Authenticator, number: int, user: str
) -> None:
    for claims in ({**LEGACY, "user_id": number}, {**LEGACY, "user_id": number, "sub": user}):
        token = jwt.encode(claims, SECRET).encode()
        assert await legacy.authenticate([b"Bearer " + token]) == user


@pytest.mark.parametrize("number", [-1, 1.0, True, 10**300])
async def test_a_number_without_such_digits_is_no_user(
    legacy: Authenticator, number: float
) -> None:
    await refusal(legacy, b"Bearer " + jwt.encode({**LEGACY, "user_id": number}, SECRET).encode())


@pytest.mark.parametrize(
    "user",
    [
        *("_Hc3", "-Hc3", "Kf3z/Pq7+Zw=", "o'neil@example.com", "f:4f2c:jane doe", "CORP\\jane"),
        *(
            "jürgen@example.com",
            "https://example.com/users/1?a=b#c",
            " ",
            "...",
            ".a",
            "..a",
            "%2F",
        ),
        *("a" * 255, "\U0001f600" * 255, "\u2028", "\u202e", "\ufeff", "u\u0308", "\xfc"),
    ],
)
async def test_any_subject_that_the_issuer_proves_is_a_user(
    authenticator: Authenticator, user: str
) -> None:
    token = signed({**CLAIMS, "sub": user})
    assert await authenticator.authenticate([b"Bearer " + token]) == user


async def test_a_token_of_an_older_client_is_accepted(legacy: Authenticator) -> None:
    token = jwt.encode(LEGACY, SECRET)
    assert await legacy.authenticate([b"Bearer " + token.encode()]) == "alice"


@pytest.mark.parametrize(
    ("claims", "header"),
    [
        (CLAIMS, HEADER),
        (CLAIMS, {**HEADER, "typ": "at+JWT"}),
        (CLAIMS, {**HEADER, "typ": "application/at+jwt"}),
        (CLAIMS, {**HEADER, "typ": "application/JWT"}),
        ({**CLAIMS, "name": "x" * 40_000}, HEADER),
        (CLAIMS, {**HEADER, "x5c": ["x" * 6000]}),
        (CLAIMS, {**HEADER, "jku": "http://evil.example", "jwk": ATTACKER_JWK, "x5c": ["?"]}),
        ({**CLAIMS, "user_id": USER}, HEADER),
        ({**without("sub"), "user_id": USER}, HEADER),
        ({**CLAIMS, "exp": SOON + 0.5, "nbf": NOW, "iat": NOW + 5}, HEADER),
        ({**CLAIMS, "aud": ["https://other.example.com", BASE]}, HEADER),
    ],
)
async def test_a_good_token_is_accepted(
    authenticator: Authenticator, claims: dict[str, Any], header: dict[str, Any]
) -> None:
    assert await authenticator.authenticate([b"Bearer " + signed(claims, header)]) == USER


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_token_is_refused(authenticator: Authenticator, name: str) -> None:
    await refusal(authenticator, b"Bearer " + HOSTILE[name])


@pytest.mark.parametrize(
    "token",
    [
        signed(LEGACY, {"alg": "RS256"}, RSA, "RS256"),
        mac({"alg": "RS256"}, SECRET.encode(), LEGACY),
        mac({"alg": "none"}, SECRET.encode(), LEGACY),
        mac({"alg": "HS512"}, SECRET.encode(), LEGACY, "sha512"),
        mac({"alg": "HS256"}, SECRET.encode(), LEGACY, "sha512"),
        mac({"alg": "HS256"}, b"", LEGACY),
        mac({"alg": "HS256"}, SECRET.encode()[:-1], LEGACY),
        mac({"alg": "HS256", "kid": 5}, SECRET.encode(), LEGACY),
        mac({"alg": "HS256"}, SECRET.encode(), {**LEGACY, "aud": BASE}),
        mac({"alg": "HS256"}, SECRET.encode(), {**LEGACY, "aud": None}),
    ],
)
async def test_a_hostile_token_is_refused_under_a_secret(
    legacy: Authenticator, token: bytes
) -> None:
    await refusal(legacy, b"Bearer " + token)


@pytest.mark.parametrize(
    "authorization",
    [[], [b""], [b"Basic YTpi"], [b"Bearerx " + GOOD], [b"Token Bearer " + GOOD], [GOOD]],
)
async def test_without_a_bearer_token_it_is_missing(
    authenticator: Authenticator, authorization: list[bytes]
) -> None:
    with pytest.raises(TokenMissing):
        await authenticator.authenticate(authorization)


@pytest.mark.parametrize(
    "authorization",
    [
        [b"Bearer " + GOOD, b"Bearer " + GOOD],
        [b"Bearer " + GOOD, b"Basic YTpi"],
        *([b"Bearer" + rest] for rest in (b"", b" ", b",", b":", b"=", b"\xa0", b"\0")),
        *([b"Bearer" + space + GOOD] for space in (b"\t", b" \t", b"\n", b"\xa0", b"\0 ", b": ")),
        *(
            [b"Bearer " + GOOD + rest]
            for rest in (b" ", b"\n", b"\0", b",", b" x", b", Basic YTpi")
        ),
        [b" Bearer " + GOOD],
        [b"Bearer " + GOOD + b", Bearer " + GOOD],
        [b"Bearer " + GOOD + b" " + GOOD],
        [b'Bearer "' + GOOD + b'"'],
        [b"Bearer token=" + GOOD],
        [b"Bearer Bearer " + GOOD],
        [b"Bearer " + "é".encode() + GOOD],
    ],
)
async def test_a_header_with_anything_but_one_token_is_refused(
    authenticator: Authenticator, authorization: list[bytes]
) -> None:
    await refusal(authenticator, *authorization)


@pytest.mark.parametrize("scheme", [b"Bearer ", b"bearer ", b"BEARER ", b"Bearer   "])
async def test_the_scheme_is_read_in_any_case(authenticator: Authenticator, scheme: bytes) -> None:
    assert await authenticator.authenticate([scheme + GOOD]) == USER


@pytest.mark.parametrize(
    ("token", "sentence"),
    [
        (signed({**CLAIMS, "exp": NOW - 1}), "The token has expired."),
        (signed({**CLAIMS, "nbf": LATER}), "The token is not valid yet."),
        (signed({**CLAIMS, "iss": "other"}), "The token is from another issuer."),
        (signed({**CLAIMS, "aud": "other"}), "The token is for another audience."),
        (signed({**CLAIMS, "user_id": "eve"}), "The token names two different users."),
        (GOOD[:-1], "The token is malformed or its signature is wrong."),
        (
            signed(CLAIMS, {"alg": "RS512", "kid": "rsa"}, RSA, "RS512"),
            "The token is signed with an algorithm that is not its key's.",
        ),
        (
            signed(header={"alg": "EdDSA", "kid": "unknown"}),
            "The token is signed with a key that is not known.",
        ),
    ],
)
async def test_a_person_reads_what_is_wrong(
    authenticator: Authenticator, token: bytes, sentence: str
) -> None:
    assert await refusal(authenticator, b"Bearer " + token) == sentence


async def test_without_any_key_it_is_not_the_token_that_is_blamed() -> None:
    async with await asyncio.start_server(Issuer().serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
    keys = KeySet(f"http://127.0.0.1:{port}/")
    away = Authenticator(keys, issuer=BASE, audience=BASE, is_user=is_user)
    with pytest.raises(KeysUnavailable):
        await away.authenticate([b"Bearer " + GOOD])
    await keys.close()
