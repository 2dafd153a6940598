import json
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from time import time
from typing import Any, NamedTuple, NoReturn

from jwt import PyJWK, PyJWTError
from jwt.utils import base64url_decode, base64url_encode

from identity.keys import KeySet, SharedSecret

_MAX_VERIFIED = 10_000  # tokens; 10 MiB with those of 800 bytes, 22 MiB with the longest
_LONGEST_REMEMBERED = 2048  # bytes of a header; a longer one is remembered by its digest
_CLOCK_LEEWAY = 10  # seconds that an issuer's clock may be fast
_YEAR_10000 = 253_402_300_800  # seconds; a later date is in milliseconds, or an attack

_BEARER = re.compile(rb"\s*bearer(?![!#$%&'*+.^`|~\w-])", re.IGNORECASE)
_CREDENTIALS = re.compile(rb"bearer +([\w-]+\.[\w-]+\.[\w-]+)", re.IGNORECASE)
_UNSUPPORTED_HEADERS = frozenset({"crit", "b64", "zip"})
_TYPES = frozenset({"jwt", "at+jwt", "application/jwt", "application/at+jwt"})  # RFC 7515, 4.1.9
_MALFORMED = "The token is malformed or its signature is wrong."  # no client needs to know which


class TokenMissing(Exception):
    """The request carries no bearer token."""


class TokenInvalid(Exception):
    """The request's bearer token is not valid.

    The message is a sentence for the client; `reason` is a stable keyword for the log.
    """

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


class _Verified(NamedTuple):
    user: str
    expires: float
    key: PyJWK


class Authenticator:
    """Finds the user of a request's bearer token (RFC 6750), a JWT (RFC 7519)."""

    def __init__(
        self,
        keys: SharedSecret | KeySet,
        *,
        issuer: str | None,
        audience: str | None,
        is_user: Callable[[str], bool],
    ) -> None:
        self.keys = keys
        self._issuer = issuer
        self._audience = audience
        self._is_user = is_user
        self._verified: OrderedDict[bytes, _Verified] = OrderedDict()
        self.hits = self.misses = 0

    @property
    def cached_tokens(self) -> int:
        """The number of verified tokens in the cache."""
        return len(self._verified)

    def cached(self, authorization: Sequence[bytes]) -> str | None:
        """Return the user of a cached token that is still valid, else None."""
        if len(authorization) != 1:
            return None
        verified = self._verified.get(_name_of(authorization[0]))
        if verified and verified.expires > time() and self.keys.holds(verified.key):
            return verified.user
        return None

    async def authenticate(
        self, authorization: Sequence[bytes], admit: Callable[[], Awaitable[None]] | None = None
    ) -> str:
        """Return the user whom a request's Authorization headers prove.

        `admit` is called before a token that is not cached is verified, and may raise. Raises
        TokenMissing, TokenInvalid, and KeysUnavailable if no key could be fetched yet.
        """
        if user := self.cached(authorization):
            self.hits += 1
            return user
        if admit is not None:
            await admit()
        token = _bearer_token(authorization)
        self.misses += 1
        key = await self._key(_header(token))
        claims = _claims(token, key)
        expires = _check_times(claims)
        self._check_issuer_and_audience(claims)
        user = self._user(claims)
        self._remember(authorization[0], token, _Verified(user, expires, key))
        return user

    async def _key(self, header: dict[str, Any]) -> PyJWK:
        # Keys that the token itself names (`jwk`, `jku`, `x5c`, `x5u`) are ignored.
        if not _UNSUPPORTED_HEADERS.isdisjoint(header):
            raise TokenInvalid("extension", "The token uses an extension that is not supported.")
        typ = header.get("typ", "JWT")
        if not isinstance(typ, str) or typ.lower() not in _TYPES:
            raise TokenInvalid("type", "The token is of another type than JWT.")
        kid = header.get("kid")
        if "kid" in header and not isinstance(kid, str):
            _malformed()
        algorithm = header.get("alg")
        if not isinstance(algorithm, str):
            _malformed()
        key = await self.keys.find(kid, algorithm)
        if key is None and self.keys.knows(kid):
            raise TokenInvalid(
                "algorithm", "The token is signed with an algorithm that is not its key's."
            )
        if key is None:
            raise TokenInvalid("unknown key", "The token is signed with a key that is not known.")
        return key

    def _check_issuer_and_audience(self, claims: dict[str, Any]) -> None:
        if self._issuer is not None and claims.get("iss") != self._issuer:
            raise TokenInvalid("issuer", "The token is from another issuer.")
        # RFC 7519, 4.1.3: a service that is not in `aud`, or has no name, refuses the token.
        named = "aud" in claims or self._audience is not None
        if named and self._audience not in _audiences(claims):
            raise TokenInvalid("audience", "The token is for another audience.")

    def _user(self, claims: dict[str, Any]) -> str:
        user = claims.get("user_id", claims.get("sub"))
        if type(user) is int and user >= 0 and "user_id" in claims:  # numeric user ids
            user = str(user)
        with _hostile_input():  # no pattern can be matched with a lone surrogate
            valid = isinstance(user, str) and self._is_user(user)
        if not isinstance(user, str) or not valid:
            raise TokenInvalid("no user", "The token names no valid user.")
        if claims.get("sub", user) != user:
            raise TokenInvalid("two users", "The token names two different users.")
        return user

    def _remember(self, header: bytes, token: bytes, verified: _Verified) -> None:
        if len(header) != len(b"Bearer ") + len(token):
            return  # one token, padded with spaces, could fill the memory
        self._verified[_name_of(header)] = verified
        if len(self._verified) > _MAX_VERIFIED:
            self._verified.popitem(last=False)


