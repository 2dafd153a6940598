"""Patterns, compared by the texts that they match."""

import re
from functools import cache

from greenery import parse
from greenery.parse import NoMatch

_CODE_POINT = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4}))")
_SPECIAL = frozenset("\\[]|(){}?*+.^-")
_LAST_DASH = re.compile(r"(?<!\\)-\]")


@cache  # a pattern of a component is met wherever it is used, and takes up to a second
def compare_patterns(old: str, new: str) -> tuple[bool, bool]:
    """Return whether fewer texts match now, and whether more do.

    Of a pattern that can't be read as an automaton, both may be.
    """
    if old == new:
        return False, False
    try:
        before, after = (parse(_whole(pattern)) for pattern in (old, new))
    except NoMatch:
        return True, True
    return not before.difference(after).empty(), not after.difference(before).empty()


def _whole(pattern: str) -> str:
    """Return a pattern of whole texts, which are all that the library knows."""
    start = "" if pattern.startswith("^") else ".*"
    end = "" if pattern.endswith("$") else ".*"
    inner = _LAST_DASH.sub(r"\-]", pattern.removeprefix("^").removesuffix("$"))
    return f"{start}({_CODE_POINT.sub(_literal, inner)}){end}"


def _literal(escape: re.Match[str]) -> str:
    character = chr(int(escape[1] or escape[2], 16))
    return f"\\{character}" if character in _SPECIAL else character
