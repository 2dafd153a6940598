"""Counts in Redis, shared by all processes and machines; requests pass without it."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from time import monotonic
from typing import Any

from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from throttled.asyncio import RateLimitResult, RedisStore
from throttled.exceptions import StoreUnavailableError

_PATIENCE = 0.1  # seconds
_GRACE = 0.01
"""Additional seconds for a reply that has arrived, but that this process was too busy to read."""
_MOST_WAITS = 10  # 1.1 seconds in all, while other requests get replies
_LIFE = 2.0
"""Seconds after which a count is abandoned, though its request waits less.

Connecting with TLS and a password takes longer than a reply. It is finished in the background;
otherwise the next request would find no connection either.
"""
_PAUSE = 1.0  # seconds until the next request tries Redis; the others don't wait for it
_CONNECTIONS = 16

logger = logging.getLogger("todo_api.limits")


class SharedCounts:
    """Takes from quotas in Redis; if Redis fails or is slow, requests pass uncounted.

    From then on, one request a second tries Redis again, and the others do not wait for it.
    """

    def __init__(self, url: str) -> None:
        self.store = _Store(
            url,
            {
                "CONNECTION_POOL_CLASS": "redis.asyncio.BlockingConnectionPool",
                "CONNECTION_POOL_KWARGS": {
                    "max_connections": _CONNECTIONS,
                    "timeout": None,
                    "retry": Retry(NoBackoff(), 0),
                },
            },
        )
        self.uncounted = 0
        """Requests that passed uncounted."""
        self._before = 0
        """The same, up to the current outage."""
        self._answers = 0
        self._asking: set[asyncio.Task[RateLimitResult]] = set()
        self._away = False
        self._next_attempt = 0.0

    async def take(
        self, limit: Callable[[str], Coroutine[Any, Any, RateLimitResult]], key: str
    ) -> RateLimitResult | None:
        """Take one from the quota of `key`; return None if Redis did not reply in time."""
        was_away = self._away
        if was_away and not self._is_time():
            self.uncounted += 1
            return None
        try:
            result = await self._answer(limit(key))
        except (StoreUnavailableError, OSError) as error:
            self._lost(error)
            return None
        if was_away:
            self._found()
        return result

    async def close(self) -> None:
        """Close the connections."""
        for task in self._asking:
            task.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)
        await self.store.close()

    async def _answer(self, counting: Coroutine[Any, Any, RateLimitResult]) -> RateLimitResult:
        """Return Redis's reply; raises `TimeoutError` if Redis replies to no request meanwhile.

        While others get replies, this process is the one that is overloaded; the limits must hold
        for those who overload it.
        """
        task = asyncio.create_task(self._asked(counting))
        self._asking.add(task)
        task.add_done_callback(self._ended)
        for _waits in range(_MOST_WAITS):
            answers = self._answers
            for seconds in (_PATIENCE, _GRACE):
                done, _ = await asyncio.wait([task], timeout=seconds)
                if done:
                    return task.result()
            if self._answers == answers:
                break
        raise TimeoutError

    async def _asked(self, counting: Coroutine[Any, Any, RateLimitResult]) -> RateLimitResult:
        async with asyncio.timeout(_LIFE):
            result = await counting
        self._answers += 1
        return result

    def _ended(self, task: asyncio.Task[RateLimitResult]) -> None:
        self._asking.discard(task)
        if not task.cancelled():
            task.exception()  # mark it as retrieved, in case nobody waits for it any more

    def _is_time(self) -> bool:
        now = monotonic()
        if now < self._next_attempt:
            return False
        self._next_attempt = now + _PAUSE
        return True

    def _lost(self, error: Exception) -> None:
        if not self._away:
            self._away = True
            self._before = self.uncounted
            self._next_attempt = monotonic() + _PAUSE
            reason = type(error.__cause__ or error).__name__  # a message may hold the URL
            logger.warning("limits are off, as Redis is away", extra={"fields": {"reason": reason}})
        self.uncounted += 1

    def _found(self) -> None:
        self._away = False
        fields = {"uncounted": self.uncounted - self._before}
        logger.warning("limits are on again", extra={"fields": fields})


class _Store(RedisStore):
    async def close(self) -> None:
        client: Any = self._backend.get_client()  # redis.asyncio.Redis, declared as a base class
        await client.aclose()
