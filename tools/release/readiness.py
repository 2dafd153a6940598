"""What must hold of the working tree before it is released."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import yaml

from tools.contract_diff.accepted import ACCEPTED
from tools.contract_diff.releases import RELEASED

_CONTRACT = Path("openapi/todo.yaml")
_HEADING = re.compile(r"^## \[(.+?)\](.*)$", re.MULTILINE)
_RELEASED = re.compile(r" - \d{4}-\d{2}-\d{2}")


def version() -> str:
    """Return the version of the package, which all else is held against."""
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    return str(project["version"])


def faults(version: str) -> list[str]:
    """Say what keeps this version from being released, a sentence each."""
    contract, noted, pending = _contract_version(), *_changelog()
    checks = {
        "the working tree has changes that are not committed": bool(git("status", "--porcelain")),
        f"the contract's info.version is {contract}": contract != version,
        f"the newest release of CHANGELOG.md is {noted}": noted != version,
        "CHANGELOG.md still has entries that are unreleased": pending,
        f"there is a tag v{version} already": bool(git("tag", "--list", f"v{version}")),
    }
    found = [fault for fault, holds in checks.items() if holds]
    return found if found or _contract_diff_passes() else ["contract-diff does not pass"]


def record_contract(version: str) -> None:
    """Commit the contract as the one that was released last, which later ones are held against.

    What changed between releases and was accepted is no change any more.
    """
    RELEASED.parent.mkdir(parents=True, exist_ok=True)
    RELEASED.write_bytes(_CONTRACT.read_bytes())
    kept = ACCEPTED.read_text(encoding="utf-8").partition("\n\n")[0] if ACCEPTED.exists() else "#"
    ACCEPTED.write_text(f"{kept}\n\n[]\n", encoding="utf-8")
    git("add", str(RELEASED), str(ACCEPTED))
    git("commit", "--quiet", "--message", f"The contract of {version} is the one released last")


def git(*arguments: str) -> str:
    """Return what git prints. Raises `CalledProcessError`."""
    return subprocess.run(
        ["git", *arguments], stdout=subprocess.PIPE, text=True, check=True
    ).stdout.strip()


def _contract_version() -> str:
    contract = yaml.safe_load(_CONTRACT.read_text(encoding="utf-8"))
    return str(contract["info"]["version"])


def _changelog() -> tuple[str | None, bool]:
    """Return the newest version that has a date, and whether anything stands above it."""
    text = Path("CHANGELOG.md").read_text(encoding="utf-8")
    for heading in _HEADING.finditer(text):
        if _RELEASED.fullmatch(heading[2]):
            above = text[: heading.start()].partition("## [Unreleased]")[2]
            return heading[1], bool(above.strip())
    return None, False


def _contract_diff_passes() -> bool:
    return (
        subprocess.run([sys.executable, "-m", "tools.contract_diff"], check=False).returncode == 0
    )
