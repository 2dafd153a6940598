"""OpenTelemetry's spans: one for each operation that is asked for, and one for each statement.

Imported only where traces are asked for, as the packages that it needs are an optional extra. The
names are those of the semantic conventions for HTTP servers and PostgreSQL clients, but for those
that hold a user's id, or what clients write at will: paths, hosts, agents, addresses.
"""

import asyncio
import logging
from collections.abc import Mapping
from contextvars import ContextVar
from http import HTTPStatus
from importlib.metadata import version
from threading import Thread
from time import monotonic
from typing import Any

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import (
    Span,
    SpanKind,
    StatusCode,
    Tracer,
    format_trace_id,
    set_span_in_context,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from psycopg2.extensions import parse_dsn

from compiled.request import HeaderFields
from db.errors import Conflict, ConnectionLost
from db.pool.connection import Rows
from db.pool.pool import Pool
from todo_api.request import DISCONNECTED, Request

_SYSTEM = "postgresql"
_FAREWELL = 2.0  # seconds that the end of the process waits for the last spans to be sent
_SILENCE = 60.0  # seconds from a line on what can't be sent to the next of its kind

_current: ContextVar[Span | None] = ContextVar("span", default=None)
"""The span of the context's statement, or else of its request, where that is recorded."""


class Tracing:
    """Begins the spans of one process; a thread of its own sends them to `endpoint`."""

    def __init__(self, endpoint: str) -> None:
        _listen()
        release = version("todo-api")
        resource = Resource.create({"service.name": "todo-api", "service.version": release})
        self._provider = TracerProvider(
            resource=resource.merge(OTELResourceDetector().detect()),  # what the operator says wins
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint)))
        self._tracer = self._provider.get_tracer("todo_api", release)

    def request(self, request: Request, route: str) -> "RequestSpan | None":
        """Begin the span of a request, in the trace of its caller; None if it is not sampled."""
        span = self._tracer.start_span(
            f"{request.method} {route}",
            _caller(request.headers),
            SpanKind.SERVER,
            {
                "http.request.method": request.method,
                "http.route": route,
                "url.scheme": request.scheme,
            },
        )
        if not span.is_recording():
            return None
        _current.set(span)
        return RequestSpan(span)

    def pool(self, dsn: str, **options: Any) -> Pool:
        """Return a pool whose statements have spans where their requests have."""
        return TracedPool(self._tracer, dsn, **options)

    async def close(self) -> None:
        """Send the spans that are left, as far as that can be done within two seconds."""
        sending = Thread(target=self._provider.shutdown, daemon=True)
        sending.start()
        await asyncio.to_thread(sending.join, _FAREWELL)


class RequestSpan:
    """The span of a request that is sampled."""

    __slots__ = ("_span", "trace_id")

    def __init__(self, span: Span) -> None:
        self._span = span
        self.trace_id = format_trace_id(span.get_span_context().trace_id)

    def end(self, request: Request) -> None:
        """End the span with what came of the request; a client that left got no status."""
        if request.status != DISCONNECTED:
            self._span.set_attribute("http.response.status_code", request.status)
        if request.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self._span.set_attribute("error.type", request.error_code or str(request.status))
            self._span.set_status(StatusCode.ERROR)
        self._span.end()


class TracedPool(Pool):
    """A pool whose statements have spans where their requests have."""

    def __init__(self, tracer: Tracer, dsn: str, **options: Any) -> None:
        super().__init__(dsn, **options)
        self._tracer = tracer
        self._attributes = {"db.system.name": _SYSTEM, **_server(dsn)}

    async def execute(
        self, sql: str, parameters: Mapping[str, object] | None = None, *, retry: bool = False
    ) -> Rows:
        """Run a statement as `Pool.execute` does, and tell how long it took and how it ended."""
        request = _recorded()
        if request is None:
            return await super().execute(sql, parameters, retry=retry)
        span = self._begun(sql, request)
        outer = _current.set(span)
        try:
            return await super().execute(sql, parameters, retry=retry)
        except Exception as error:
            span.set_attributes(_failure(error))
            span.set_status(StatusCode.ERROR)
            raise
        finally:
            _current.reset(outer)
            span.end()

    def count_setback(self, setback: ConnectionLost | Conflict) -> None:
        """Count it, and note it as an event of the statement's span."""
        super().count_setback(setback)
        if span := _recorded():
            span.add_event("setback", _failure(setback))

    def _begun(self, sql: str, request: Span) -> Span:
        summary = getattr(sql, "summary", _SYSTEM)
        parent = set_span_in_context(request, Context())
        attributes = {**self._attributes, "db.query.summary": summary}
        return self._tracer.start_span(summary, parent, SpanKind.CLIENT, attributes)


def _recorded() -> Span | None:
    """Return the current span, unless it has ended: a pipelined request finds that of the last."""
    span = _current.get()
    return span if span is not None and span.is_recording() else None


def _caller(headers: HeaderFields) -> Context:
    """Return the context that the request names (W3C Trace Context), or an empty one."""
    if b"traceparent" not in headers:
        return Context()
    fields = {
        name: headers[name.encode()].decode("latin-1")
        for name in ("traceparent", "tracestate")
        if name.encode() in headers
    }
    return TraceContextTextMapPropagator().extract(fields, Context())


def _server(dsn: str) -> dict[str, str | int]:
    """Return where the database is, unless there are several places."""
    named = parse_dsn(dsn)
    host, port = named.get("host", ""), named.get("port") or "5432"
    if not host or "," in host:
        return {}
    return {"server.address": host, "server.port": int(port)}


def _failure(error: Exception) -> dict[str, str]:
    """Return the SQLSTATE or, where the server did not answer, what kind of error it was."""
    sqlstate = getattr(error.__cause__, "pgcode", None)
    if sqlstate is None:
        return {"error.type": type(error).__name__}
    return {"error.type": sqlstate, "db.response.status_code": sqlstate}


class _Reports(logging.Handler):
    """Hands on to our own log what OpenTelemetry reports, the same once a minute at most."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._silent: dict[tuple[str, int], float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Log what has not been logged lately."""
        place, now = (record.name, record.lineno), monotonic()
        if now >= self._silent.get(place, now):
            self._silent[place] = now + _SILENCE
            logging.getLogger("todo_api.tracing").log(
                record.levelno, "%s", record.getMessage(), exc_info=record.exc_info
            )


def _listen() -> None:
    logger = logging.getLogger("opentelemetry")
    if not logger.handlers:
        logger.addHandler(_Reports())
        logger.propagate = False
    # What is wrong with a client's header, told in the client's own words.
    logging.getLogger("opentelemetry.trace").setLevel(logging.CRITICAL)
