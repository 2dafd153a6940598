"""Measure what the service's options cost, on the cheapest of requests: `make bench-options`."""

import gc
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from threading import Thread

from bench.database import free_port, running_database
from bench.measure import Bench, rotated, say
from bench.peers import PEERS, Peer
from bench.results import Slice, cpu, rate
from bench.servers import Server
from bench.workload import SPEED, workload

_ONE = SPEED[0]
"""The cheapest of the operations, so that all else shows most."""
_PLAIN = PEERS["todo-api"]
_DELAY = "200"
"""Milliseconds until the last spans are sent, or it would be while others are measured."""
_REST = 0.5  # seconds until nobody has anything left to do


@dataclass
class Option:
    """A server with an option, and what was measured of it, round by round."""

    server: Server
    slices: list[Slice] = field(default_factory=list)

    def beside(self, plain: "Option") -> list[float]:
        """Return, for each round, the rate as a multiple of that without the option."""
        return [
            mine.rate / other.rate for mine, other in zip(self.slices, plain.slices, strict=True)
        ]


def main() -> None:
    """Measure all options side by side, in turns, then write the report."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # by unwinding, or servers would be left
    rounds, seconds = (
        int(os.environ.get(*setting)) for setting in (("ROUNDS", "25"), ("SECONDS", "2"))
    )
    with running_database() as database, TemporaryDirectory() as folder:
        bench = Bench(database, workload(Path(folder)), Path(folder), rounds, seconds)
        gc.freeze()  # the requests are many, and looking through them would show as latency
        options = _measure(bench)
    text = _report(options, f"make bench-options ROUNDS={rounds} SECONDS={seconds}")
    Path(__file__).with_name("OPTIONS.md").write_text(text)
    say("done: bench/OPTIONS.md")
    print(text)


def _peers(collector: str) -> list[Peer]:
    """Return the service with each option, and plain twice, to show how far it is from itself."""
    traces = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector, "OTEL_BSP_SCHEDULE_DELAY": _DELAY}
    one_percent = {"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.01"}
    options: dict[str, dict[str, str]] = {
        "as it comes": {},
        "as it comes, once more": {},
        "`METRICS_PORT`": {"METRICS_PORT": str(free_port())},
        "`RATE_LIMIT`, in memory": {"RATE_LIMIT": "1000000/second"},
        "traces of 1 % of the requests": {**traces, **one_percent},
        "traces of all requests": traces,
    }
    return [
        replace(_PLAIN, name=name, environment={**_PLAIN.environment, **environment})
        for name, environment in options.items()
    ]


class _Collector(BaseHTTPRequestHandler):
    """Takes spans, and throws them away."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(HTTPStatus.OK)
        self.end_headers()

    def log_request(self, *_: object) -> None:
        """Say nothing: nobody looks."""


@contextmanager
def _collecting() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Collector) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def _measure(bench: Bench) -> list[Option]:
    with _collecting() as collector, bench.serving(_peers(collector)) as servers:
        for server in servers:
            bench.warm_up(server, (_ONE,))
        options = [Option(server) for server in servers]
        for turn in bench.turns("options"):
            for option in rotated(options, turn):
                option.slices.append(bench.slice(option.server, _ONE))
                time.sleep(_REST)
    return options


def _report(options: list[Option], command: str) -> str:
    plain = options[0]
    rows = [
        f"| {option.server.peer.name} | {rate(option.slices):,.0f} | {cpu(option.slices):.1f} "
        f"| {_percent(option.beside(plain))} |"
        for option in options
    ]
    return (
        "# What options cost\n\n"
        f"Measured on {datetime.now(UTC):%Y-%m-%d} with `{command}`, {os.cpu_count()} cores:"
        f" {_ONE}, one process each, in turns. The last column is the median of the rounds' ratios"
        " to the first line, and their quartiles.\n\n"
        "| | requests/s | microseconds of CPU time | throughput |\n|---|---:|---:|---:|\n"
        + "\n".join(rows)
        + "\n"
    )


def _percent(ratios: list[float]) -> str:
    low, _, high = quantiles(ratios, n=4)
    return f"{median(ratios) - 1:+.1%} ({low - 1:+.1%} to {high - 1:+.1%})"


if __name__ == "__main__":
    main()
