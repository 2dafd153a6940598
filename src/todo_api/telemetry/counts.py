"""What is counted, and where each number of a worker lies: doubles, at places fixed at start."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

DIRECTORY = "TODO_API_COUNTS"
"""The variable by which `serve` tells its workers where their counts are to be."""

BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds: the upper bounds of the durations' buckets."""

OTHER = "other"
"""The one operation of all requests that are not for an operation of the contract."""

STATUSES = 600
CLASSES = 6
"""Classes of statuses: 2 is that of 200 to 299."""
DURATIONS = len(BOUNDS) + 2
"""A class's numbers: its buckets, one for what is slower than all bounds, and the sum."""


class Counted(NamedTuple):
    """What of the contract is counted."""

    operations: Mapping[str, Sequence[int]]
    """Each operation, with the statuses that it may have."""
    error_codes: Sequence[str]


class Reading(NamedTuple):
    """A number that its owner keeps itself, and how those of several workers become one."""

    help: str
    total: Callable[[Iterable[float]], float] | None = None
    """None for a counter: those of ended workers are added as well."""


READINGS = {
    "todo_api_pool_size": Reading("Connections that the pools may have.", sum),
    "todo_api_pool_in_use": Reading("Connections that run a statement.", sum),
    "todo_api_pool_idle": Reading("Connections ready for use.", sum),
    "todo_api_pool_waiting": Reading("Statements that wait for a connection.", sum),
    "todo_api_pool_waits": Reading("Statements that had to wait for a connection."),
    "todo_api_pool_wait_seconds": Reading("Seconds that statements waited for a connection."),
    "todo_api_database_timeouts": Reading("Statements that reached their deadline."),
    "todo_api_database_retries": Reading("Statements sent again as their connection was lost."),
    "todo_api_database_conflicts": Reading("Statements that met another transaction."),
    "todo_api_refused_requests": Reading("Requests refused as too much, before they began."),
    "todo_api_uncounted_requests": Reading(
        "Counts for a limit left out, as Redis was away; a request with a new token has two."
    ),
    "todo_api_token_cache_entries": Reading("Tokens that need no verification.", sum),
    "todo_api_token_cache_hits": Reading("Tokens found verified."),
    "todo_api_token_cache_misses": Reading("Tokens that had to be verified."),
    "todo_api_jwks_fetches": Reading("Fetches of the signing keys."),
    "todo_api_jwks_fetch_failures": Reading("Fetches that brought no keys."),
    "todo_api_jwks_refresh_interval_seconds": Reading("Seconds between two fetches.", max),
    "todo_api_jwks_fetched_timestamp_seconds": Reading(
        "When the keys were fetched last, by the worker where that is longest ago; 0 is never.", min
    ),
}


class Layout:
    """The place of each number."""

    def __init__(self, counted: Counted) -> None:
        self.declared: dict[str, Sequence[int]] = {OTHER: (), **counted.operations}
        block = STATUSES + CLASSES * DURATIONS
        self.operations = {name: n * block for n, name in enumerate(self.declared)}
        """By operation, where its statuses are, followed by its durations."""
        start = len(self.operations) * block
        self.errors = {code: start + n for n, code in enumerate(counted.error_codes)}
        start += len(self.errors)
        self.readings = {name: start + n for n, name in enumerate(READINGS)}
        self.size = start + len(self.readings)

    def durations(self, operation: str, status_class: int) -> int:
        """Return where the durations of a class of statuses begin."""
        return self.operations[operation] + STATUSES + status_class * DURATIONS
