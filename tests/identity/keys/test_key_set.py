import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from identity.keys import KeySet, SharedSecret
from tests.identity.keys.conftest import NEW, OKP, Clock, Issuer, okp


def elliptic(curve: ec.EllipticCurve) -> dict[str, Any]:
    public = ec.generate_private_key(curve).public_key()
    return {**ECAlgorithm.to_jwk(public, as_dict=True), "kid": "ec"}


def modulus(bits: int) -> dict[str, Any]:
    public = rsa.generate_private_key(65537, bits).public_key()
    return {**RSAAlgorithm.to_jwk(public, as_dict=True), "kid": "rsa"}


SIZES = (256, 384, 512)
EC, RSA = elliptic(ec.SECP256R1()), modulus(2048)
ED448 = OKPAlgorithm.to_jwk(ed448.Ed448PrivateKey.generate().public_key(), as_dict=True)
PRIVATE = OKPAlgorithm.to_jwk(ed25519.Ed25519PrivateKey.generate(), as_dict=True)
SECRET = base64.urlsafe_b64encode(b"s" * 32).decode()


def without_id(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name != "kid"}


async def test_a_key_published_again_stays_the_same_object(
    keys: KeySet, issuer: Issuer, clock: Clock
) -> None:
    key = await keys.find("ed", "EdDSA")
    issuer.publish({**OKP, "alg": "EdDSA", "use": "sig"}, NEW)
    clock.now += 10
    assert await keys.find("new", "EdDSA")
    assert await keys.find("ed", "EdDSA") is key


@pytest.mark.parametrize(
    ("first", "second", "algorithm"),
    [
        (OKP, okp("ed"), "EdDSA"),
        ({**RSA, "kid": "ed"}, {**RSA, "kid": "ed", "alg": "PS256"}, "RS256"),
    ],
    ids=["other material", "other algorithm"],
)
async def test_another_key_under_a_known_id_is_another_object(
    keys: KeySet,
    issuer: Issuer,
    clock: Clock,
    first: dict[str, Any],
    second: dict[str, Any],
    algorithm: str,
) -> None:
    issuer.publish(first)
    key = await keys.find("ed", algorithm)
    assert key
    issuer.publish(second, NEW)
    clock.now += 10
    assert await keys.find("new", "EdDSA")
    assert await keys.find("ed", algorithm) is not key
    assert not keys.holds(key)


@pytest.mark.parametrize(
    ("entry", "algorithm"),
    [
        (OKP, "EdDSA"),
        ({**OKP, "alg": "Ed25519"}, "Ed25519"),
        (EC, "ES256"),
        (elliptic(ec.SECP384R1()), "ES384"),
        (elliptic(ec.SECP521R1()), "ES512"),
        (RSA, "RS256"),
        ({**RSA, "alg": "RS256", "use": "sig", "key_ops": ["verify"]}, "RS256"),
        *(
            ({**RSA, "alg": f"{kind}{size}"}, f"{kind}{size}")
            for kind in ("RS", "PS")
            for size in SIZES
        ),
    ],
)
async def test_a_key_is_bound_to_one_algorithm(
    keys: KeySet, issuer: Issuer, entry: dict[str, Any], algorithm: str
) -> None:
    issuer.publish(entry)
    key = await keys.find(entry["kid"], algorithm)
    assert key
    assert key.algorithm_name == algorithm
    assert set(keys._keys) == {(entry["kid"], algorithm)}


ODD: list[Any] = [None, 5, [], {}, "", "?", "é", "none"]
WRONG: dict[str, list[Any]] = {
    "kid": [None, 5, [], {}, True],
    "x": [*ODD, "AA", OKP["x"] * 2],
    "crv": [*ODD, "Ed448", "X25519", "P-256"],
    "kty": [*ODD, "RSA", "EC", "oct"],
    "alg": [*ODD, "HS256", "ES256", "RS256", "eddsa"],
    "use": [*ODD, "enc", "SIG"],
    "key_ops": [*ODD, "verify", ["sign"]],
}
UNUSABLE: list[Any] = [
    *ODD,
    *({**OKP, "kid": "bad", name: value} for name, values in WRONG.items() for value in values),
    *({**RSA, "kid": "bad", name: value} for name in "ne" for value in [*ODD, "AA"]),
    {"kty": "oct", "k": SECRET, "kid": "bad"},
    {"kty": "oct", "k": SECRET, "kid": "bad", "alg": "HS256"},
    {**PRIVATE, "kid": "bad"},
    {**ED448, "kid": "bad", "alg": "EdDSA"},
    {**elliptic(ec.SECP384R1()), "alg": "ES256"},
    {**elliptic(ec.SECP256K1()), "alg": "ES256"},
    {**EC, "x": EC["y"]},  # a point that is not on the curve
    modulus(1024),
]


