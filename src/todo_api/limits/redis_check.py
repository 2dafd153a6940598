"""Check at start whether Redis can be used."""

from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread

from redis import Redis, RedisError

_MOST = 1.0  # seconds that a start is delayed without Redis, which only causes a warning


def trouble_with_redis(url: str) -> str | None:
    """Return the kind of error with which Redis fails, or None; within a second.

    In a thread, because looking up a host name may take much longer.
    """
    kinds = SimpleQueue[str | None]()
    Thread(target=lambda: kinds.put(_trouble(url)), daemon=True).start()
    with suppress(Empty):
        return kinds.get(timeout=_MOST)
    return TimeoutError.__name__


def _trouble(url: str) -> str | None:
    try:
        with Redis.from_url(url, socket_timeout=_MOST, socket_connect_timeout=_MOST) as redis:
            redis.ping()
    except (RedisError, OSError, ValueError) as error:
        return type(error).__name__  # a message may hold the URL
    return None
