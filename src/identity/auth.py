import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from hashlib import blake2b
from time import time
from typing import Any, NamedTuple

from jwt import PyJWK

from identity.errors import TokenInvalid, TokenMissing
from identity.jws import claims_of, header_of, hostile_input, malformed
from identity.keys import KeySet, SharedSecret

_MAX_VERIFIED = 10_000  # tokens; 10 MiB with those of 800 bytes, 22 MiB with the longest
_LONGEST_REMEMBERED = 2048  # bytes of a header; a longer one is remembered by its digest
_CLOCK_LEEWAY = 10  # seconds that an issuer's clock may be fast
_YEAR_10000 = 253_402_300_800  # seconds; a later date is in milliseconds, or an attack

_BEARER = re.compile(rb"\s*bearer(?![!#$%&'*+.^`|~\w-])", re.IGNORECASE)
_CREDENTIALS = re.compile(rb"bearer +([\w-]+\.[\w-]+\.[\w-]+)", re.IGNORECASE)
_UNSUPPORTED_HEADERS = frozenset({"crit", "b64", "zip"})
_TYPES = frozenset({"jwt", "at+jwt", "application/jwt", "application/at+jwt"})  # RFC 7515, 4.1.9


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
        key = await self._key(header_of(token))
        claims = claims_of(token, key)
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
            malformed()
        algorithm = header.get("alg")
        if not isinstance(algorithm, str):
            malformed()
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
        with hostile_input():  # no pattern can be matched with a lone surrogate
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
        malformed()
    return credentials[1]


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
