"""The findings, as a person reads them."""

from collections import defaultdict

from tools.contract_diff.findings import Direction, Finding, Impact, Use

_MOST_TEXTS = 5


def report(found: list[Finding]) -> str:
    """Return a line for each change, the worst first, and for whom it means what.

    Where only texts differ, a few of them have to do.
    """
    if len(found) > _MOST_TEXTS and all(each.impact is Impact.PATCH for each in found):
        left = len(found) - _MOST_TEXTS
        return f"{report(found[:_MOST_TEXTS])}PATCH {left} more of these\n"
    uses: dict[tuple[Impact, str, str, str], set[Use]] = defaultdict(set)
    for each in sorted(found, key=lambda each: (-each.impact, each.place)):
        uses[each.impact, each.place, each.what, each.why] |= {each.use} if each.use else set()
    return "".join(
        f"{impact.name} #{place}: {what}\n" + (why and f"      {why}{_concerned(concerned)}\n")
        for (impact, place, what, why), concerned in uses.items()
    )


def _concerned(uses: set[Use]) -> str:
    named = [
        f"{direction.value} of {', '.join(names)}"
        for direction in Direction
        if (names := sorted(use.operation for use in uses if use.direction is direction))
    ]
    return f" ({'; '.join(named)})" if named else ""
