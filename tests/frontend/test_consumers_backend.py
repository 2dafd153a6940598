"""The service as the backend of a consumer's CI, run as the recipes say."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import psutil
import pytest

from tests.debian import debian_file
from tests.frontend.test_consumers_ci import RECIPES, run, step
from tests.live.conftest import free_port
from tests.live.test_serve import processes_of


@pytest.fixture
def job(open_directory: Path, request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """The environment of a job that has settings of its own, and no backend left at its end."""
    folder = open_directory / f"job {request.node.name}"
    folder.mkdir()
    environment = {
        "RUNNER_TEMP": str(folder),
        "GITHUB_ENV": str(folder / "environment"),
        "GITHUB_ACTION_PATH": str(RECIPES),
        "TODO_API_VENV": sys.prefix,
        "TODO_API_PORT": str(free_port()),
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/frontend",
        "BETTER_AUTH_URL": "http://127.0.0.1:1",
        "JWT_AUDIENCE": "frontend",
        "JWT_ISSUER": "frontend",
        "WORKERS": "as many as there are pages",
    }
    yield environment
    backend("stop", environment)


def backend(command: str, job: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return run(f'sh "$GITHUB_ACTION_PATH/backend.sh" {command}', Path(job["RUNNER_TEMP"]), **job)


def told(lines: str) -> dict[str, str]:
    """Return the variables of later steps."""
    return dict(line.split("=", 1) for line in lines.splitlines())


def test_one_step_runs_the_service_as_the_backend_of_a_frontends_tests(
    job: dict[str, str],
) -> None:
    debian_file("curl")
    folder = Path(job["RUNNER_TEMP"])
    started = run(step("action.yml", "Start the Todo API")["run"], folder, **job)
    assert started.returncode == 0, started.stderr
    later = told(Path(job["GITHUB_ENV"]).read_text())

    tested = run(step("frontend.yml", "Test against it")["run"], folder, **(job | later))

    assert tested.returncode == 0, tested.stderr
    assert json.loads(tested.stdout)["title"] == "Buy milk"
    assert started.stdout == f"::add-mask::{later['TOKEN']}\n"
    assert later["TOKEN"] not in (folder / "todo-api" / "run" / "log").read_text()


def test_the_backend_runs_once_and_leaves_nothing_behind(job: dict[str, str]) -> None:
    del job["GITHUB_ENV"]
    job["http_proxy"] = "http://127.0.0.1:1"
    folder = Path(job["RUNNER_TEMP"])
    started = told(backend("start", job).stdout)
    bob = {"Authorization": f"Bearer {backend('token bob', job).stdout.strip()}"}
    assert httpx2.get(f"{started['URL']}/api/bob/tasks", headers=bob).json()["tasks"] == []
    assert processes_of(folder)
    again = backend("start", job)
    assert (again.returncode, "It runs already" in again.stderr) == (1, True)

    assert backend("stop", job).returncode == 0
    assert processes_of(folder) == []
    assert list((folder / "todo-api").iterdir()) == []
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(started["URL"])


@contextmanager
def silent(port: int) -> Iterator[None]:
    """Hold the port, and never answer."""
    with socket.create_server(("127.0.0.1", port)):
        yield


def test_a_backend_that_can_not_start_says_why(job: dict[str, str]) -> None:
    with silent(int(job["TODO_API_PORT"])):
        refused = backend("start", job)

    assert refused.returncode == 1
    assert "Address already in use" in refused.stderr
    assert not Path(job["GITHUB_ENV"]).exists()
    assert processes_of(Path(job["RUNNER_TEMP"])) == []


def test_a_failed_start_is_in_nobodys_way(job: dict[str, str]) -> None:
    missing = job | {"TODO_API_VENV": "/nonexistent"}

    for _ in range(2):
        failed = backend("start", missing)
        assert failed.returncode != 0
        assert "/nonexistent" in failed.stderr
    assert list((Path(job["RUNNER_TEMP"]) / "todo-api").iterdir()) == []
    assert backend("stop", missing).returncode == 0


def test_a_backend_that_was_killed_stops_all_the_same(job: dict[str, str]) -> None:
    folder = Path(job["RUNNER_TEMP"])
    assert backend("start", job).returncode == 0
    psutil.Process(int((folder / "todo-api" / "run" / "pid").read_text())).kill()

    assert backend("stop", job).returncode == 0
    assert processes_of(folder) == []
    assert list((folder / "todo-api").iterdir()) == []


def test_a_stop_ends_no_process_that_has_the_backends_old_id(job: dict[str, str]) -> None:
    (left := Path(job["RUNNER_TEMP"]) / "todo-api" / "run").mkdir(parents=True)
    with subprocess.Popen(["sleep", "60"]) as stranger:
        (left / "pid").write_text(f"{stranger.pid}\n")
        stopped = backend("stop", job)
        still_there = stranger.poll() is None
        stranger.kill()

    assert stopped.returncode == 0, stopped.stderr
    assert still_there
    assert not left.exists()


def test_a_folder_of_another_user_is_refused(job: dict[str, str]) -> None:
    (planted := Path(job["RUNNER_TEMP"]) / "planted").mkdir()
    if os.geteuid() == 0:
        os.chown(planted, 65_534, 65_534)
    others = job | {"TODO_API_FOLDER": str(planted if os.geteuid() == 0 else "/usr")}

    for command in ("start", "token bob", "stop"):
        refused = backend(command, others)
        assert refused.returncode == 1
        assert "is another user's" in refused.stderr
