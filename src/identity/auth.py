import json
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from time import time
from typing import Any, NamedTuple, NoReturn

from jwt import InvalidSignatureError, PyJWK, PyJWS, PyJWTError
from jwt.utils import base64url_decode

from identity.keys import KeySet, SharedSecret

_MAX_VERIFIED = 10_000
_LONGEST_REMEMBERED = 2048  # bytes of a header; of a longer one its digest is
_CLOCK_LEEWAY = 10  # seconds that an issuer's clock may be ahead of ours
_YEAR_10000 = 253_402_300_800  # seconds; a later date is an error of units, or an attack

_BEARER = re.compile(rb"\s*bearer(?![!#$%&'*+.^`|~\w-])", re.IGNORECASE)
_CREDENTIALS = re.compile(rb"bearer +([\w-]+\.[\w-]+\.[\w-]+)", re.IGNORECASE)
_UNSUPPORTED_HEADERS = frozenset({"crit", "b64", "zip"})
_TYPES = frozenset({"jwt", "at+jwt", "application/jwt", "application/at+jwt"})  # RFC 7515, 4.1.9
_MALFORMED = "The token is malformed or its signature is wrong."  # no client needs to know which

_jws = PyJWS()


class TokenMissing(Exception):
    """The request carries no bearer token."""


class TokenInvalid(Exception):
    """The request carries a bearer token that proves nothing: why, in a word and a sentence.

    The sentence is for the client. The word is for the log, and stays the same.
    """

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


class _Verified(NamedTuple):
    user: str
    expires: float
    key: PyJWK


class Authenticator:
    """Tells the user of a request from its bearer token (RFC 6750), a JWT (RFC 7519)."""

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
        """The number of tokens that were verified and are remembered."""
        return len(self._verified)

    def cached(self, authorization: Sequence[bytes]) -> str | None:
        """Return the user of a header that was verified before and still holds, else None."""
        if len(authorization) != 1:
            return None
        verified = self._verified.get(_name_of(authorization[0]))
        if verified and verified.expires > time() and self.keys.holds(verified.key):
            return verified.user
        return None

    async def authenticate(
        self, authorization: Sequence[bytes], admit: Callable[[], Awaitable[None]] | None = None
    ) -> str:
        """Return the user whom the values of all Authorization headers of a request prove.

        `admit` is asked before anything but a remembered token is looked at, and may raise what it
        likes. Raises TokenMissing, TokenInvalid, and KeysUnavailable where no key could be had yet.
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
        # What a token says of its own key (`jwk`, `jku`, `x5c`, `x5u`) counts for nothing.
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
        # RFC 7519 section 4.1.3: who is not among the audiences, or has no name, refuses the token.
        named = "aud" in claims or self._audience is not None
        if named and self._audience not in _audiences(claims):
            raise TokenInvalid("audience", "The token is for another audience.")

    def _user(self, claims: dict[str, Any]) -> str:
        user = claims.get("user_id", claims.get("sub"))
        if type(user) is int and user >= 0 and "user_id" in claims:  # as servers number their users
            user = str(user)
        with _hostile_input():  # a lone surrogate is no text that a pattern could be matched with
            valid = isinstance(user, str) and self._is_user(user)
        if not isinstance(user, str) or not valid:
            raise TokenInvalid("no user", "The token names no valid user.")
        if claims.get("sub", user) != user:
            raise TokenInvalid("two users", "The token names two different users.")
        return user

    def _remember(self, header: bytes, token: bytes, verified: _Verified) -> None:
        if len(header) != len(b"Bearer ") + len(token):
            return  # or one token, padded with spaces, could fill the memory
        self._verified[_name_of(header)] = verified
        if len(self._verified) > _MAX_VERIFIED:
            self._verified.popitem(last=False)


def _name_of(header: bytes) -> bytes:
    """Return what a header is remembered by, which is never long."""
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
        return _json_object(base64url_decode(token.partition(b".")[0]))


def _claims(token: bytes, key: PyJWK) -> dict[str, Any]:
    with _hostile_input():
        return _json_object(_jws.decode(token, key, algorithms=[key.algorithm_name]))


@contextmanager
def _hostile_input() -> Iterator[None]:
    """Turn all that PyJWT, base64 and json raise on tokens into TokenInvalid."""
    try:
        yield
    except InvalidSignatureError:
        raise TokenInvalid("signature", _MALFORMED) from None
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
    # By type, for True is an int too; NaN and infinity fail the comparison.
    if type(value) not in {int, float} or not 0 <= value < _YEAR_10000:
        raise TokenInvalid("dates", "The token lacks an expiry, or one of its dates is wrong.")
    return float(value)


def _audiences(claims: dict[str, Any]) -> list[Any]:
    """Return whom the token is for; without `aud`, the client that it was issued to.

    Access tokens of Cognito name that one in `client_id`, session tokens of Clerk in `azp`, which
    their own verifiers compare.
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
        raise ValueError("repeated name")  # what two readers would read differently
    return members


def _refuse_constant(_name: str) -> NoReturn:
    raise ValueError("NaN and infinity are not JSON")


_STRICT_JSON = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse_constant)


def _malformed() -> NoReturn:
    raise TokenInvalid("malformed", _MALFORMED)
