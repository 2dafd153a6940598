"""A request, as the service sees it."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import compiled

if TYPE_CHECKING:
    from todo_api.telemetry.meter import Meter
    from todo_api.telemetry.tracing import RequestSpan

DISCONNECTED = 499
"""The logged status of a request whose client disconnected early."""

Client = tuple[str, int]
"""An address and a port."""


@dataclass(slots=True)
class Request(compiled.Request):
    """A request, to the contract's paths or others, and its outcome so far."""

    id: str = ""
    scheme: str = "http"
    client: Client | None = None
    state: Mapping[str, Any] = field(default_factory=dict)
    """The application's state."""
    path: bytes = b""
    """Undecoded, without the query."""
    operation: str | None = None
    route: str | None = None
    """The path's template, if the operation is known."""
    user: str | None = None
    status: int = DISCONNECTED
    error_code: str | None = None
    reason: str | None = None
    """Why it was refused: a keyword for the log that is more precise than `error_code`."""
    meter: "Meter | None" = None
    span: "RequestSpan | None" = None
    limits: Sequence[tuple[bytes, bytes]] = ()
    """The rate limit headers."""
    started: float = field(default_factory=time.perf_counter)
