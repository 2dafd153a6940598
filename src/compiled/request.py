"""What the layer reads of a request."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

Headers = list[tuple[bytes, bytes]]
"""Names, in lower case, and values, in the order they are sent."""

HeaderFields = dict[bytes, bytes]
"""A request's values by name."""


def fields_by_name(headers: Sequence[tuple[bytes, bytes]]) -> HeaderFields:
    """Return the values by name, those sent several times joined (RFC 9110, 5.3)."""
    fields = dict(headers)
    if len(fields) == len(headers):
        return fields
    values: dict[bytes, list[bytes]] = {name: [] for name in fields}
    for name, value in headers:
        values[name].append(value)
    return {name: b", ".join(several) for name, several in values.items()}


async def no_body() -> bytes:
    """Return what a request without a body has for one."""
    return b""


@dataclass(slots=True)
class Request:
    """One request; a service adds what else it knows of it."""

    method: str
    headers: HeaderFields = field(default_factory=dict)
    query: bytes = b""
    authorization: Sequence[bytes] = ()
    """The values of all Authorization headers."""
    body: Callable[[], Awaitable[bytes]] = no_body
    """Reads the body, to be called once; raises what the service has an answer for."""
