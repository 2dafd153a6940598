import asyncio
import hmac
import json
import re
import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm, get_default_algorithms

from todo_api import auth
from todo_api.auth import Authenticator, TokenInvalid, TokenMissing
from todo_api.keys import KeySet, KeysUnavailable, SharedSecret

BASE = "https://auth.example.com"
USER = "k3JvT9qWm2XcY7bN4dRf6HsL1pZgA8uE"
SECRET = "a secret of thirty-two characters"
NOW = int(time.time())
SOON = NOW + 7200  # these are made when the tests are collected, long before the last of them runs
LATER = NOW + 3600

ED, EC = ed25519.Ed25519PrivateKey.generate(), ec.generate_private_key(ec.SECP256R1())
RSA = rsa.generate_private_key(65537, 2048)
ATTACKER = ed25519.Ed25519PrivateKey.generate()
ED_JWK = {**OKPAlgorithm.to_jwk(ED.public_key(), as_dict=True), "kid": "ed"}
EC_JWK = {**ECAlgorithm.to_jwk(EC.public_key(), as_dict=True), "kid": "ec"}
RSA_JWK = {**RSAAlgorithm.to_jwk(RSA.public_key(), as_dict=True), "kid": "rsa"}
ATTACKER_JWK = {**OKPAlgorithm.to_jwk(ATTACKER.public_key(), as_dict=True), "kid": "ed"}

HEADER = {"alg": "EdDSA", "kid": "ed"}
CLAIMS = {"name": "Ada", "sub": USER, "iat": NOW, "exp": SOON, "iss": BASE, "aud": BASE}
LEGACY = {"user_id": "alice", "iat": NOW, "exp": SOON}


def part(value: Any) -> bytes:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return urlsafe_b64encode(data).rstrip(b"=")


def signed(claims: Any = CLAIMS, header: Any = HEADER, key: Any = ED, alg: str = "EdDSA") -> bytes:
    message = part(header) + b"." + part(claims)
    return message + b"." + part(get_default_algorithms()[alg].sign(message, key))


def mac(header: Any, key: bytes, claims: Any = CLAIMS, digest: str = "sha256") -> bytes:
    message = part(header) + b"." + part(claims)
    return message + b"." + part(hmac.digest(key, message, digest))


def text(claims: dict[str, Any], old: str, new: str) -> bytes:
    return json.dumps(claims).replace(old, new).encode()


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in CLAIMS.items() if key != name}


def is_user(name: str) -> bool:
    return bool(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._~@|:+-]{0,127}", name))


class Issuer:
    def __init__(self) -> None:
        self.keys = [ED_JWK, EC_JWK, RSA_JWK, {**RSA_JWK, "kid": "pss", "alg": "PS256"}]

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


@pytest.mark.parametrize(
    ("key", "alg", "kid"),
    [(ED, "EdDSA", "ed"), (EC, "ES256", "ec"), (RSA, "RS256", "rsa"), (RSA, "PS256", "pss")],
)
async def test_a_token_of_every_algorithm_is_accepted(
    authenticator: Authenticator, key: Any, alg: str, kid: str
) -> None:
    token = jwt.encode(CLAIMS, key, alg, {"kid": kid})
    assert await authenticator.authenticate([b"Bearer " + token.encode()]) == USER


async def test_a_token_of_an_older_client_is_accepted(legacy: Authenticator) -> None:
    token = jwt.encode(LEGACY, SECRET)
    assert await legacy.authenticate([b"Bearer " + token.encode()]) == "alice"


