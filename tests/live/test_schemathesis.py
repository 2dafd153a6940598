"""Schemathesis finds nothing: all checks, all phases, two users who must not see each other."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import SECRET
from tests.live.conftest import Server, environment, serving

ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(300)
def test_the_server_keeps_its_published_contract(server: Server, two_users: Path) -> None:
    report = fuzzed(server, two_users, "--max-examples", "50")

    for phase in ("Examples", "Coverage", "Fuzzing", "Stateful"):
        assert f"✅ {phase}" in report


@pytest.mark.timeout(300)
def test_so_does_a_server_with_limits(database_url: str, two_users: Path, tmp_path: Path) -> None:
    settings = {"DATABASE_URL": database_url, "JWT_SECRET_KEY": SECRET}
    with serving(tmp_path / "output", RATE_LIMIT="1000000/second", **settings) as server:
        fuzzed(server, two_users, "--phases", "examples,fuzzing", "--max-examples", "10")


def fuzzed(server: Server, two_users: Path, *options: str) -> str:
    """Fuzz the server, which must pass, and return the report."""
    fuzz = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli"),
            *("--config-file", "examples/ci/schemathesis.toml"),
            *("run", f"{server.url}/openapi.yaml"),
            *(*options, "--no-color"),
        ],
        cwd=ROOT,
        env=environment(TODO_API_WFC=str(two_users), TODO_API_USER="alice"),
        capture_output=True,
        text=True,
        check=False,
    )

    assert fuzz.returncode == 0, fuzz.stdout[-5000:] + fuzz.stderr[-1000:]
    assert "Tested: 6" in fuzz.stdout
    assert '"level":"ERROR"' not in server.log()
    return fuzz.stdout
