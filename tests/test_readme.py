"""The README, and the tables that it leads to, name what there is, and nothing else."""

import re
from pathlib import Path

import pytest

from todo_api.contract import contract
from todo_api.settings.listing import text_of
from todo_api.settings.settings import Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
CONFIGURATION = (ROOT / "docs/configuration.md").read_text()
ERRORS = (ROOT / "docs/errors.md").read_text()
PROMISES = (ROOT / "docs/promises.md").read_text()


def section(text: str, title: str) -> str:
    return text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def plain(markdown: str) -> str:
    return re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", markdown).replace("`", "")


def test_every_variable_is_in_the_table() -> None:
    listed = re.findall(r"^\| `([A-Z_]+)`", CONFIGURATION, re.MULTILINE)

    assert sorted(listed) == sorted(name.upper() for name in Settings.model_fields)


@pytest.mark.parametrize("name", Settings.model_fields)
def test_a_variables_row_says_what_the_command_line_says(name: str) -> None:
    field = Settings.model_fields[name]
    [(default, meaning)] = re.findall(
        rf"^\| `{name.upper()}` \|(.*?)\| (.*) \|$", CONFIGURATION, re.MULTILINE
    )

    assert field.description
    assert plain(meaning).startswith(field.description)
    assert field.default is None or plain(default.strip()) == text_of(field.default)


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
