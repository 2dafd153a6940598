"""Changes that people judged, where a program can only be careful."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import yaml

from tools.contract_diff.findings import Finding, Impact

ACCEPTED = Path("tools/contract_diff/accepted.yaml")
"""What changed since the last release and breaks nobody; `make release` empties it."""


class StaleError(Exception):
    """A change was accepted that nobody made."""


def accepted() -> dict[str, str]:
    """Return why each change is accepted, by how a report tells it."""
    if not ACCEPTED.exists():
        return {}
    entries = yaml.safe_load(ACCEPTED.read_text(encoding="utf-8")) or []
    return {change: entry["why"] for entry in entries for change in entry["changes"]}


def judged(found: Iterable[Finding], why: dict[str, str]) -> list[Finding]:
    """Return the findings, of which those that are accepted break nobody.

    Raises `StaleError` where one that is accepted is not among them.
    """
    left = set(why)
    findings = []
    for finding in found:
        change = f"#{finding.place}: {finding.what}"
        left.discard(change)
        reason = why.get(change)
        findings.append(
            replace(finding, impact=Impact.MINOR, why=f"accepted: {reason}") if reason else finding
        )
    if left:
        raise StaleError(f"{ACCEPTED} accepts what is no change: {min(left)}")
    return findings
