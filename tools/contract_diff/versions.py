"""The version that a change of the contract needs (SemVer 2.0)."""

import re

from tools.contract_diff.findings import Impact

Version = tuple[int, int, int]
_VERSION = re.compile(r"v?(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")


def parse(text: str) -> Version | None:
    """Return the version of a release, or None where the text is another one or none at all."""
    match = _VERSION.fullmatch(text)
    return (int(match[1]), int(match[2]), int(match[3])) if match else None


def needed(base: Version, impact: Impact | None) -> Version:
    """Return the least version after `base` that a change of this impact may have."""
    major, minor, patch = base
    match impact:
        case Impact.MAJOR:
            return major + 1, 0, 0
        case Impact.MINOR:
            return major, minor + 1, 0
        case Impact.PATCH:
            return major, minor, patch + 1
    return base