@pytest.mark.parametrize(
    ("claims", "header"),
    [
        (CLAIMS, HEADER),
        (CLAIMS, {**HEADER, "typ": "at+JWT"}),
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


GOOD = signed()
MESSAGE, _, SIGNATURE = GOOD.rpartition(b".")
HEAD, BODY = MESSAGE.split(b".")
ES = {"alg": "ES256", "kid": "ec"}
ES_MESSAGE = part(ES) + b"." + part(CLAIMS)
DER_SIGNATURE = EC.sign(ES_MESSAGE, ec.ECDSA(ECAlgorithm.SHA256()))
PEM = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
DER = RSA.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
ED_RAW = ED.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
NESTED = b"[" * 3000 + b"]" * 3000
BIG = {**CLAIMS, "name": "x" * 8192}

RSA_PUBLIC = [PEM, PEM.strip(), DER, json.dumps(RSA_JWK).encode(), RSA_JWK["n"].encode()]
ED_PUBLIC = [ED_RAW, ED_JWK["x"].encode(), json.dumps(ED_JWK).encode(), b""]
CONFUSED = {
    **{f"HMAC with RSA {k[:9]!r}": mac({"alg": "HS256", "kid": "rsa"}, k) for k in RSA_PUBLIC},
    **{f"RS256 by HMAC {k[:9]!r}": mac({"alg": "RS256", "kid": "rsa"}, k) for k in RSA_PUBLIC},
    **{f"HMAC with Ed25519 {k[:9]!r}": mac({"alg": "HS256", "kid": "ed"}, k) for k in ED_PUBLIC},
    **{f"EdDSA by HMAC {k[:9]!r}": mac(HEADER, k) for k in ED_PUBLIC},
    "none": part({"alg": "none", "kid": "ed"}) + b"." + BODY + b".",
    "none signed": signed(header={"alg": "none", "kid": "ed"}),
    "None": signed(header={"alg": "None", "kid": "ed"}),
    "nOnE": signed(header={"alg": "nOnE", "kid": "ed"}),
    "PS256 for RS256": signed(CLAIMS, {"alg": "PS256", "kid": "rsa"}, RSA, "PS256"),
    "RS256 for PS256": signed(CLAIMS, {"alg": "RS256", "kid": "pss"}, RSA, "RS256"),
    "RS512": signed(CLAIMS, {"alg": "RS512", "kid": "rsa"}, RSA, "RS512"),
    "RS256 said, PS256 done": signed(CLAIMS, {"alg": "RS256", "kid": "rsa"}, RSA, "PS256"),
    "EdDSA for the EC key": signed(header={"alg": "EdDSA", "kid": "ec"}),
    "ES256 for the Ed25519 key": signed(CLAIMS, {**ES, "kid": "ed"}, EC, "ES256"),
    "another's key": signed(key=ATTACKER),
    "another's key in jwk": signed(header={**HEADER, "jwk": ATTACKER_JWK}, key=ATTACKER),
}
MALFORMED = {
    "no dot": b"abc",
    "dots": b"..",
    "two parts": MESSAGE,
    "four parts": GOOD + b".x",
    "five parts": HEAD + b".." + BODY + b"." + SIGNATURE + b".x",
    "empty signature": MESSAGE + b".",
    "empty header": b"." + BODY + b"." + SIGNATURE,
    "empty payload": signed(b""),
    "swapped parts": BODY + b"." + HEAD + b"." + SIGNATURE,
    "truncated": GOOD[:-1],
    "truncated by a byte": MESSAGE + b"." + SIGNATURE[:-3],
    "lengthened": GOOD + b"AAAA",
    "another spelling": GOOD[:-1] + bytes([GOOD[-1] + 1]),
    "padded": GOOD + b"==",
    "another payload": HEAD + b"." + part({**CLAIMS, "sub": "eve"}) + b"." + SIGNATURE,
    "zeros": MESSAGE + b"." + part(bytes(64)),
    "small order": MESSAGE + b"." + part(b"\1" + bytes(63)),
    "psychic": ES_MESSAGE + b"." + part(bytes(64)),
    "ECDSA in DER": ES_MESSAGE + b"." + part(DER_SIGNATURE),
    "ECDSA of order": ES_MESSAGE + b"." + part(b"\xff" * 64),
    "too long": signed(BIG),
    "header a list": signed(header=["alg", "kid"]),
    "header a string": signed(header="EdDSA"),
    "header no JSON": signed(header=b"{alg}"),
    "header in UTF-16": signed(header=json.dumps(HEADER).encode("utf-16")),
    "header of Latin 1": signed(header=b'{"alg":"EdDSA","kid":"ed","a":"\xe9"}'),
    "header nested": signed(header=NESTED),
    "header repeats alg": signed(header=b'{"alg":"none","alg":"EdDSA","kid":"ed"}'),
    "header repeats kid": signed(header=b'{"alg":"EdDSA","kid":"ec","kid":"ed"}'),
    "payload a list": signed([CLAIMS]),
    "payload a string": signed("sub"),
    "payload null": signed(b"null"),
    "payload no JSON": signed(b"sub=alice"),
    "payload and more": signed(json.dumps(CLAIMS).encode() + b"{}"),
    "payload with BOM": signed(b"\xef\xbb\xbf" + json.dumps(CLAIMS).encode()),
    "payload in UTF-16": signed(json.dumps(CLAIMS).encode("utf-16")),
    "payload of Latin 1": signed(text(CLAIMS, "Ada", "\xe9").decode().encode("latin-1")),
    "payload nested": signed(NESTED),
    "name nested": signed(text(CLAIMS, '"Ada"', NESTED.decode())),
    "sub repeated": signed(text(CLAIMS, '"sub"', '"sub": "eve", "sub"')),
    "sub repeated in escapes": signed(text(CLAIMS, '"sub"', '"s\\u0075b": "eve", "sub"')),
    "exp repeated": signed(text(CLAIMS, '"exp"', '"exp": 1, "exp"')),
    "digits without end": signed(text(CLAIMS, f'"exp": {SOON}', '"exp": ' + "9" * 5000)),
    "NaN anywhere": signed(text(CLAIMS, '"Ada"', "NaN")),
}
HEADERS: dict[str, list[Any]] = {
    "alg": [None, 5, True, [], ["EdDSA"], {}, "", "eddsa", "EdDSA ", "Ed25519", "HS256", "\ud800"],
    "kid": [
        *(None, 5, True, [], ["ed"], {}, "", "ED", "ed ", "unknown", "\ud800", "ed\0"),
        *("../../dev/null", "/dev/null", "x' OR '1'='1", "http://evil.example/jwks", "__class__"),
    ],
    "typ": [None, 5, True, [], ["JWT"], {}, "", "JWE", "jwt ", "dpop+jwt", "JWT+x", "\ud800"],
    "crit": [None, [], ["b64"], ["exp"], ["kid"], "kid"],
    "b64": [True, False, None],
    "zip": ["DEF", None],
}
TIMES: list[Any] = [None, True, [], {}, "", str(SOON), -1, 1e30, 10**400, SOON * 1000, -0.5]
NAMES: list[Any] = [
    *(None, 5, True, [], [USER], {}, "", " ", USER + "\n", USER + "\0", "\ud800", "é", "a/b"),
    *("..", ".", "-", "a" * 129, "a b", "a%2Fb"),
]
CLAIMS_OF: dict[str, list[Any]] = {
    "exp": [*TIMES, 0, 1, NOW, NOW - 1, NOW - 0.5],
    "nbf": [*TIMES, LATER],
    "iat": [*TIMES, LATER],
    "iss": [None, 5, [], [BASE], {}, "", BASE + "/", BASE.upper(), BASE + "\0", "null"],
    "aud": [None, 5, [], {}, "", BASE + "/", ["other"], [[BASE]], [BASE, 5], {BASE: BASE}],
    "sub": NAMES,
    "user_id": [*NAMES, "eve", USER.lower()],
}
HOSTILE = {
    **CONFUSED,
    **MALFORMED,
    **{f"no {name}": signed(without(name)) for name in ("exp", "iss", "aud", "sub")},
    "no alg": signed(header={"kid": "ed"}),
    "no kid": signed(header={"alg": "EdDSA"}),
    **{
        f"{name} {str(value)[:20]!a}": signed(header={**HEADER, name: value})
        for name, values in HEADERS.items()
        for value in values
    },
    **{
        f"{name} {str(value)[:20]!a}": signed({**CLAIMS, name: value})
        for name, values in CLAIMS_OF.items()
        for value in values
    },
    **{
        f"{name} {value}": signed(text({**CLAIMS, name: "?"}, '"?"', value))
        for name in ("exp", "nbf", "iat")
        for value in ("NaN", "Infinity", "-Infinity", "1e400")
    },
    "sub odd, user_id good": signed({**CLAIMS, "sub": 5, "user_id": USER}),
}


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
        monkeypatch.setattr("todo_api.keys.monotonic", lambda: time.monotonic() + 3600)
        assert authenticator.cached([header]) == USER
        await keys.find("unknown")
        await refusal(authenticator, header)


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


async def test_without_any_key_it_is_not_the_token_that_is_blamed() -> None:
    async with await asyncio.start_server(Issuer().serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
    keys = KeySet(f"http://127.0.0.1:{port}/")
    away = Authenticator(keys, issuer=BASE, audience=BASE, is_user=is_user)
    with pytest.raises(KeysUnavailable):
        await away.authenticate([b"Bearer " + GOOD])
    await keys.close()
