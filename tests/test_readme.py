"""The README, and the tables that it leads to, name what there is, and nothing else."""

import re
from pathlib import Path

from todo_api.contract import contract
from todo_api.settings.settings import Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
CONFIGURATION = (ROOT / "docs/configuration.md").read_text()
ERRORS = (ROOT / "docs/errors.md").read_text()
PROMISES = (ROOT / "docs/promises.md").read_text()


def section(text: str, title: str) -> str:
    return text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_every_variable_is_in_the_table_with_its_default() -> None:
    rows = re.findall(r"^\| (`[^|]+) \| ([^|]*)\|", CONFIGURATION, re.MULTILINE)
    listed = {name for names, _ in rows for name in re.findall(r"`(\w+)`", names)}

    assert listed == {name.upper() for name in Settings.model_fields}
    for name in ("port", "workers", "db_pool_size", "host", "data_dir", "log_format"):
        assert f"`{Settings.model_fields[name].default}`" in CONFIGURATION


def test_every_error_code_is_in_the_table() -> None:
    listed = section(ERRORS, "By status")
    codes = contract()["components"]["schemas"]["ErrorCode"]["enum"]

    assert set(re.findall(r"`([A-Z]+_[A-Z_]+|OVERLOADED)`", listed)) == set(codes)


def test_every_make_target_is_one() -> None:
    makefile = (ROOT / "Makefile").read_text()

    for target in set(re.findall(r"`?make ([a-z-]+)", README)):
        assert f"\n{target}:" in makefile


def test_every_promise_names_its_test() -> None:
    named = set(re.findall(r"`(test_\w+)`", PROMISES))

    tests = {path.stem for path in Path(__file__).parent.glob("*/test_*.py")}

    assert len(named) >= 15
    assert named <= tests
