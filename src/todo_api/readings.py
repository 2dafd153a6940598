"""The counters that the parts of a worker keep themselves, by metric name."""

from typing import TYPE_CHECKING

from db.pool.pool import Pool
from identity.auth import Authenticator
from identity.keys import KeySet, SharedSecret
from todo_api.http.intake import Intake

if TYPE_CHECKING:
    from todo_api.limits.limits import Limits


def readings(
    pool: Pool,
    intake: Intake,
    authenticator: Authenticator,
    keys: SharedSecret | KeySet,
    limits: "Limits | None" = None,
) -> dict[str, float]:
    """Return the current values."""
    return {
        "todo_api_pool_size": pool.size,
        "todo_api_pool_in_use": pool.in_use,
        "todo_api_pool_idle": pool.idle,
        "todo_api_pool_waiting": pool.waiting,
        "todo_api_pool_waits": pool.queue.waits,
        "todo_api_pool_wait_seconds": pool.queue.waited,
        "todo_api_database_timeouts": pool.timeouts,
        "todo_api_database_retries": pool.retries,
        "todo_api_database_conflicts": pool.conflicts,
        "todo_api_refused_requests": intake.refused + pool.queue.refused,
        "todo_api_uncounted_requests": limits.counts.uncounted if limits else 0,
        "todo_api_token_cache_entries": authenticator.cached_tokens,
        "todo_api_token_cache_hits": authenticator.hits,
        "todo_api_token_cache_misses": authenticator.misses,
        **(_of_key_set(keys) if isinstance(keys, KeySet) else {}),
    }


def _of_key_set(keys: KeySet) -> dict[str, float]:
    return {
        "todo_api_jwks_fetches": keys.fetches,
        "todo_api_jwks_fetch_failures": keys.failures,
        "todo_api_jwks_refresh_interval_seconds": keys.refresh_interval,
        "todo_api_jwks_fetched_timestamp_seconds": keys.fetched_at,
    }
