"""The application: the contract, its handlers, security, errors and lifespan."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from connexion import AsyncApp
from connexion.middleware.lifespan import LifespanMiddleware
from connexion.middleware.swagger_ui import SwaggerUIMiddleware
from connexion.resolver import RelativeResolver

import handlers
from compiled import Operations
from db.pool.pool import Pool
from identity.auth import Authenticator
from identity.keys import FETCH_TIMEOUT, KeySet, SharedSecret
from todo_api.contract import contract, users
from todo_api.database import database
from todo_api.http.cors import Cors
from todo_api.http.drain import Drain, end_with, sentinel
from todo_api.http.envelope import Envelope
from todo_api.http.forwarded import Proxies
from todo_api.http.intake import Intake
from todo_api.http.routing import Routing
from todo_api.http.security import SecurityHeaders
from todo_api.http.service import Service
from todo_api.operations import operations_of
from todo_api.problems.documents import Problems
from todo_api.published import swagger
from todo_api.published.endpoints import Endpoints
from todo_api.readings import readings
from todo_api.request import Request
from todo_api.settings.development import signing_secret
from todo_api.settings.settings import Settings, load_settings
from todo_api.telemetry import log_output, logs
from todo_api.telemetry.counts import DIRECTORY
from todo_api.telemetry.meter import Meter
from todo_api.wire.connections import Connections, Deadlines

if TYPE_CHECKING:
    from todo_api.limits.limits import Limits
    from todo_api.telemetry.tracing import Tracing

_SENT = (
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "X-Request-ID",
    "traceparent",
    "tracestate",
)
_EXPOSED = (
    "Accept-Patch",
    "Allow",
    "ETag",
    "Location",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "WWW-Authenticate",
    "X-Request-ID",
)


def create_app(settings: Settings | None = None, supervisor: int | None = None) -> AsyncApp:
    """Return the ASGI application; without settings, it reads the environment.

    `supervisor` is the descriptor of what ends with the worker's supervisor. Raises
    `SettingsError`.
    """
    settings = settings or load_settings()
    log_output.configure(settings.log_format, settings.log_level)
    authenticator = _authenticator(settings, _keys(settings))
    limits = _limits(settings)
    operations = operations_of(authenticator, limits)
    app = AsyncApp(
        __name__,
        lifespan=partial(
            _lifespan, settings, sentinel(supervisor), authenticator, limits, operations
        ),
        middlewares=_middlewares(settings, operations),
    )
    app.add_api(contract(), resolver=RelativeResolver(handlers), swagger_ui_options=swagger.OPTIONS)
    return app


def _middlewares(settings: Settings, operations: Operations[Request]) -> list[Any]:
    routing = partial(
        Routing,
        operations=operations,
        envelope=_envelope(settings),
        timeout=settings.request_timeout,
    )
    return [
        routing,
        logs.RequestLog,
        SecurityHeaders,
        _cors(settings),
        Problems,
        Endpoints,
        SwaggerUIMiddleware,
        LifespanMiddleware,
    ]


def _cors(settings: Settings) -> partial[Cors]:
    return partial(
        Cors,
        allow_origins=settings.cors_origins,
        allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=[*_SENT, *settings.cors_headers],
        expose_headers=_EXPOSED,
    )


def _envelope(settings: Settings) -> Envelope:
    return Envelope(settings.cors_origins, _EXPOSED)


def _deadlines(settings: Settings) -> Deadlines:
    return Deadlines(head=settings.request_timeout, body=settings.request_timeout)


def _keys(settings: Settings) -> SharedSecret | KeySet:
    if settings.jwks_url:
        return KeySet(
            settings.jwks_url,
            cool_down=settings.jwks_cool_down,
            refresh_interval=settings.jwks_refresh_interval,
            timeout=min(FETCH_TIMEOUT, settings.request_timeout),
        )
    return SharedSecret(signing_secret(settings))


def _authenticator(settings: Settings, keys: SharedSecret | KeySet) -> Authenticator:
    return Authenticator(
        keys,
        issuer=settings.issuer,
        audience=settings.audience,
        is_user=users(),
    )


def _tracing(settings: Settings) -> "Tracing | None":
    if settings.traces_endpoint is None:
        return None
    from todo_api.telemetry.tracing import Tracing  # noqa: PLC0415 (what it needs is an optional extra)

    return Tracing(settings.traces_endpoint)


def _pool(settings: Settings, url: str, tracing: "Tracing | None") -> Pool:
    return (Pool if tracing is None else tracing.pool)(
        url,
        size=settings.db_pool_size,
        timeout=settings.request_timeout,
        direct=settings.direct,
        slow=settings.log_slow_statements / 1000,
    )


def _limits(settings: Settings) -> "Limits | None":
    """Return the rate limits, if configured; their libraries take 0.1 s to load."""
    if settings.rate_limit is None:
        return None
    from todo_api.limits.limits import limits_of  # noqa: PLC0415 (see above)

    return limits_of(settings.rate_limit, settings.rate_limit_redis_url)


async def _database_url(settings: Settings, stack: AsyncExitStack) -> str:
    """Return the URL of the database; the stack ends an embedded one."""
    chosen = database(settings)
    url = await asyncio.to_thread(chosen.__enter__)
    stack.push_async_callback(asyncio.to_thread, chosen.__exit__, None, None, None)
    return url


def _service(
    settings: Settings, operations: Operations[Request], intake: Intake, stack: AsyncExitStack
) -> Service:
    """Return the HTTP service; the stack closes its connections."""
    connections = Connections(_deadlines(settings))
    stack.callback(connections.close)
    proxies = Proxies(settings.forwarded_allow_ips)
    return Service(operations, _envelope(settings), intake, connections, proxies)


@asynccontextmanager
async def _lifespan(
    settings: Settings,
    ending: int | None,
    authenticator: Authenticator,
    limits: "Limits | None",
    operations: Operations[Request],
    _: Any,
) -> AsyncIterator[dict[str, Any]]:
    if ending is not None:
        end_with(ending)
    async with AsyncExitStack() as stack:
        url = await _database_url(settings, stack)
        tracing = _tracing(settings)
        if tracing is not None:
            stack.push_async_callback(tracing.close)
        pool = _pool(settings, url, tracing)
        stack.push_async_callback(pool.close)
        if isinstance(keys := authenticator.keys, KeySet):
            keys.start()
            stack.push_async_callback(keys.close)
        if limits is not None:
            stack.push_async_callback(limits.counts.close)
        meter = Meter(directory) if (directory := os.environ.get(DIRECTORY)) else None
        intake = Intake(pool, _envelope(settings), meter)
        stack.callback(intake.close)
        if meter is not None:
            meter.watch(partial(readings, pool, intake, authenticator, keys, limits))
            stack.callback(meter.close)
        yield {
            "pool": pool,
            "http": _service(settings, operations, intake, stack),
            "meter": meter,
            "tracing": tracing,
            "keys": keys,
            "log_client": settings.log_client,
            "drain": Drain(settings.shutdown_drain, supervised=ending is not None),
        }
