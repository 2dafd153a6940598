"""Requests that no well-behaved client sends, each with the statuses of its answers."""

from tests.live.corpus import bodies, framing, heads, targets, texts
from tests.live.corpus.case import Case, Cases

CORPUS: Cases = {
    f"{group}: {name}": case
    for groups in (texts.GROUPS, bodies.GROUPS, framing.GROUPS, heads.GROUPS, targets.GROUPS)
    for group, cases in groups.items()
    for name, case in cases.items()
}

__all__ = ["CORPUS", "Case"]
