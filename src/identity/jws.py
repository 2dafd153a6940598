"""A signed token's header and claims: a JWS in compact serialization (RFC 7515, 7.1), strictly."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from jwt import PyJWK, PyJWTError
from jwt.utils import base64url_decode, base64url_encode

from identity.errors import TokenInvalid

_MALFORMED = "The token is malformed or its signature is wrong."  # no client needs to know which
_LONGEST_HEADER = 8192  # bytes in base64url; anyone can send 64 KiB, which take 4 ms to parse


def header_of(token: bytes) -> dict[str, Any]:
    """Return a token's header, which proves nothing yet; raises TokenInvalid."""
    header = token.partition(b".")[0]
    if len(header) > _LONGEST_HEADER:
        malformed()
    with hostile_input():
        return _json_object(_decoded(header))


def claims_of(token: bytes, key: PyJWK) -> dict[str, Any]:
    """Return the claims of a token that `key` has signed (RFC 7515, 5.2); raises TokenInvalid.

    PyJWT's algorithm verifies the signature. Its `decode` would parse the header again, and look at
    each character in Python: a forged token of 50 KB would hold all requests up for 3 ms.
    """
    signed, _, signature = token.rpartition(b".")
    with hostile_input():
        if not key.Algorithm.verify(signed, key.key, _decoded(signature)):
            raise TokenInvalid("signature", _MALFORMED)
        return _json_object(_decoded(signed.partition(b".")[2]))


def _decoded(segment: bytes) -> bytes:
    """Decode base64url; raises ValueError unless the last bits are zero (RFC 4648, 3.5)."""
    decoded = base64url_decode(segment)
    if base64url_encode(decoded) != segment:
        raise ValueError("other bits than zero at the end")
    return decoded


@contextmanager
def hostile_input() -> Iterator[None]:
    """Turn the errors of PyJWT, base64 and json into TokenInvalid."""
    try:
        yield
    except (PyJWTError, ValueError, RecursionError):
        raise TokenInvalid("malformed", _MALFORMED) from None


def malformed() -> NoReturn:
    """Refuse a token without a word on what is wrong."""
    raise TokenInvalid("malformed", _MALFORMED)


def _json_object(data: bytes) -> dict[str, Any]:
    value = _STRICT_JSON.decode(data.decode())
    if not isinstance(value, dict):
        malformed()
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("repeated name")  # two parsers could read it differently
    return members


def _refuse_constant(_name: str) -> NoReturn:
    raise ValueError("NaN and infinity are not JSON")


_STRICT_JSON = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse_constant)
