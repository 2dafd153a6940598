"""What the service knows of a request."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import compiled

if TYPE_CHECKING:
    from todo_api.telemetry.meter import Meter
    from todo_api.telemetry.tracing import RequestSpan

DISCONNECTED = 499
"""The status of a request that its client did not wait for."""

Client = tuple[str, int]
"""An address and a port."""


@dataclass(slots=True)
class Request(compiled.Request):
    """A request of the contract or of another path, and what has become of it so far."""

    id: str = ""
    scheme: str = "http"
    client: Client | None = None
    state: Mapping[str, Any] = field(default_factory=dict)
    """What the application holds while it runs."""
    path: bytes = b""
    """As it came over the wire, without its query."""
    operation: str | None = None
    route: str | None = None
    """The path's template, where the operation is known."""
    user: str | None = None
    status: int = DISCONNECTED
    error_code: str | None = None
    reason: str | None = None
    """Why it was refused, in a word for the log, where the `error_code` does not say all."""
    meter: "Meter | None" = None
    span: "RequestSpan | None" = None
    limits: Sequence[tuple[bytes, bytes]] = ()
    """The headers that tell what is left of a quota."""
    started: float = field(default_factory=time.perf_counter)
