"""The parts of a request that this layer reads."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

Headers = list[tuple[bytes, bytes]]
"""Lower-case names and values, in the order sent."""

HeaderFields = dict[bytes, bytes]
"""A request's header values by name."""


def fields_by_name(headers: Sequence[tuple[bytes, bytes]]) -> HeaderFields:
    """Return the values by name; repeated headers are joined (RFC 9110, 5.3)."""
    fields = dict(headers)
    if len(fields) == len(headers):
        return fields
    values: dict[bytes, list[bytes]] = {name: [] for name in fields}
    for name, value in headers:
        values[name].append(value)
    return {name: b", ".join(several) for name, several in values.items()}


async def no_body() -> bytes:
    """Return the empty body."""
    return b""


@dataclass(slots=True)
class Request:
    """One request; a service's subclass adds more."""

    method: str
    headers: HeaderFields = field(default_factory=dict)
    query: bytes = b""
    authorization: Sequence[bytes] = ()
    """The values of all Authorization headers."""
    body: Callable[[], Awaitable[bytes]] = no_body
    """Reads the body, once; raises what the service turns into an error response."""
