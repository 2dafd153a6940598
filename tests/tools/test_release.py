"""The command as `make release` runs it, in a repository of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools.contract_diff.accepted import ACCEPTED
from tools.contract_diff.releases import RELEASED

ROOT = Path(__file__).parents[2]
PASSING = """
import os
from pathlib import Path

def test_the_wheel_of_the_release_is_named() -> None:
    wheel = Path(os.environ["TODO_API_WHEEL"])
    assert wheel.parent == Path.cwd() / "dist"
    assert wheel.suffix == ".whl"
"""
FAILING = "def test_the_wheel() -> None:\n    assert False\n"
WHO = {
    f"GIT_{role}_{what}": f"somebody{'@example.org' if what == 'EMAIL' else ''}"
    for role in ("AUTHOR", "COMMITTER")
    for what in ("NAME", "EMAIL")
}


class Repository:
    """The package and its contract, ready to be released as 7.0.0."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("src", "openapi"):
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore"):
            shutil.copy(ROOT / name, folder)
        self.versions("7.0.0")
        self.write("CHANGELOG.md", "## [Unreleased]\n\n## [7.0.0] - 2026-11-21\n\n- All.\n")
        self.write("tests/deploy/test_wheel.py", PASSING)
        self.git("init", "--quiet")
        self.commit()

    def git(self, *arguments: str) -> str:
        return subprocess.run(
            ["git", *arguments],
            cwd=self.folder,
            env=os.environ | WHO,
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    def write(self, path: str, text: str) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def edit(self, path: str, start: str, line: str) -> None:
        """Replace the first line that starts so."""
        lines = (self.folder / path).read_text().splitlines()
        number = next(number for number, old in enumerate(lines) if old.startswith(start))
        lines[number] = line
        self.write(path, "\n".join([*lines, ""]))

    def versions(self, version: str) -> None:
        self.edit("pyproject.toml", "version = ", f'version = "{version}"')
        self.edit("openapi/todo.yaml", "  version: ", f"  version: {version}")

    def commit(self) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "A change")

    def release(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "tools.release"],
            cwd=self.folder,
            env=os.environ | WHO | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )

    def tags(self) -> list[str]:
        return self.git("tag").split()


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "a folder")


def refusal(repository: Repository) -> str:
    """Return why there is no release."""
    tags = repository.tags()
    done = repository.release()
    assert done.returncode == 1
    assert repository.tags() == tags
    assert not (repository.folder / "dist").exists()
    return done.stderr


def test_a_release_is_built_tried_and_tagged(repository: Repository) -> None:
    done = repository.release()

    assert done.returncode == 0, done.stdout + done.stderr
    assert repository.git("cat-file", "-t", "v7.0.0") == "tag\n"
    assert repository.git("rev-parse", "v7.0.0^{}") == repository.git("rev-parse", "HEAD^")
    assert {path.name for path in (repository.folder / "dist").glob("todo*")} == {
        "todo_api-7.0.0-py3-none-any.whl",
        "todo_api-7.0.0.tar.gz",
    }


def test_the_next_contract_is_held_against_the_one_released(repository: Repository) -> None:
    repository.release()

    contract = repository.git("show", "v7.0.0:openapi/todo.yaml")
    assert (repository.folder / RELEASED).read_text() == contract
    assert (repository.folder / ACCEPTED).read_text().endswith("\n\n[]\n")
    assert repository.git("show", "--stat", "--format=").count("|") == 2
    assert repository.git("status", "--porcelain") == ""


def test_a_wheel_that_fails_its_trial_is_not_tagged(repository: Repository) -> None:
    repository.write("tests/deploy/test_wheel.py", FAILING)
    repository.commit()

    assert repository.release().returncode == 1
    assert repository.tags() == []


def test_a_wheel_that_can_not_be_built_is_not_tagged(repository: Repository) -> None:
    (repository.folder / "README.md").unlink()
    repository.commit()

    assert repository.release().returncode == 1
    assert repository.tags() == []


@pytest.mark.parametrize("path", ["openapi/todo.yaml", "a new file"])
def test_what_is_not_committed_is_not_released(repository: Repository, path: str) -> None:
    with (repository.folder / path).open("a") as file:
        file.write("\n")

    assert "the working tree has changes" in refusal(repository)


def test_the_three_versions_must_agree(repository: Repository) -> None:
    repository.edit("pyproject.toml", "version = ", 'version = "7.0.1"')
    repository.commit()
    reasons = refusal(repository)

    assert "info.version is 7.0.0" in reasons
    assert "CHANGELOG.md is 7.0.0" in reasons


def test_a_change_without_a_release_in_the_changelog_is_not_released(
    repository: Repository,
) -> None:
    repository.edit("CHANGELOG.md", "## [Unreleased]", "## [Unreleased]\n\n- One more.")
    repository.commit()

    assert "entries that are unreleased" in refusal(repository)


def test_a_heading_without_a_date_is_no_release(repository: Repository) -> None:
    repository.edit("CHANGELOG.md", "## [7.0.0]", "## [7.0.0]")
    repository.commit()

    assert "CHANGELOG.md is None" in refusal(repository)


def test_no_version_is_released_twice(repository: Repository) -> None:
    repository.git("tag", "v7.0.0")
    repository.commit()

    assert "there is a tag v7.0.0 already" in refusal(repository)


def test_a_change_of_the_contract_that_its_version_does_not_tell_is_not_released(
    repository: Repository,
) -> None:
    repository.versions("6.9.0")
    repository.write(str(RELEASED), (repository.folder / "openapi/todo.yaml").read_text())
    repository.edit("openapi/todo.yaml", "        maximum: 1000", "        maximum: 2000")
    repository.versions("6.9.1")
    repository.edit("CHANGELOG.md", "## [7.0.0]", "## [6.9.1] - 2026-11-21")
    repository.commit()

    assert "contract-diff does not pass" in refusal(repository)
