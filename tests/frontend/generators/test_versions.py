"""The page about generators names the versions that the tests run."""

import json
import re
from importlib.metadata import version
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
ROWS = re.findall(
    r"^\| ([@\w/-]+) \| ([\d.]+) \|", (ROOT / "docs" / "clients.md").read_text(), re.MULTILINE
)
IN_PYTHON = ("openapi-python-client", "datamodel-code-generator")


def test_every_generator_is_in_the_table() -> None:
    wanted = json.loads((HERE / "package.json").read_text())["devDependencies"]
    generators = {"openapi-typescript", *IN_PYTHON} | {
        name for name in wanted if re.search(r"openapi|orval|swagger|oazapfts$", name)
    }

    assert {name for name, _ in ROWS} == generators


@pytest.mark.parametrize(("name", "shown"), ROWS)
def test_the_version_in_the_table_is_the_one_that_was_tried(name: str, shown: str) -> None:
    folder = HERE.parent if name == "openapi-typescript" else HERE
    packages = json.loads((folder / "package-lock.json").read_text())["packages"]

    tried = version(name) if name in IN_PYTHON else packages[f"node_modules/{name}"]["version"]
    assert shown == tried
