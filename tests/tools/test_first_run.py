"""`make run` in a fresh clone, in a folder that is closed to all others as /root is."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from tests.live.conftest import environment, free_port, until
from todo_api.embedded.place import place_for

ROOT = Path(__file__).parents[2]
FIRST_TIME = 240.0  # seconds; packages are fetched and unpacked


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("first run", numbered=False)
    folder.chmod(0o700)
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.check_output(listed, cwd=ROOT, text=True).split("\0"):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    yield folder
    shutil.rmtree(place_for(folder / ".data"))


@contextmanager
def run(clone: Path) -> Iterator[tuple[str, str]]:
    """Type `make run` and, at the end, Ctrl-C; yield the tasks' URL and what was printed."""
    port, output = free_port(), clone / "output"
    with output.open("w") as file:
        process = subprocess.Popen(
            ["make", "run"],
            cwd=clone,
            env=environment(PORT=str(port)),
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    try:
        until(lambda: "Bearer" in output.read_text() or process.poll() is not None, FIRST_TIME)
        url = f"http://localhost:{port}"
        until(lambda: answers(url) or process.poll() is not None)
        yield f"{url}/api/alice/tasks", output.read_text()
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(30)


def answers(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/ready").is_success
    except httpx2.TransportError:
        return False


def token(printed: str) -> dict[str, str]:
    found = re.search(r"Authorization: (Bearer [^']+)'", printed)
    assert found, printed
    return {"Authorization": found[1]}


def test_tasks_are_there_at_the_next_start(clone: Path) -> None:
    with run(clone) as (tasks, printed):
        created = httpx2.post(tasks, json={"title": "Buy milk"}, headers=token(printed))
        assert created.status_code == 201
    with run(clone) as (tasks, printed):
        listed = httpx2.get(tasks, headers=token(printed)).json()["tasks"]

    assert [task["title"] for task in listed] == ["Buy milk"]
    assert "Installing" not in printed
    assert ("The database is kept in /var/lib/todo-api/" in printed) == (os.geteuid() == 0)
    assert (clone / ".data" / "jwt-secret").stat().st_mode & 0o777 == 0o600


def test_what_was_installed_is_what_the_lock_for_running_has(clone: Path) -> None:
    command = [f"{clone}/.venv/bin/python", "-m", "pip", "list", "--format=freeze"]
    installed = subprocess.check_output([*command, "--exclude-editable"], text=True).split()
    locked = re.findall(r"^\S+==\S+", (clone / "requirements-run.lock").read_text(), re.MULTILINE)
    own_tools = {"pip", "setuptools"}  # what `python -m venv` brings

    assert len(installed) > 40
    assert {pin for pin in map(normal, installed) if pin.split("==")[0] not in own_tools} <= set(
        locked
    )


def normal(pin: str) -> str:
    name, _, version = pin.partition("==")
    return f"{re.sub(r'[-_.]+', '-', name).lower()}=={version}"


def test_the_tables_can_be_brought_up_to_date_there(clone: Path) -> None:
    migrated = subprocess.run(
        [".venv/bin/todo-api", "migrate"],
        cwd=clone,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )

    assert (migrated.returncode, migrated.stdout) == (0, "The database is up to date.\n")