def _name_of(header: bytes) -> bytes:
    """Return a header's key in the cache, of limited length."""
    return header if len(header) <= _LONGEST_REMEMBERED else blake2b(header).digest()


def _bearer_token(authorization: Sequence[bytes]) -> bytes:
    if len(authorization) > 1:
        raise TokenInvalid("two headers", "The request has more than one Authorization header.")
    if not authorization or not _BEARER.match(authorization[0]):
        raise TokenMissing("The request needs an Authorization header with a bearer token.")
    credentials = _CREDENTIALS.fullmatch(authorization[0])
    if not credentials:
        _malformed()
    return credentials[1]


def _header(token: bytes) -> dict[str, Any]:
    with _hostile_input():
        return _json_object(_decoded(token.partition(b".")[0]))


def _claims(token: bytes, key: PyJWK) -> dict[str, Any]:
    """Return the claims of a token that `key` has signed (RFC 7515, 5.2).

    PyJWT's algorithm verifies the signature. Its `decode` would parse the header again, and look at
    each character in Python: a forged token of 50 KB would hold all requests up for 3 ms.
    """
    signed, _, signature = token.rpartition(b".")
    with _hostile_input():
        if not key.Algorithm.verify(signed, key.key, _decoded(signature)):
            raise TokenInvalid("signature", _MALFORMED)
        return _json_object(_decoded(signed.partition(b".")[2]))


def _decoded(segment: bytes) -> bytes:
    """Decode base64url; raises ValueError if bytes are written otherwise than in RFC 4648, 3.5."""
    decoded = base64url_decode(segment)
    if base64url_encode(decoded) != segment:
        raise ValueError("not the one text that these bytes have")
    return decoded


@contextmanager
def _hostile_input() -> Iterator[None]:
    """Turn the errors of PyJWT, base64 and json into TokenInvalid."""
    try:
        yield
    except (PyJWTError, ValueError, RecursionError):
        raise TokenInvalid("malformed", _MALFORMED) from None


def _check_times(claims: dict[str, Any]) -> float:
    """Return when the token expires, in seconds since 1970."""
    now = time()
    for name in claims.keys() & {"nbf", "iat"}:
        if _date(claims[name]) > now + _CLOCK_LEEWAY:
            raise TokenInvalid("not valid yet", "The token is not valid yet.")
    expires = _date(claims.get("exp"))
    if expires <= now:
        raise TokenInvalid("expired", "The token has expired.")
    return expires


def _date(value: Any) -> float:
    # By type, because True is an int, too; NaN and infinity fail the comparison.
    if type(value) not in {int, float} or not 0 <= value < _YEAR_10000:
        raise TokenInvalid("dates", "The token lacks an expiry, or one of its dates is wrong.")
    return float(value)


def _audiences(claims: dict[str, Any]) -> list[Any]:
    """Return the token's audiences; without `aud`, the client that it was issued to.

    Cognito's access tokens name the client in `client_id`, Clerk's session tokens in `azp`; their
    own verifiers compare these.
    """
    aud = claims.get("aud") if "aud" in claims else claims.get("client_id", claims.get("azp"))
    audiences: list[Any] = aud if isinstance(aud, list) else [aud]
    return audiences if all(isinstance(audience, str) for audience in audiences) else []


def _json_object(data: bytes) -> dict[str, Any]:
    value = _STRICT_JSON.decode(data.decode())
    if not isinstance(value, dict):
        _malformed()
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("repeated name")  # two parsers could read it differently
    return members


def _refuse_constant(_name: str) -> NoReturn:
    raise ValueError("NaN and infinity are not JSON")


_STRICT_JSON = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse_constant)


def _malformed() -> NoReturn:
    raise TokenInvalid("malformed", _MALFORMED)
