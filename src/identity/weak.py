"""Detect weak public keys, for which anybody can forge signatures."""

from functools import lru_cache
from math import gcd, isqrt, prod

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from nacl.bindings import crypto_core_ed25519_is_valid_point

_LEAST_EXPONENT = 65537  # FIPS 186-5, 5.1: above 2^16; there are attacks on smaller ones
_MOST_EXPONENT = 2**256  # likewise; a larger one makes verification slow
_SMALL = 2**16
_FERMAT_ROUNDS = 100  # enough for primes that are close to each other (CVE-2022-26320)
_REMEMBERED = 256  # moduli; an issuer has few, and 256 of 4096 bits have 128 KiB


def is_weak(key: object) -> bool:
    """Tell whether a public key is weak; only RSA and Ed25519 keys can be."""
    if isinstance(key, Ed25519PublicKey):
        # A point of small order verifies signatures made without a secret, and other libraries may
        # read a point in non-canonical form as another key.
        return not crypto_core_ed25519_is_valid_point(key.public_bytes_raw())
    if isinstance(key, RSAPublicKey):
        numbers = key.public_numbers()
        return not _LEAST_EXPONENT <= numbers.e < _MOST_EXPONENT or is_factored(numbers.n)
    return False


@lru_cache(_REMEMBERED)  # 0.1 s for 4096 bits, and the same keys are fetched repeatedly
def is_factored(modulus: int) -> bool:
    """Tell whether `modulus` is easy to factor."""
    return (
        gcd(modulus, _small_primes()) > 1
        or _is_prime(modulus)
        or _is_power(modulus)
        or _has_close_factors(modulus)
    )


@lru_cache(1)
def _small_primes() -> int:
    """Return the product of all primes below 2^16."""
    sieve = bytearray([1]) * _SMALL
    for number in range(2, isqrt(_SMALL) + 1):
        if sieve[number]:
            sieve[number * number :: number] = bytes(len(range(number * number, _SMALL, number)))
    return prod(number for number in range(2, _SMALL) if sieve[number])


def _is_prime(modulus: int) -> bool:
    """Tell whether `modulus` passes Fermat's test, as every prime does.

    Step by step, because pow() would block all other threads until it is done.
    """
    power = 1
    for bit in f"{modulus - 1:b}":
        power = (power * power << int(bit)) % modulus
    return power == 1


def _is_power(modulus: int) -> bool:
    """Tell whether `modulus` is a power of an integer; here, its base is above 2^16."""
    most = modulus.bit_length() // _SMALL.bit_length()
    return any(
        _root(modulus, exponent) ** exponent == modulus
        for exponent in (2, *range(3, most + 1, 2))  # an even power is a square
    )


def _root(number: int, degree: int) -> int:
    """Return the integer part of the root of this `degree` (Newton's method)."""
    guess = 1 << -(-number.bit_length() // degree)
    while True:
        closer = ((degree - 1) * guess + number // guess ** (degree - 1)) // degree
        if closer >= guess:
            return guess
        guess = closer


def _has_close_factors(modulus: int) -> bool:
    """Tell whether Fermat's method finds two factors in a few steps."""
    middle = isqrt(modulus - 1) + 1
    return any(
        isqrt(rest) ** 2 == rest
        for rest in ((middle + step) ** 2 - modulus for step in range(_FERMAT_ROUNDS))
    )