async def test_unusable_entries_spoil_nothing(keys: KeySet, issuer: Issuer) -> None:
    issuer.publish(*UNUSABLE, NEW, *UNUSABLE)
    assert await keys.find("new", "EdDSA")
    assert list(keys._keys) == [("new", "EdDSA")]


async def test_keys_of_one_id_are_told_apart_by_their_algorithms(
    keys: KeySet, issuer: Issuer
) -> None:
    issuer.publish(OKP, {**RSA, "kid": "ed"}, {**RSA, "kid": "ed", "alg": "PS512"})
    found = [await keys.find("ed", name) for name in ("EdDSA", "RS256", "PS512")]
    assert [key and key.algorithm_name for key in found] == ["EdDSA", "RS256", "PS512"]
    assert await keys.find("ed", "RS512") is None
    assert keys.knows("ed")
    assert all(key and keys.holds(key) for key in found)


async def test_the_one_key_without_an_id_is_found_without_one(keys: KeySet, issuer: Issuer) -> None:
    issuer.publish(without_id(OKP), NEW, without_id(RSA), without_id(RSA))
    assert await keys.find(None, "EdDSA")
    assert await keys.find(None, "RS256") is None  # which of the two can't be told
    assert await keys.find("ed", "EdDSA") is None


@pytest.mark.parametrize(
    ("published", "named"),
    [
        ([ED448, elliptic(ec.SECP256K1())], "Ed448, secp256k1"),
        ([{**EC, "alg": "ES256K"}, {"kty": "AKP", "alg": "ML-DSA-44"}], "ES256K, ML-DSA-44"),
        ([{"kty": "oct", "alg": "HS256", "k": SECRET}, 5, {}, {"kty": "\n"}], "HS256"),
    ],
)
async def test_a_set_without_a_usable_key_says_what_it_has_and_blames_no_outage(
    keys: KeySet,
    issuer: Issuer,
    caplog: pytest.LogCaptureFixture,
    published: list[Any],
    named: str,
) -> None:
    issuer.publish(*published)
    assert await keys.find("ed", "EdDSA") is None
    assert caplog.messages == [
        f"No signing keys from 127.0.0.1: no usable key in the set, which has {named}."
    ]


async def test_of_two_keys_with_one_id_the_first_counts(
    keys: KeySet, issuer: Issuer, clock: Clock
) -> None:
    key = await keys.find("ed", "EdDSA")
    issuer.publish(OKP, okp("ed"), NEW)
    clock.now += 10
    assert await keys.find("new", "EdDSA")
    assert await keys.find("ed", "EdDSA") is key


@pytest.mark.parametrize("url", ["", "jwks", "ftp://host/jwks", "file:///etc/jwks", "http:///jwks"])
def test_only_web_addresses_are_asked_for_keys(url: str) -> None:
    with pytest.raises(ValueError, match="http or https URL"):
        KeySet(url)


@pytest.mark.parametrize(
    "secret", ["", "s" * 31, json.dumps({"keys": [OKP]}), "ssh-ed25519 " + "A" * 68]
)
def test_a_weak_secret_or_a_public_key_is_refused_as_secret(secret: str) -> None:
    with pytest.raises(ValueError, match=r"HMAC|JWK|asymmetric"):
        SharedSecret(secret)


async def test_a_secret_is_the_key_for_any_id() -> None:
    secret = SharedSecret("s" * 32)
    key = await secret.find(None, "HS256")
    assert key
    assert await secret.find("any", "HS256") is key
    assert await secret.find("any", "HS512") is None
    assert secret.holds(key)
