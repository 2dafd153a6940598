"""Whether Node.js and npm are new enough is told before anything is installed."""

import subprocess
from pathlib import Path

import pytest

INSTALL = Path(__file__).parent / "install.sh"


def install(tmp_path: Path, **versions: str) -> subprocess.CompletedProcess[str]:
    """Install nothing, on a machine that has only these programs."""
    for program, version in versions.items():
        (path := tmp_path / program).write_text(f"#!/bin/sh\necho {version}\n")
        path.chmod(0o755)
    return subprocess.run(
        ["/bin/sh", INSTALL],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("node", "npm"),
    [
        ("v18.20.4", "10.8.2"),
        ("v20.18.3", "10.8.2"),
        ("v20.19.2", "9.2.0"),
        ("v21.7.3", "10.5.0"),
        ("v22.12.0", "10.9.0"),
        ("v23.11.1", "10.9.2"),
    ],
)
def test_one_that_is_too_old_is_refused(tmp_path: Path, node: str, npm: str) -> None:
    refused = install(tmp_path, node=node, npm=npm)

    assert refused.returncode == 1
    assert f"here is {node} with npm {npm}" in refused.stderr


@pytest.mark.parametrize("versions", [{}, {"node": "v20.19.2"}], ids=["no Node.js", "no npm"])
def test_one_that_is_missing_is_named(tmp_path: Path, versions: dict[str, str]) -> None:
    refused = install(tmp_path, **versions)

    assert refused.returncode == 1
    assert f"here is {versions.get('node', 'no Node.js')} with no npm" in refused.stderr


@pytest.mark.parametrize(
    ("node", "npm"), [("v20.19.0", "10.8.2"), ("v22.13.0", "10.9.2"), ("v24.0.0", "11.3.0")]
)
def test_one_that_is_new_enough_is_taken(tmp_path: Path, node: str, npm: str) -> None:
    taken = install(tmp_path, node=node, npm=npm)

    assert (taken.returncode, taken.stderr) == (0, "")
