"""Fair use: how many requests a user may send, and an address that proves no user yet."""

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
"""Users, and as many addresses, in one process's memory; who was away the longest is forgotten."""

_DIGITS = 6  # of a second; what floats add beyond is no second more
_MOST_SECONDS = 3600  # that Retry-After may have
_LONGEST = 64  # characters that are kept of what is no address
_HOST_BITS = 64  # the part of an IPv6 address that its owner chooses (RFC 4291, 2.5.4)


def limits_of(rate: Rate, redis_url: SecretStr | None) -> "Limits":
    """Return limits that are counted in Redis, if it is given, else in this process."""
    if redis_url is None:
        return Limits(rate)
    from todo_api.limits.shared_counts import SharedCounts  # noqa: PLC0415 (what it needs is an extra)

    return Limits(rate, SharedCounts(redis_url.get_secret_value()))


class OwnCounts:
    """Counts in the memory of this process, which nothing takes away."""

    uncounted = 0

    @property
    def store(self) -> MemoryStore:
        """A new one for each limit: floods from many addresses make no user forgotten."""
        return MemoryStore(options={"MAX_SIZE": MOST_REMEMBERED})

    def take(
        self, limit: Callable[[str], Coroutine[Any, Any, RateLimitResult]], key: str
    ) -> Coroutine[Any, Any, RateLimitResult]:
        """Take one from the quota of `key`."""
        return limit(key)

    async def close(self) -> None:
        """There is nothing to give back."""


class Limit:
    """One quota policy (draft-ietf-httpapi-ratelimit-headers-11), for each of its keys.

    The quota is a bucket that fills evenly (GCRA): it may be spent at once, and comes back one by
    one, so that a window sees it twice at the very most. What is refused takes nothing out.
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
            # Another rate counts anew: what was taken at the old one may take an hour to come back.
            key_prefix=f"todo-api:{rate.requests}/{rate.seconds}:{name}",
        )
        self._take = partial(counts.take, throttled.limit)

    async def count(self, key: str, request: Request) -> None:
        """Count a request, and give its answer the headers; raises `RateLimited`."""
        result = await self._take(key)
        if result is None:
            return
        state = result.state
        # Less than nothing is left where a clock went back, as with Redis's successor.
        remaining = max(0, state.remaining)
        # The bucket is full again after reset_after; this is when the next request drops into it.
        wait = state.reset_after - (self._most - remaining - 1) * self._interval
        seconds = min(max(1, math.ceil(round(wait, _DIGITS))), _MOST_SECONDS)
        current = f'"{self._name}";r={remaining};t={seconds}'
        request.limits = ((b"ratelimit", current.encode()), self._policy)
        if result.limited:
            raise RateLimited(seconds)


class Limits:
    """A rate for each user, and the same for each address whose requests prove no user yet."""

    def __init__(self, rate: Rate, counts: "OwnCounts | SharedCounts | None" = None) -> None:
        self.counts = counts or OwnCounts()
        self._users = Limit("user", rate, self.counts)
        self._addresses = Limit("address", rate, self.counts)

    async def count_user(self, request: Request, user: str) -> None:
        """Count a request of a user; raises `RateLimited`."""
        await self._users.count(user, request)

    async def count_address(self, request: Request) -> None:
        """Count a request of which nothing but its address is known; raises `RateLimited`."""
        await self._addresses.count(_network(request.client), request)


def _network(client: tuple[str, int] | None) -> str:
    """Return what counts as one address: of IPv6, the whole network that a subscriber has."""
    host = client[0] if client else "none"
    try:
        address = ip_address(host)
    except ValueError:
        return host[:_LONGEST]  # what a proxy calls a client whose address it keeps to itself
    if not isinstance(address, IPv6Address):
        return host
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(IPv6Address(int(address) >> _HOST_BITS << _HOST_BITS))
