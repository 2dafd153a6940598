"""`/metrics` for Prometheus, on a port of its own: what all workers have counted, added up."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from todo_api.telemetry.counts import (
    BOUNDS,
    CLASSES,
    DIRECTORY,
    DURATIONS,
    READINGS,
    STATUSES,
    Layout,
    Reading,
)
from todo_api.telemetry.tally import Cells, Tally

_MEMORY = Path("/dev/shm")  # noqa: S108 (a folder of ours is made in it)
_BUCKETS = [*map(str, BOUNDS), "+Inf"]
_JWKS = "todo_api_jwks_"


@contextmanager
def metrics_served(
    host: str, port: int, layout: Layout, restarts: Callable[[], int]
) -> Iterator[None]:
    """Serve the metrics of the workers that are started until the block ends.

    This process answers even where all workers are busy. Their counts are in memory where the
    system has a folder for that: a page that is being written to a disk keeps its writer waiting.
    """
    memory = _MEMORY if os.access(_MEMORY, os.W_OK) else None
    with TemporaryDirectory(prefix="todo-api-", dir=memory) as directory:
        os.environ[DIRECTORY] = directory
        tally = Tally(Path(directory), layout)
        registry = CollectorRegistry()
        registry.register(Workers(tally, layout, restarts))
        server, thread = start_http_server(port, host, registry)
        try:
            with tally.kept_small():
                yield
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
            del os.environ[DIRECTORY]


class Workers(Collector):
    """The metrics of all workers, from their tally."""

    def __init__(self, tally: Tally, layout: Layout, restarts: Callable[[], int]) -> None:
        self._tally = tally
        self._layout = layout
        self._restarts = restarts

    def collect(self) -> Iterator[Metric]:
        """Yield every metric; one without a number yet is 0, so that its first rise is seen."""
        totals, running = self._tally.read()
        yield GaugeMetricFamily("todo_api_workers", "Processes that serve.", len(running))
        yield CounterMetricFamily(
            "todo_api_worker_restarts", "Workers that ended unasked.", self._restarts()
        )
        yield self._requests(totals)
        yield self._durations(totals)
        yield self._errors(totals)
        for name, reading in READINGS.items():
            if not name.startswith(_JWKS) or self._has_key_set(running):
                yield self._reading(name, reading, totals, running)

    def _requests(self, totals: Cells) -> Metric:
        family = CounterMetricFamily(
            "todo_api_requests",
            "Requests by operation of the contract and status.",
            labels=["operation", "status"],
        )
        for operation, place in self._layout.operations.items():
            for status in range(100, STATUSES):
                if totals[place + status] or status in self._layout.declared[operation]:
                    family.add_metric([operation, str(status)], totals[place + status])
        return family

    def _durations(self, totals: Cells) -> Metric:
        family = HistogramMetricFamily(
            "todo_api_request_duration_seconds",
            "How long requests took, by operation and class of the status.",
            labels=["operation", "status_class"],
        )
        for operation in self._layout.operations:
            for status_class in range(2, CLASSES):
                place = self._layout.durations(operation, status_class)
                *slots, seconds = totals[place : place + DURATIONS]
                buckets = [*zip(_BUCKETS, accumulate(slots), strict=True)]
                family.add_metric([operation, f"{status_class}xx"], buckets, seconds)
        return family

    def _errors(self, totals: Cells) -> Metric:
        family = CounterMetricFamily(
            "todo_api_errors", "Problems answered, by error_code.", labels=["error_code"]
        )
        for error_code, place in self._layout.errors.items():
            family.add_metric([error_code], totals[place])
        return family

    def _reading(self, name: str, reading: Reading, totals: Cells, running: list[Cells]) -> Metric:
        place = self._layout.readings[name]
        if reading.total is None:
            return CounterMetricFamily(name, reading.help, totals[place])
        return GaugeMetricFamily(
            name, reading.help, reading.total([cells[place] for cells in running] or [0.0])
        )

    def _has_key_set(self, running: list[Cells]) -> bool:
        place = self._layout.readings["todo_api_jwks_refresh_interval_seconds"]
        return any(cells[place] for cells in running)
