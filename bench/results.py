"""What a run has measured, as it is kept in results.json."""

from dataclasses import dataclass, field
from statistics import median


@dataclass(frozen=True)
class Slice:
    """A few seconds of load on one server."""

    rate: float
    """Requests answered a second."""
    cpu: float
    """Microseconds of the server's CPU time that a request took."""


Speed = dict[str, dict[str, list[Slice]]]
"""What was measured of each server, by operation."""


@dataclass(frozen=True)
class Latency:
    """Seconds until an answer, at a constant rate of requests a second."""

    rate: float
    p50: float
    p99: float


@dataclass(frozen=True)
class Footprint:
    """What a server takes: seconds of each start, and resident bytes after the run."""

    starts: list[float]
    memory: int


@dataclass
class Results:
    """A whole run. The inner keys are names of servers, except where it says otherwise."""

    date: str
    command: str
    cores: int
    versions: dict[str, str]
    ours: str
    base: str
    """The server whose peak sets the rate at which latency is measured."""
    speed: Speed = field(default_factory=dict)
    pooled: Speed = field(default_factory=dict)
    """The same servers, through PgBouncer."""
    limit: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    """Transactions a second, by operation and pgbench's protocol."""
    latency: dict[str, dict[str, Latency]] = field(default_factory=dict)
    """By operation."""
    answers: dict[str, list[Slice]] = field(default_factory=dict)
    """Of our service, by the kind of answer."""
    logs: dict[str, list[Slice]] = field(default_factory=dict)
    silent: dict[str, str] = field(default_factory=dict)
    """By a server's name, that of the same without its log."""
    footprints: dict[str, Footprint] = field(default_factory=dict)

    def share_of_limit(self, operation: str, mode: str) -> float:
        """Return our rate as a share of pgbench's."""
        return rate(self.speed[operation][self.ours]) / median(self.limit[operation][mode])

    @property
    def peers(self) -> list[str]:
        """The servers but ours."""
        return [name for name in self.footprints if name != self.ours]


def rate(slices: list[Slice]) -> float:
    """Return the median of the requests a second."""
    return median(each.rate for each in slices)


def cpu(slices: list[Slice]) -> float:
    """Return the median of the CPU time of a request, in microseconds."""
    return median(each.cpu for each in slices)


def times_faster(ours: list[Slice], theirs: list[Slice]) -> float:
    """Return our rate as a multiple of theirs."""
    return rate(ours) / rate(theirs)


def times_cheaper(ours: list[Slice], theirs: list[Slice]) -> float:
    """Return their CPU time for a request as a multiple of ours."""
    return cpu(theirs) / cpu(ours)
