"""Keys with which anybody can sign are none: points of small order, moduli easily factored."""

from base64 import urlsafe_b64encode
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from identity.keys import KeySet
from tests.identity.auth.tokens import part
from tests.identity.keys.conftest import NEW, OKP, Issuer

P = 2**255 - 19
SIGN = 2**255
OCTIC = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
"""The y of a point of order 8; that of the others is its negative (RFC 7748, 4.1)."""
SMALL_ORDER = [
    *(y | sign for y in (0, 1, P - 1, OCTIC, P - OCTIC) for sign in (0, SIGN)),
]
NOT_CANONICAL = [y | sign for y in range(P, 2**255) for sign in (0, SIGN)]
NOT_ON_THE_CURVE = [2, 7, SIGN | 2]


def okp(y: int) -> dict[str, Any]:
    return {**OKP, "kid": "weak", "x": part(y.to_bytes(32, "little")).decode()}


GREAT, LESS = 2**2203 - 1, 2**1279 - 1  # Mersenne's
BELOW, ABOVE = 2**1024 - 105, 2**1024 + 643  # the primes on both sides of 2^1024
GOOD = rsa.generate_private_key(65537, 2048).public_key().public_numbers().n
MODULI = {
    "even": GOOD + 1,
    "a multiple of 3": 3 * GREAT,
    "a small factor": 65521 * GREAT,
    "small factors only": 3**1300,
    "prime": GREAT,
    "a square": LESS**2,
    "a cube": LESS**3,
    "primes side by side": BELOW * ABOVE,
    "all ones": 2**2048 - 1,
}
EXPONENTS = {
    **{str(e): e for e in (0, 1, 2, 3, 5, 17, 257, 65535, 65536)},
    "a great one": 2**256 + 1,
    "the modulus": GOOD,
}


def modulus(n: int, e: int = 65537) -> dict[str, Any]:
    numbers = {"n": n, "e": e}
    encoded = {
        name: urlsafe_b64encode(value.to_bytes((value.bit_length() + 7) // 8, "big")).decode()
        for name, value in numbers.items()
    }
    return {"kty": "RSA", "kid": "weak", **encoded}


async def is_used(entry: dict[str, Any], keys: KeySet, issuer: Issuer, algorithm: str) -> bool:
    issuer.publish(entry, NEW)
    assert await keys.find("new", "EdDSA")
    return await keys.find("weak", algorithm) is not None


@pytest.mark.parametrize("y", [*SMALL_ORDER, *NOT_CANONICAL, *NOT_ON_THE_CURVE])
async def test_a_point_that_needs_no_secret_is_no_key(keys: KeySet, issuer: Issuer, y: int) -> None:
    assert not await is_used(okp(y), keys, issuer, "EdDSA")


async def test_a_point_of_an_honest_key_is_one(keys: KeySet, issuer: Issuer) -> None:
    assert await is_used({**OKP, "kid": "weak"}, keys, issuer, "EdDSA")


@pytest.mark.parametrize("n", MODULI.values(), ids=list(MODULI))
async def test_a_modulus_that_anybody_can_factor_is_no_key(
    keys: KeySet, issuer: Issuer, n: int
) -> None:
    assert n.bit_length() >= 2048
    assert not await is_used(modulus(n), keys, issuer, "RS256")


@pytest.mark.parametrize("e", EXPONENTS.values(), ids=list(EXPONENTS))
async def test_an_exponent_that_proves_nothing_is_no_key(
    keys: KeySet, issuer: Issuer, e: int
) -> None:
    assert not await is_used(modulus(GOOD, e), keys, issuer, "RS256")


@pytest.mark.parametrize("n", [GOOD, LESS * BELOW], ids=["honest", "unlike primes"])
async def test_a_modulus_of_two_primes_is_a_key(keys: KeySet, issuer: Issuer, n: int) -> None:
    assert await is_used(modulus(n), keys, issuer, "RS256")


@pytest.mark.parametrize("bits", [3072, 4096])
async def test_honest_keys_of_every_size_are_used(keys: KeySet, issuer: Issuer, bits: int) -> None:
    public = rsa.generate_private_key(65537, bits).public_key()
    entry = {**RSAAlgorithm.to_jwk(public, as_dict=True), "kid": "weak", "alg": "PS384"}
    assert await is_used(entry, keys, issuer, "PS384")
