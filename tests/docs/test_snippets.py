"""A snippet of a page needs no more than what the page says that its examples begin with."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.conftest import DOCS
from tests.docs.test_examples import BUNDLED, TSC, project, run

_EXAMPLE = re.compile(r"^```\{example\} (\w+) (\w+)$(?:\n:after: (\w+)$)?", re.MULTILINE)


def snippets(suffix: str) -> dict[str, str]:
    """Return each snippet after the setup of its page, by the names of page and snippet."""
    found = {}
    for page in DOCS.glob("*.md"):
        examples = _EXAMPLE.findall(page.read_text())
        setups = [name for name, part, _ in examples if part == "setup"]
        for name, part, after in examples:
            file = DOCS / "examples" / f"{name}.{suffix}"
            if part != "setup" and file.exists():
                own = name if name in setups else setups[0]
                setup = shown(DOCS / "examples" / f"{own}.{suffix}", "setup")
                before = shown(file, after) if after else ""
                found[f"{page.stem}_{part}"] = f"{setup}\n{before}\n{shown(file, part)}"
    return found


def shown(file: Path, part: str) -> str:
    return file.read_text().partition(f"start of {part}\n")[2].partition(f"end of {part}")[0][:-3]


def test_each_typescript_snippet_compiles_for_a_bundler_too(tmp_path: Path) -> None:
    folder = project(tmp_path)
    for example in DOCS.glob("examples/*.ts"):
        shutil.copy(example, folder)
    for name, text in snippets("ts").items():
        (folder / f"{name}.ts").write_text(text)

    assert len(snippets("ts")) >= 12
    run(TSC, *BUNDLED, folder=folder)


@pytest.mark.parametrize("name", snippets("py"))
def test_each_python_snippet_knows_its_names(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "F821", "-"],
        input=snippets("py")[name],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout
