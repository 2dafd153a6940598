"""The formats of OpenAPI 3.0 (4.4, and JSON Schema draft 4, 7.3)."""

import binascii
import re
import sys
from base64 import b64decode
from collections.abc import Callable
from datetime import date

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_MOST_OF_FLOAT = 3.4028234663852886e38  # the largest binary32 (IEEE 754): (2 - 2^-23) * 2^127

DETAILS = {
    "byte": "Must be base64, such as TWlsaw==.",
    "date": "Must be a date, such as 2026-12-01.",
    "date-time": "Must be a date and a time with its offset, such as 2026-12-01T09:30:00Z.",
    "email": "Must be an email address.",
    "hostname": "Must be a host name.",
    "ipv4": "Must be an IPv4 address, such as 192.0.2.1.",
    "ipv6": "Must be an IPv6 address, such as 2001:db8::1.",
    "password": "",
    "uri": "Must be a URI, such as https://example.com/.",
    "uuid": "Must be a UUID, such as 0f8fad5b-d9cb-469f-a165-70867728950e.",
}
"""The formats of strings, each with the message for other values."""

BOUNDS: dict[str, tuple[float, float]] = {
    "int32": (-(2**31), 2**31 - 1),
    "int64": (-(2**63), 2**63 - 1),
    "float": (-_MOST_OF_FLOAT, _MOST_OF_FLOAT),
    "double": (-sys.float_info.max, sys.float_info.max),
}
"""The formats of numbers, as bounds."""


def is_date(text: str) -> bool:
    """Tell whether `text` is a `full-date` that exists (RFC 3339, 5.6)."""
    try:
        return _DATE.fullmatch(text) is not None and bool(date.fromisoformat(text))
    except ValueError:
        return False


def is_uuid(text: str) -> bool:
    """Tell whether `text` is a UUID (RFC 9562, 4)."""
    return _UUID.fullmatch(text) is not None


def is_base64(text: str) -> bool:
    """Tell whether `text` is base64 with its padding (RFC 4648, 4)."""
    try:
        return b64decode(text, validate=True) is not None
    except (binascii.Error, ValueError):
        return False


CHECKS: dict[str, Callable[[str], bool]] = {"byte": is_base64, "date": is_date, "uuid": is_uuid}
"""The formats that JSON Schema draft 4 lacks."""
