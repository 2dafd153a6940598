import asyncio
import logging
from base64 import urlsafe_b64encode
from time import monotonic, time
from urllib.parse import urlsplit

import httpx2
from jwt import InvalidKeyError, PyJWK

from identity.jwk_set import (
    EmptySetError,
    KeyName,
    NotASetError,
    NoUsableKeyError,
    keys_in,
    name_of,
)

logger = logging.getLogger("todo_api.keys")

FETCH_TIMEOUT = 3.0  # seconds; a request whose token names an unknown key waits for the fetch

_TICK = 0.01  # seconds; a timer may come a little early
_MAX_JWKS_BYTES = 1024 * 1024


class KeysUnavailable(Exception):
    """No signing key could be fetched yet; the message says why."""


class SharedSecret:
    """One HS256 secret, whatever the `kid`.

    Raises ValueError for less than 32 bytes (RFC 7518 section 3.2) and for a public key or JWK.
    """

    reached = True

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
        """Tell whether this key object is still in use."""
        return key is self._key

    def knows(self, _kid: str | None) -> bool:
        """Tell whether there is a key of that id."""
        return True

    async def find(self, _kid: str | None, algorithm: str) -> PyJWK | None:
        """Return the key, if it is for that algorithm."""
        return self._key if algorithm == self._key.algorithm_name else None


class KeySet:
    """The public keys that an issuer publishes at a URL as a JWK Set (RFC 7517); times in seconds.

    A key is known by its id and its algorithm, as several may have one id (RFC 7517, 4.5).

    A known key never waits for a fetch. An unknown one waits for the fetch under way, or starts
    one, unless an unknown key started one less than `cool_down` ago. After a failure, the known
    keys stay in use. In the background, fetches follow after `cool_down` if the last one failed,
    else after `refresh_interval`.
    """

    def __init__(
        self,
        url: str,
        *,
        cool_down: float = 10,
        refresh_interval: float = 300,
        timeout: float = FETCH_TIMEOUT,
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
        """Seconds since 1970; 0 means never."""
        self.reached = False
        """Whether a set was ever fetched, an empty one included."""
        self._timeout = timeout
        # A compressed response could unpack to any size, so none is requested or unpacked.
        self._client = httpx2.AsyncClient(timeout=timeout, headers={"Accept-Encoding": "identity"})
        self._keys: dict[KeyName, PyJWK] = {}
        self._published = False
        self._stale_at = self._may_fetch_at = float("-inf")
        self._fetching: asyncio.Task[None] | None = None
        self._staying_fresh: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Fetch the keys in the background, now and at each refresh, until `close`."""
        self._staying_fresh = asyncio.create_task(self._stay_fresh())

    def holds(self, key: PyJWK) -> bool:
        """Tell whether this key object is still in use."""
        return self._keys.get(name_of(key)) is key

    def knows(self, kid: str | None) -> bool:
        """Tell whether there is a key of that id, whatever its algorithm."""
        return any(kid == known for known, _ in self._keys)

    async def find(self, kid: str | None, algorithm: str) -> PyJWK | None:
        """Return the key of that id and algorithm, or None; None as id finds the key without one.

        Raises `KeysUnavailable` until a set has been fetched, an empty one included.
        """
        name = kid, algorithm
        for _ in range(2):  # the fetch under way may have begun before the key was created
            # Without an id, a new key can't be told from the old one.
            if name in self._keys or (kid is None and self._published):
                break
            self._begin_fetch()
            if self._fetching is not None:
                await asyncio.wait([self._fetching])  # a caller that gives up doesn't cancel it
        if not self._published:
            raise KeysUnavailable("no signing key yet")
        return self._keys.get(name)

    async def close(self) -> None:
        """End a fetch that is under way and close the connections."""
        self._may_fetch_at = float("inf")
        for task in filter(None, (self._staying_fresh, self._fetching)):
            task.cancel()
            await asyncio.wait([task])
        await self._client.aclose()

    def _begin_fetch(self, *, scheduled: bool = False) -> None:
        under_way = self._fetching is not None and not self._fetching.done()
        if not under_way and monotonic() >= self._may_fetch_at:
            self._may_fetch_at = monotonic() + self._cool_down
            self._fetching = asyncio.create_task(self._refresh(scheduled))

    async def _stay_fresh(self) -> None:
        while True:
            if monotonic() >= self._stale_at:
                self._begin_fetch(scheduled=True)
            if self._fetching is not None:
                await asyncio.wait([self._fetching])
            due = max(self._stale_at, self._may_fetch_at)
            await asyncio.sleep(max(due - monotonic(), _TICK))

    async def _refresh(self, scheduled: bool) -> None:
        self.fetches += 1
        try:
            # In a thread, because checking a large key takes long.
            fetched = await asyncio.to_thread(keys_in, await self._fetch())
        except (KeysUnavailable, NotASetError) as error:
            self._published |= isinstance(error, NoUsableKeyError)
            self.reached |= isinstance(error, EmptySetError | NoUsableKeyError)
            self._report(str(error))
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as error:
            self._report(type(error).__name__)
        else:
            self._keys = {name: self._known(key) for name, key in fetched.items()}
            self._published = self.reached = True
            self._stale_at = monotonic() + self.refresh_interval
            if scheduled:  # the first token with a new key fetches it
                self._may_fetch_at = monotonic()
            self.fetched_at = time()

    def _report(self, why: str) -> None:
        self.failures += 1
        logger.warning("No signing keys from %s: %s.", self._host, why)

    async def _fetch(self) -> bytes:
        body = bytearray()
        async with (
            asyncio.timeout(
                self._timeout
            ),  # limits the whole fetch; httpx2's timeout limits each step
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
        """Keep the object of an unchanged key, so that tokens verified with it stay cached."""
        known = self._keys.get(name_of(key))
        return known if known and known.key == key.key else key
