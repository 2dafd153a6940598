"""Counts in Redis, which all processes and machines share, and what happens without it."""

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
"""Seconds more, for an answer that is here, but that this process was too busy to read."""
_MOST_WAITS = 10
_LIFE = 2.0
"""Seconds that a count may take, though nobody waits so long for it.

A connection over a few networks, with TLS and a password, takes longer to make than an answer
takes to come: it is finished, or the next request would find none either.
"""
_PAUSE = 1.0  # seconds
_CONNECTIONS = 16

logger = logging.getLogger("todo_api.limits")


class SharedCounts:
    """Takes from quotas in Redis; where it fails or is slow, requests pass and are not counted.

    Then it is left alone but for one request a second, which finds out whether it is back: its
    silence costs all others nothing.
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
        """Counts left out."""
        self._before = 0
        """Those of earlier outages."""
        self._answers = 0
        self._asking: set[asyncio.Task[RateLimitResult]] = set()
        self._away = False
        self._next_attempt = 0.0

    async def take(
        self, limit: Callable[[str], Coroutine[Any, Any, RateLimitResult]], key: str
    ) -> RateLimitResult | None:
        """Take one from the quota of `key`; return None where nobody could tell in time."""
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
        """Return Redis's answer; raises `TimeoutError` where it answers nobody meanwhile.

        As long as others are answered, it is this process that has more to do than it can, which
        must not let off those who make it so.
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
            task.exception()  # is retrieved, should nobody wait for it any more

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
        client: Any = self._backend.get_client()  # redis.asyncio.Redis, declared as less
        await client.aclose()
