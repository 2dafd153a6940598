"""The header fields of requests and responses."""

from collections.abc import Sequence

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
