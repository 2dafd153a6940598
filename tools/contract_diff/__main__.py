"""Compare the contract with that of a release: `python -m tools.contract_diff [REVISION]`."""

import argparse
import sys
from pathlib import Path
from typing import Any

import yaml

from tools.contract_diff import releases, versions
from tools.contract_diff.accepted import StaleError, accepted, judged
from tools.contract_diff.contracts import compare
from tools.contract_diff.document import NotJudgedError
from tools.contract_diff.report import report

CONTRACT = "openapi/todo.yaml"
_UNRELEASED = "Nothing was released yet, so there is nothing to compare the contract with."


def main() -> int:
    """Return 0 where the contract's version fits its changes, 1 where it does not, else 2."""
    parser = argparse.ArgumentParser(prog="contract-diff", description=__doc__)
    parser.add_argument("revision", nargs="?", help="git revision; the last release by default")
    try:
        revision = parser.parse_args().revision
        old = releases.file_at(revision, CONTRACT) if revision else releases.last_released()
        if old is None:
            print(_UNRELEASED)
            return 0
        new = Path(CONTRACT).read_text(encoding="utf-8")
        place = revision or "the last release"
        why = {} if revision else accepted()
        return judge(yaml.safe_load(old), yaml.safe_load(new), place, why)
    except (NotJudgedError, StaleError, releases.NoSuchReleaseError) as error:
        print(f"Not judged: {error}.", file=sys.stderr)
        return 2


def judge(old: Any, new: Any, place: str, why: dict[str, str]) -> int:
    """Print what changes since `place`, and whether `info.version` says so.

    A change that is a key of `why` breaks nobody, as its value says.
    """
    found = judged(compare(old, new), why)
    print(report(found), end="")
    base, own = (_version(document) for document in (old, new))
    least = versions.needed(base, max((finding.impact for finding in found), default=None))
    print(
        f"{CONTRACT}: {_shown(base)} at {place}, {_shown(least)} at least is needed now,"
        f" {_shown(own)} it is."
    )
    return 0 if own >= least else 1


def _version(document: Any) -> versions.Version:
    text = str(document["info"]["version"])
    version = versions.parse(text)
    if version is None:
        raise NotJudgedError(f"#/info/version is {text}, which is no version of a release")
    return version


def _shown(version: versions.Version) -> str:
    return ".".join(map(str, version))


if __name__ == "__main__":
    sys.exit(main())
