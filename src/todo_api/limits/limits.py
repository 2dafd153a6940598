"""Rate limits: for each user, and for each address before it proves a user."""

import math
from collections.abc import Callable, Coroutine
from datetime import timedelta
from functools import partial
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr
from throttled.asyncio import MemoryStore, RateLimiterType, RateLimitResult, Throttled
from throttled.asyncio.rate_limiter import per_duration

from todo_api.limits.rate import Rate
from todo_api.problems.errors import RateLimited
from todo_api.request import Request

if TYPE_CHECKING:
    from todo_api.limits.shared_counts import SharedCounts

MOST_REMEMBERED = 50_000
"""Users, and as many addresses, in a process's memory; the least recently seen is evicted.

50,000 users take 22 MB.
"""

_DIGITS = 6  # of a second; rounds off the error of floats before rounding up
_MOST_SECONDS = 3600  # the contract's maximum of Retry-After; no window is longer than an hour
_LONGEST = 64  # characters of a host that is not an IP address
_HOST_BITS = 64  # the interface id of an IPv6 address, which its owner chooses (RFC 4291, 2.5.4)


def limits_of(rate: Rate, redis_url: SecretStr | None) -> "Limits":
    """Return limits counted in Redis, if a URL is given, else in this process."""
    if redis_url is None:
        return Limits(rate)
    from todo_api.limits.shared_counts import SharedCounts  # noqa: PLC0415 (it needs an extra)

    return Limits(rate, SharedCounts(redis_url.get_secret_value()))


class OwnCounts:
    """Counts in the memory of this process, which is always available."""

    uncounted = 0

    @property
    def store(self) -> MemoryStore:
        """A new store for each limit: a flood from many addresses evicts no user."""
        return MemoryStore(options={"MAX_SIZE": MOST_REMEMBERED})

    def take(
        self, limit: Callable[[str], Coroutine[Any, Any, RateLimitResult]], key: str
    ) -> Coroutine[Any, Any, RateLimitResult]:
        """Take one from the quota of `key`."""
        return limit(key)

    async def close(self) -> None:
        """Do nothing: there are no connections."""


class Limit:
    """One quota policy (draft-ietf-httpapi-ratelimit-headers-11), for each of its keys.

    The quota is a bucket that refills evenly (GCRA). Worst case, burst plus refill allow twice the
    quota in one window. Refused requests are not counted.
    """

    def __init__(self, name: str, rate: Rate, counts: "OwnCounts | SharedCounts") -> None:
        self._name = name
        self._most = rate.requests
        self._interval = rate.seconds / rate.requests
        policy = f'"{name}";q={rate.requests};w={rate.seconds}'
        self._policy = (b"ratelimit-policy", policy.encode())
        throttled = Throttled(
            using=RateLimiterType.GCRA.value,
            quota=per_duration(timedelta(seconds=rate.seconds), rate.requests),
            store=counts.store,
            # A changed rate starts new counts: the old ones may take an hour to refill.
            key_prefix=f"todo-api:{rate.requests}/{rate.seconds}:{name}",
        )
        self._take = partial(counts.take, throttled.limit)

    async def count(self, key: str, request: Request) -> None:
        """Count a request and set its rate limit headers; raises `RateLimited`."""
        result = await self._take(key)
        if result is None:
            return
        state = result.state
        # Negative if the clock went back, as after a failover of Redis.
        remaining = max(0, state.remaining)
        # The bucket is full after reset_after; the next request fits earlier.
        wait = state.reset_after - (self._most - remaining - 1) * self._interval
        seconds = min(max(1, math.ceil(round(wait, _DIGITS))), _MOST_SECONDS)
        current = f'"{self._name}";r={remaining};t={seconds}'
        request.limits = ((b"ratelimit", current.encode()), self._policy)
        if result.limited:
            raise RateLimited(seconds)


class Limits:
    """A rate for each user, and the same for each address before it proves a user."""

    def __init__(self, rate: Rate, counts: "OwnCounts | SharedCounts | None" = None) -> None:
        self.counts = counts or OwnCounts()
        self._users = Limit("user", rate, self.counts)
        self._addresses = Limit("address", rate, self.counts)

    async def count_user(self, request: Request, user: str) -> None:
        """Count a request of a user; raises `RateLimited`."""
        await self._users.count(user, request)

    async def count_address(self, request: Request) -> None:
        """Count a request of an unknown user by its address; raises `RateLimited`."""
        await self._addresses.count(_network(request.client), request)


def _network(client: tuple[str, int] | None) -> str:
    """Return the key of an address: IPv4 as it is, IPv6 by its /64 network."""
    host = client[0] if client else "none"
    try:
        address = ip_address(host)
    except ValueError:
        return host[:_LONGEST]  # a proxy's name for a client whose address it hides
    if not isinstance(address, IPv6Address):
        return host
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(IPv6Address(int(address) >> _HOST_BITS << _HOST_BITS))
