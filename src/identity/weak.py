"""Keys with which anybody can sign, whoever published them."""

from functools import lru_cache
from math import gcd, isqrt, prod

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from nacl.bindings import crypto_core_ed25519_is_valid_point

_LEAST_EXPONENT = 65537  # FIPS 186-5, 5.1: beyond 2^16, which smaller ones were broken by
_MOST_EXPONENT = 2**256  # likewise; a longer one makes each token dear to verify
_SMALL = 2**16
_FERMAT_ROUNDS = 100  # as many find primes that were chosen side by side (CVE-2022-26320)
_REMEMBERED = 256


def is_weak(key: object) -> bool:
    """Say whether a public key's signatures prove nothing; other types than RSA and Ed25519 do."""
    if isinstance(key, Ed25519PublicKey):
        # A point of small order verifies signatures that need no secret, and only what is written
        # otherwise than its own sum would be read as another key elsewhere.
        return not crypto_core_ed25519_is_valid_point(key.public_bytes_raw())
    if isinstance(key, RSAPublicKey):
        numbers = key.public_numbers()
        return not _LEAST_EXPONENT <= numbers.e < _MOST_EXPONENT or is_factored(numbers.n)
    return False


@lru_cache(
    _REMEMBERED
)  # of 4096 bits it takes 0.1 s, and the same keys are fetched again and again
def is_factored(modulus: int) -> bool:
    """Say whether anybody can tell the factors of `modulus`."""
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
    """Say whether `modulus` passes Fermat's test, as every prime does.

    Step by step, as pow() would hold all other threads up until it is done.
    """
    power = 1
    for bit in f"{modulus - 1:b}":
        power = (power * power << int(bit)) % modulus
    return power == 1


def _is_power(modulus: int) -> bool:
    """Say whether `modulus` is a power, which its root tells; none has a base below 2^16 here."""
    most = modulus.bit_length() // _SMALL.bit_length()
    return any(
        _root(modulus, exponent) ** exponent == modulus
        for exponent in (2, *range(3, most + 1, 2))  # an even power is a square
    )


def _root(number: int, degree: int) -> int:
    """Return the greatest integer whose power of `degree` is at most `number` (Newton)."""
    guess = 1 << -(-number.bit_length() // degree)
    while True:
        closer = ((degree - 1) * guess + number // guess ** (degree - 1)) // degree
        if closer >= guess:
            return guess
        guess = closer


def _has_close_factors(modulus: int) -> bool:
    """Say whether Fermat's method finds two factors at once."""
    middle = isqrt(modulus - 1) + 1
    return any(
        isqrt(rest) ** 2 == rest
        for rest in ((middle + step) ** 2 - modulus for step in range(_FERMAT_ROUNDS))
    )
