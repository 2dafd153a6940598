"""The usable keys of a JWK Set (RFC 7517)."""

import re
from collections.abc import Iterator
from typing import Any

import orjson
from cryptography.exceptions import UnsupportedAlgorithm
from jwt import PyJWK, PyJWTError

from identity.weak import is_weak

KeyName = tuple[str | None, str]
"""A key's id, if it has one, and its algorithm, as several keys may have the same id."""

_TELLING = ("alg", "crv", "kty")
_NAME = re.compile("[ -~]+")
_LONGEST_NAME = 32  # characters; registered ones have at most 20
_MOST_NAMES = 10  # the issuer chooses them; these have 338 characters at most, in a log line


class NotASetError(Exception):
    """The document is not a JWK Set, or has no usable key; the message says why."""


class EmptySetError(NotASetError):
    """The set is empty: the issuer may create a key with the first token."""


class NoUsableKeyError(NotASetError):
    """The set has keys, but none that can be used here."""


def keys_in(body: bytes) -> dict[KeyName, PyJWK]:
    """Return the usable keys of a set, each bound to one algorithm.

    If several keys have the same name, the first is used; without an id, none of them. Raises
    `NotASetError`, and ValueError for malformed JSON.
    """
    document = orjson.loads(body)
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise NotASetError("not a JWK Set")
    keys: dict[KeyName, PyJWK] = {}
    ambiguous: set[KeyName] = set()
    for key in filter(None, map(_key_of, entries)):
        name = name_of(key)
        if name in keys and key.key_id is None:
            ambiguous.add(name)
        keys.setdefault(name, key)
    usable = {name: key for name, key in keys.items() if name not in ambiguous}
    if not entries:
        raise EmptySetError("no key in the set")
    if not usable:
        raise NoUsableKeyError(f"no usable key in the set{_listed(entries)}")
    return usable


def name_of(key: PyJWK) -> KeyName:
    """Return the `kid` and `alg` of tokens that the key signs."""
    return key.key_id, key.algorithm_name


def _key_of(entry: Any) -> PyJWK | None:
    if not _is_for_verifying(entry):
        return None
    algorithms = _algorithms_of(entry)
    algorithm = entry.get("alg", next(iter(algorithms), None))
    if algorithm not in algorithms:
        return None
    try:
        key = PyJWK(entry, "EdDSA" if algorithm == "Ed25519" else algorithm)
    except (PyJWTError, UnsupportedAlgorithm):
        return None
    key.algorithm_name = algorithm  # RFC 9864's name; PyJWT only has RFC 8037's
    return None if key.Algorithm.check_key_length(key.key) or is_weak(key.key) else key


def _is_for_verifying(entry: Any) -> bool:
    if not isinstance(entry, dict) or "d" in entry:  # a published private key proves nothing
        return False
    operations = entry.get("key_ops", ["verify"])
    return (
        ("kid" not in entry or isinstance(entry["kid"], str))
        and entry.get("use", "sig") == "sig"
        and isinstance(operations, list)
        and "verify" in operations
    )


def _algorithms_of(entry: dict[str, Any]) -> tuple[str, ...]:
    """Return the algorithms of a key's type and curve, the default first."""
    match entry:
        case {"kty": "OKP", "crv": "Ed25519"}:
            return ("EdDSA", "Ed25519")
        case {"kty": "EC", "crv": "P-256"}:
            return ("ES256",)
        case {"kty": "EC", "crv": "P-384"}:
            return ("ES384",)
        case {"kty": "EC", "crv": "P-521"}:
            return ("ES512",)
        case {"kty": "RSA"}:
            return ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
        case _:
            return ()


def _listed(entries: list[Any]) -> str:
    """Return the algorithms or key types of a set, for the operator's log."""
    names = sorted({name[:_LONGEST_NAME] for name in _named(entries)})[:_MOST_NAMES]
    return f", which has {', '.join(names)}" if names else ""


def _named(entries: list[Any]) -> Iterator[str]:
    """Yield the algorithm, curve or type of each entry, if it is printable ASCII."""
    for entry in entries:
        names = [entry.get(key) for key in _TELLING] if isinstance(entry, dict) else []
        told = [name for name in names if isinstance(name, str) and _NAME.fullmatch(name)]
        yield from told[:1]
