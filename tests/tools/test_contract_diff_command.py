"""The command as `make contract-diff` runs it, in a repository of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tools.contract_diff.accepted import ACCEPTED
from tools.contract_diff.releases import RELEASED

ROOT = Path(__file__).parents[2]
CONTRACT = (ROOT / "openapi/todo.yaml").read_text(encoding="utf-8")
GENTLE = ("The task's id.", "The id of the task.")
ADDING = ("        maximum: 1000\n", "        maximum: 2000\n")
BREAKING = ("operationId: get_task", "operationId: read_task")


class Repository:
    """A repository whose contract can be edited, committed and released."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.contract = folder / "openapi/todo.yaml"

    def create(self) -> None:
        self.contract.parent.mkdir(parents=True)
        self.git("init", "--quiet")
        self.write("1.4.2")

    def git(self, *arguments: str) -> None:
        who = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.org")
        subprocess.run(["git", *who, *arguments], cwd=self.folder, check=True)

    def write(self, version: str, *edits: tuple[str, str]) -> None:
        lines = CONTRACT.splitlines(keepends=True)
        lines = [
            f"  version: {version}\n" if "  version: " in line[:11] else line for line in lines
        ]
        text = "".join(lines)
        for old, new in edits:
            assert old in text
            text = text.replace(old, new, 1)
        self.contract.write_text(text, encoding="utf-8")

    def release(self, tag: str) -> None:
        released = self.folder / RELEASED
        released.parent.mkdir(parents=True, exist_ok=True)
        released.write_bytes(self.contract.read_bytes())
        self.git("add", ".")
        self.git("commit", "--quiet", "--allow-empty", "--message", tag)
        self.git("tag", tag)

    def accept(self, change: str) -> None:
        entries = [{"why": "nobody calls it", "changes": [change]}]
        (self.folder / ACCEPTED).write_text(yaml.safe_dump(entries), encoding="utf-8")

    def diff(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "tools.contract_diff", *arguments],
            cwd=self.folder,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    repository = Repository(tmp_path / "a folder")
    repository.create()
    return repository


@pytest.mark.parametrize(
    ("version", "edits", "status"),
    [
        ("1.4.2", [], 0),
        ("1.4.1", [], 1),
        ("1.4.2", [GENTLE], 1),
        ("1.4.3", [GENTLE], 0),
        ("1.4.3", [ADDING], 1),
        ("1.5.0", [ADDING, GENTLE], 0),
        ("1.5.0", [BREAKING, ADDING], 1),
        ("1.10.0", [BREAKING], 1),
        ("2.0.0", [BREAKING], 0),
        ("2.0.0-rc.1", [BREAKING], 2),
    ],
)
def test_the_version_must_say_what_a_change_means(
    repository: Repository, version: str, edits: list[tuple[str, str]], status: int
) -> None:
    repository.release("v1.4.2")
    repository.write(version, *edits)

    assert repository.diff().returncode == status


def test_before_the_first_release_there_is_nothing_to_break(repository: Repository) -> None:
    repository.write("1.4.2", BREAKING)
    done = repository.diff()

    assert done.returncode == 0
    assert "Nothing was released yet" in done.stdout


def test_a_clone_without_tags_and_history_compares_all_the_same(repository: Repository) -> None:
    repository.release("v1.4.2")
    repository.write("1.4.2", BREAKING)
    repository.git("commit", "--quiet", "--all", "--message", "A break")
    source = repository.folder.as_uri()
    repository.git("clone", "--quiet", "--depth=1", "--no-tags", source, "shallow")
    done = Repository(repository.folder / "shallow").diff()

    assert done.returncode == 1
    assert "1.4.2 at the last release, 2.0.0 at least is needed now" in done.stdout


def test_the_contract_released_last_is_that_of_its_tag() -> None:
    released = (ROOT / RELEASED).read_text(encoding="utf-8")
    tag = f"v{yaml.safe_load(released)['info']['version']}"
    show = ["git", "show", f"{tag}:openapi/todo.yaml"]
    tagged = subprocess.run(show, cwd=ROOT, capture_output=True, text=True, check=False)

    assert tagged.returncode != 0 or tagged.stdout == released  # without tags nobody can tell


def test_any_revision_can_be_compared_with(repository: Repository) -> None:
    repository.release("v1.4.2")
    repository.write("2.0.0", BREAKING)
    repository.release("v2.0.0")

    assert repository.diff("v1.4.2").stdout == (
        "MAJOR #/paths/~1api~1{user_id}~1tasks~1{task_id}/get/operationId: get_task is renamed\n"
        "      generated clients name their methods by it (requests of get_task)\n"
        "openapi/todo.yaml: 1.4.2 at v1.4.2, 2.0.0 at least is needed now, 2.0.0 it is.\n"
    )
    assert repository.diff("v2.0.0").returncode == 0
    assert repository.diff("").returncode == 0


def test_what_people_accepted_breaks_nobody(repository: Repository) -> None:
    repository.release("v1.4.2")
    repository.write("1.5.0", BREAKING)
    repository.accept(
        "#/paths/~1api~1{user_id}~1tasks~1{task_id}/get/operationId: get_task is renamed"
    )
    done = repository.diff()

    assert done.returncode == 0
    assert "accepted: nobody calls it" in done.stdout
    assert repository.diff("v1.4.2").returncode == 1


def test_what_was_accepted_and_is_no_change_is_told(repository: Repository) -> None:
    repository.release("v1.4.2")
    repository.accept("#/paths: gone")
    done = repository.diff()

    assert done.returncode == 2
    assert "accepts what is no change: #/paths: gone" in done.stderr


def test_a_revision_that_is_not_there_is_no_success(repository: Repository) -> None:
    repository.release("v1.4.2")
    done = repository.diff("v9.9.9")

    assert done.returncode == 2
    assert "v9.9.9" in done.stderr


def test_what_can_not_be_judged_is_no_success(repository: Repository) -> None:
    repository.release("v1.4.2")
    repository.write("1.4.3", ("additionalProperties: false", "oneOf: []"))
    done = repository.diff()

    assert done.returncode == 2
    assert "TaskCreate/oneOf" in done.stderr
