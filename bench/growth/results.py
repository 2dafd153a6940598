"""What a run has measured of growth, as it is kept in growth.json."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Self

Medians = dict[str, list[float]]
"""Milliseconds by operation, for each of the measured users in the order of their tasks."""


@dataclass(frozen=True)
class Spread:
    """The time of an answer in milliseconds."""

    p50: float
    p99: float

    @classmethod
    def of(cls, seconds: Iterable[float]) -> Self:
        """Return the middle and the slow end of many times."""
        cuts = quantiles((second * 1000 for second in seconds), n=100)
        return cls(p50=cuts[49], p99=cuts[98])


@dataclass(frozen=True)
class Connections:
    """A server that holds idle connections, and the latency of a busy one beside them."""

    wanted: int
    held: int
    open_files: int
    """The soft limit that the server was started with."""
    bytes_each: float
    without: Spread
    beside: Spread


@dataclass
class Growth:
    """A whole run."""

    date: str
    command: str
    cores: int
    versions: dict[str, str]
    rows: int
    crowd: int
    tasks: list[int]
    """Of the measured users."""
    paged: dict[str, Medians] = field(default_factory=dict)
    """By table, what is to cost the same whatever the size."""
    searched: dict[str, Medians] = field(default_factory=dict)
    """By table, what is to grow with the user's own tasks."""
    users: dict[str, Spread] = field(default_factory=dict)
    """By how many users the requests are spread over."""
    connections: Connections | None = None
