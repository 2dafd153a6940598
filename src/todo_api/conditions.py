"""Conditional requests: ETags in If-Match and If-None-Match (RFC 9110, 13.1)."""

import re

_ENTITY_TAG = re.compile(r'(W/)?"([!#-~]*)"')


def strong_tags(if_match: str | None) -> list[str] | None:
    """Return the strong ETags' values, or None where any state will do (`*`, or no header)."""
    if if_match is None or if_match == "*":
        return None
    return [tag for weak, tag in _ENTITY_TAG.findall(if_match) if not weak]


def is_current(if_none_match: str | None, etag: str) -> bool:
    """Tell whether the client holds `etag` already, by weak comparison (RFC 9110, 8.8.3.2)."""
    if if_none_match is None:
        return False
    return if_none_match == "*" or etag.strip('"') in (
        tag for _, tag in _ENTITY_TAG.findall(if_none_match)
    )
