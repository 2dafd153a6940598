"""A service whose traces go to a collector of the tests' own."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

from tests.conftest import SECRET
from tests.live.collector import Collector, Span
from tests.live.conftest import Server, serving, until
from todo_api.settings.development import token_for

AT_ONCE = {"JWT_SECRET_KEY": SECRET, "OTEL_BSP_SCHEDULE_DELAY": "20"}  # ms; by default 5,000
CALLER = "00f067aa0ba902b7"


class Traced:
    """A service whose traces go to a collector."""

    def __init__(self, server: Server, collector: Collector) -> None:
        self.server = server
        self.collector = collector

    def ask(self, method: str, path: str, **options: Any) -> httpx2.Response:
        """Send a request as alice."""
        own = {"Authorization": f"Bearer {token_for('alice', SECRET, 60)}"}
        headers = own | options.pop("headers", {})
        return httpx2.request(method, f"{self.server.url}{path}", headers=headers, **options)

    def line(self, answer: httpx2.Response) -> dict[str, Any]:
        """The log line of a request."""
        own = answer.headers["X-Request-ID"]
        lines: list[dict[str, Any]] = []

        def written() -> bool:
            whole = self.server.log().splitlines()
            lines[:] = [
                json.loads(line) for line in whole if own in line and '"duration_ms"' in line
            ]
            return bool(lines)

        until(written)
        return lines[0]

    def trace(self, trace: str, count: int) -> list[Span]:
        """The spans of a trace, once there are so many, parents first."""
        until(lambda: len(self.collector.spans(trace)) >= count)
        return sorted(self.collector.spans(trace), key=lambda span: span.kind, reverse=True)

    def traced(self, answer: httpx2.Response, count: int) -> list[Span]:
        """The spans of the trace that a request's log line names."""
        return self.trace(self.line(answer)["trace_id"], count)


@contextmanager
def tracing(output: Path, *options: str, **variables: str) -> Iterator[Traced]:
    collector = Collector()
    settings = AT_ONCE | {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url} | variables
    with collector.listening(), serving(output, *options, **settings) as server:
        yield Traced(server, collector)


def calling(trace: str, *, sampled: bool = True) -> dict[str, str]:
    return {"traceparent": f"00-{trace}-{CALLER}-0{int(sampled)}"}
