import asyncio
import logging
from base64 import urlsafe_b64encode
from time import monotonic, time
from typing import Any
from urllib.parse import urlsplit

import httpx2
import orjson
from cryptography.exceptions import UnsupportedAlgorithm
from jwt import InvalidKeyError, PyJWK, PyJWTError

logger = logging.getLogger("todo_api.keys")

_TICK = 0.01  # seconds; a timer may come a little early
_MAX_JWKS_BYTES = 1024 * 1024


class KeysUnavailable(Exception):
    """No signing key could be had yet; the message is why."""


class SharedSecret:
    """One HS256 secret; any `kid` names it.

    Raises ValueError for less than 32 bytes (RFC 7518 section 3.2) and for a public key or JWK.
    """

    def __init__(self, secret: str) -> None:
        encoded = urlsafe_b64encode(secret.encode()).decode()
        try:
            self._key = PyJWK({"kty": "oct", "alg": "HS256", "k": encoded})
            self._key.Algorithm.prepare_key(self._key.key)
        except InvalidKeyError as error:
            raise ValueError(str(error)) from None
        if weakness := self._key.Algorithm.check_key_length(self._key.key):
            raise ValueError(weakness)

    def holds(self, key: PyJWK) -> bool:
        """Say whether this very key object is still in use."""
        return key is self._key

    async def find(self, _kid: str | None) -> PyJWK | None:
        """Return the key."""
        return self._key


class KeySet:
    """The public keys that an issuer publishes at a URL as a JWK Set (RFC 7517); times in seconds.

    A key that is known never waits. An unknown one joins the one fetch under way, or begins it
    unless the last began less than `cool_down` ago. Whatever fails leaves the known keys in use,
    and once started is tried again after `cool_down`; what succeeds, after `refresh_interval`.
    """

    def __init__(
        self,
        url: str,
        *,
        cool_down: float = 10,
        refresh_interval: float = 300,
        timeout: float = 3,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("The address of the signing keys must be an http or https URL.")
        self._url = url
        self._host = parts.hostname
        self._cool_down = cool_down
        self.refresh_interval = refresh_interval
        self.fetches = self.failures = 0
        self.fetched_at = 0.0
        """Seconds since 1970; 0 is never."""
        self._timeout = timeout
        # A compressed answer could unpack to any size, so none is asked for and none is unpacked.
        self._client = httpx2.AsyncClient(timeout=timeout, headers={"Accept-Encoding": "identity"})
        self._keys: dict[str | None, PyJWK] = {}
        self._stale_at = self._may_fetch_at = float("-inf")
        self._fetching: asyncio.Task[None] | None = None
        self._staying_fresh: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Fetch the keys in the background, now and whenever they are due, until `close`."""
        self._staying_fresh = asyncio.create_task(self._stay_fresh())

    def holds(self, key: PyJWK) -> bool:
        """Say whether this very key object is still in use."""
        return self._keys.get(key.key_id) is key

    async def find(self, kid: str | None) -> PyJWK | None:
        """Return the key of that id or None; raises KeysUnavailable while there is none at all."""
        if kid is None:
            return None
        if kid not in self._keys:
            self._begin_fetch()
            if self._fetching is not None:
                await asyncio.wait([self._fetching])  # a caller that gives up doesn't cancel it
        if not self._keys:
            raise KeysUnavailable("no signing key yet")
        return self._keys.get(kid)

    async def close(self) -> None:
        """End a fetch that is under way and close the connections."""
        self._may_fetch_at = float("inf")
        for task in filter(None, (self._staying_fresh, self._fetching)):
            task.cancel()
            await asyncio.wait([task])
        await self._client.aclose()

    def _begin_fetch(self) -> None:
        under_way = self._fetching is not None and not self._fetching.done()
        if not under_way and monotonic() >= self._may_fetch_at:
            self._may_fetch_at = monotonic() + self._cool_down
            self._fetching = asyncio.create_task(self._refresh())

    async def _stay_fresh(self) -> None:
        while True:
            if monotonic() >= self._stale_at:
                self._begin_fetch()
            if self._fetching is not None:
                await asyncio.wait([self._fetching])
            due = max(self._stale_at, self._may_fetch_at)
            await asyncio.sleep(max(due - monotonic(), _TICK))

    async def _refresh(self) -> None:
        self.fetches += 1
        try:
            fetched = _keys_in(await self._fetch())
        except KeysUnavailable as error:
            self._report(str(error))
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as error:
            self._report(type(error).__name__)
        else:
            self._keys = {kid: self._known(key) for kid, key in fetched.items()}
            self._stale_at = monotonic() + self.refresh_interval
            self.fetched_at = time()

    def _report(self, why: str) -> None:
        self.failures += 1
        logger.warning("No signing keys from %s: %s.", self._host, why)

    async def _fetch(self) -> bytes:
        body = bytearray()
        async with (
            asyncio.timeout(self._timeout),  # all of it, where httpx2's bounds each step
            self._client.stream("GET", self._url, follow_redirects=False) as response,
        ):
            if response.status_code != httpx2.codes.OK:
                raise KeysUnavailable(f"status {response.status_code}")
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > _MAX_JWKS_BYTES:
                    raise KeysUnavailable(f"more than {_MAX_JWKS_BYTES} bytes")
        return bytes(body)

    def _known(self, key: PyJWK) -> PyJWK:
        """Prefer the object in use to its equal, so that tokens verified with it stay verified."""
        known = self._keys.get(key.key_id)
        if known and known.key == key.key and known.algorithm_name == key.algorithm_name:
            return known
        return key


def _keys_in(body: bytes) -> dict[str | None, PyJWK]:
    document = orjson.loads(body)
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise KeysUnavailable("not a JWK Set")
    keys = [key for key in map(_key_of, entries) if key]
    if not keys:
        raise KeysUnavailable("no usable key in the set")
    return {key.key_id: key for key in reversed(keys)}  # of two with one id, the first


def _key_of(entry: Any) -> PyJWK | None:
    if not _is_for_verifying(entry):
        return None
    algorithms = _algorithms_of(entry)
    algorithm = entry.get("alg", next(iter(algorithms), None))
    if algorithm not in algorithms:
        return None
    try:
        key = PyJWK(entry, algorithm)
    except (PyJWTError, UnsupportedAlgorithm):
        return None
    return None if key.Algorithm.check_key_length(key.key) else key


def _is_for_verifying(entry: Any) -> bool:
    if not isinstance(entry, dict) or "d" in entry:  # a private key that is published is nobody's
        return False
    operations = entry.get("key_ops", ["verify"])
    return (
        isinstance(entry.get("kid"), str)
        and entry.get("use", "sig") == "sig"
        and isinstance(operations, list)
        and "verify" in operations
    )


def _algorithms_of(entry: dict[str, Any]) -> tuple[str, ...]:
    """Return what a key of this type and curve may verify; the first where it names none."""
    match entry:
        case {"kty": "OKP", "crv": "Ed25519"}:
            return ("EdDSA",)
        case {"kty": "EC", "crv": "P-256"}:
            return ("ES256",)
        case {"kty": "RSA"}:
            return ("RS256", "PS256")
        case _:
            return ()
