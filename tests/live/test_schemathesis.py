"""Schemathesis finds nothing: all checks, all phases, two users who must not see each other."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.live.conftest import Server, environment

ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(300)
def test_the_server_keeps_its_published_contract(server: Server, two_users: Path) -> None:
    fuzz = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli"),
            *("--config-file", "examples/ci/schemathesis.toml"),
            *("run", f"{server.url}/openapi.yaml"),
            *("--max-examples", "50", "--no-color"),
        ],
        cwd=ROOT,
        env=environment(TODO_API_WFC=str(two_users), TODO_API_USER="alice"),
        capture_output=True,
        text=True,
        check=False,
    )

    assert fuzz.returncode == 0, fuzz.stdout[-5000:] + fuzz.stderr[-1000:]
    for phase in ("Examples", "Coverage", "Fuzzing", "Stateful"):
        assert f"✅ {phase}" in fuzz.stdout
    assert "Tested: 6" in fuzz.stdout
    assert '"level":"ERROR"' not in server.log()
