"""uvicorn, and how it is to serve the application."""

from importlib.resources import files
from typing import Any

import uvicorn

from todo_api.settings.settings import Settings
from todo_api.wire.protocol import Protocol

_GRACE_SECONDS = 5
"""How much longer than the slowest request a shutdown waits."""
_ALWAYS: dict[str, Any] = {
    "factory": True,
    "loop": "uvloop",
    "http": Protocol,
    "ws": "none",
    "backlog": 2048,
    "log_config": None,
    "access_log": False,
    "server_header": False,
}


def run(settings: Settings, *, reload: bool) -> None:
    """Serve until a signal ends it; with `reload`, restart whenever a source changes."""
    uvicorn.run(
        "todo_api.app:create_app",
        host=settings.host,
        port=settings.port,
        proxy_headers=settings.forwarded_allow_ips is not None,
        forwarded_allow_ips=settings.forwarded_allow_ips,
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
        # A body may take that long to arrive, and the database as long again.
        timeout_graceful_shutdown=int(2 * settings.request_timeout) + _GRACE_SECONDS,
        workers=settings.workers,
        **(_reloading() if reload else {}),
        **_ALWAYS,
    )


def _reloading() -> dict[str, Any]:
    return {
        "reload": True,
        "reload_dirs": [str(files("todo_api")), str(files("openapi"))],
        "reload_includes": ["*.py", "*.yaml"],
    }
