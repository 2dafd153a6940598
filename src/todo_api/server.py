"""uvicorn, and its configuration."""

import asyncio
from contextlib import suppress
from importlib.resources import files
from socket import socket
from typing import Any

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import ChangeReload

from todo_api.settings.settings import Settings
from todo_api.wire.protocol import Protocol

_APPLICATION = "todo_api.app:create_app"
_GRACE_SECONDS = 5
"""How much longer than the slowest request a shutdown waits."""
_BEAT = 1.0  # seconds; the supervisor kills a worker after 30 of them in silence (`workers.child`)
_ALWAYS: dict[str, Any] = {
    "factory": True,
    "loop": "uvloop",
    "http": Protocol,
    "ws": "none",
    "backlog": 2048,  # uvicorn's default; Linux caps it at net.core.somaxconn (listen(2))
    "log_config": None,
    "access_log": False,
    "server_header": False,
}


def run(settings: Settings, listeners: list[socket], *, reload: bool) -> None:
    """Serve until a signal ends it; with `reload`, restart whenever a source changes."""
    if reload:
        config = _config(settings, _APPLICATION, **_reloading())
        with suppress(KeyboardInterrupt):
            ChangeReload(config, uvicorn.Server(config).run, listeners).run()
        return
    _run(uvicorn.Server(_config(settings, _APPLICATION)), listeners)


def work(settings: Settings, application: Any, listeners: list[socket], supervisor: socket) -> None:
    """Serve what `application` makes as one of several, until a signal ends it."""
    _run(Worker(_config(settings, application), supervisor), listeners)


def seconds_to_end(settings: Settings) -> float:
    """Return how long a server may take to end: what drains it, and what was begun."""
    return settings.shutdown_drain + _graceful(settings)


class Worker(uvicorn.Server):
    """Tells its supervisor that it serves, as soon as it does and every second from then on.

    The event loop tells it, as one that hangs serves nobody.
    """

    def __init__(self, config: uvicorn.Config, supervisor: socket) -> None:
        super().__init__(config)
        self._supervisor = supervisor
        self._supervisor.setblocking(False)

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Start as every server does."""
        await super().startup(sockets)
        if self.started:
            self._beat()

    def _beat(self) -> None:
        with suppress(OSError):  # it may be gone, or stopped and not read for hours
            self._supervisor.send(b".")
        asyncio.get_running_loop().call_later(_BEAT, self._beat)


def _run(server: uvicorn.Server, listeners: list[socket]) -> None:
    try:
        server.run(listeners)
    except KeyboardInterrupt:
        if not server.started:
            raise
    if not server.started:
        raise SystemExit(STARTUP_FAILURE)


def _config(settings: Settings, application: Any, **options: Any) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        host=settings.host,
        port=settings.port,
        proxy_headers=settings.forwarded_allow_ips is not None,
        forwarded_allow_ips=settings.forwarded_allow_ips,
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
        timeout_graceful_shutdown=_graceful(settings),
        **options,
        **_ALWAYS,
    )


def _graceful(settings: Settings) -> int:
    """Return the seconds in which what was begun is answered.

    A body may take REQUEST_TIMEOUT to arrive, and the database as long again.
    """
    return int(2 * settings.request_timeout) + _GRACE_SECONDS


def _reloading() -> dict[str, Any]:
    return {
        "reload": True,
        "reload_dirs": [str(files("todo_api")), str(files("openapi"))],
        "reload_includes": ["*.py", "*.yaml"],
    }
