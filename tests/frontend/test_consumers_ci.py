"""The recipes for a consumer's CI, run as they are."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from shutil import copy
from threading import Event
from typing import Any
from xml.etree import ElementTree as ET

import httpx2
import pytest
import yaml

from tests.live.conftest import Server, environment, free_port
from tests.live.debian import debian_file
from tests.live.proxy import Proxy
from tests.live.test_serve import processes_of

RECIPES = Path(__file__).parents[2] / "examples" / "ci"
BIN = Path(sys.prefix) / "bin"

WITNESS = """#!/bin/sh
# Note the list of processes, then do what was asked for.
cat /proc/[0-9]*/cmdline 2> /dev/null | tr '\\0' ' ' > "$WITNESSED"
exec "$WITNESS_OF" "$@"
"""


class Liar(Proxy):
    """Passes everything on, but says one thing differently in messages that begin with `where`."""

    def __init__(self, port: int, where: str, truth: str, lie: str) -> None:
        assert len(truth) == len(lie), "or Content-Length would tell"
        self._where, self._truth, self._lie = where.encode(), truth.encode(), lie.encode()
        super().__init__(port)

    def _pass_requests(self, client: Any, server: Any, _unanswered: Event) -> None:
        self._pass(client, server)

    def _pass_replies(self, server: Any, client: Any, _unanswered: Event) -> None:
        self._pass(server, client)

    def _pass(self, source: Any, target: Any) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                lies = data.startswith(self._where)
                target.sendall(data.replace(self._truth, self._lie) if lies else data)
        self._end(source, target)


def step(recipe: str, name: str) -> dict[str, Any]:
    """Return the step of that name out of a workflow or an action."""
    document = yaml.safe_load((RECIPES / recipe).read_text())
    jobs = [document["runs"]] if "runs" in document else document["jobs"].values()
    [found] = [step for job in jobs for step in job["steps"] if step.get("name") == name]
    return dict(found)


def run(script: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=folder,
        env=environment(**variables),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def consumer(tmp_path: Path) -> Path:
    """A consumer's repository, with what contract.yml says that it needs."""
    for name in ("fuzz.sh", "schemathesis.toml"):
        (tmp_path / "contract").mkdir(exist_ok=True)
        copy(RECIPES / name, tmp_path / "contract")
    return tmp_path


@pytest.fixture
def tokens(token: Callable[[str], str], user: str) -> dict[str, str]:
    """The tokens of two users, whatever their names; of one length, for the liar."""
    return {"ALICE": token(user), "BOB": token(user.swapcase())}


def fuzz(consumer: Path, url: str, **variables: str) -> subprocess.CompletedProcess[str]:
    script = step("contract.yml", "Fuzz the deployed server")["run"]
    options = {"SCHEMATHESIS": str(BIN / "schemathesis"), "MAX_EXAMPLES": "2"}
    return run(script, consumer, **(options | variables), URL=url)


def report(consumer: Path) -> ET.Element:
    path = step("contract.yml", "Keep the report")["with"]["path"]
    return ET.parse(consumer / path).getroot()


def test_a_server_that_keeps_the_contract_passes_and_no_process_shows_a_token(
    consumer: Path, server: Server, tokens: dict[str, str]
) -> None:
    (witness := consumer / "witness.sh").write_text(WITNESS)
    witness.chmod(0o755)
    witnessed = {"WITNESSED": str(consumer / "seen"), "WITNESS_OF": str(BIN / "schemathesis")}
    fuzzed = fuzz(consumer, server.url, SCHEMATHESIS=str(witness), **witnessed, **tokens)

    assert fuzzed.returncode == 0, fuzzed.stdout[-5000:] + fuzzed.stderr
    assert "Tested: 6" in fuzzed.stdout
    assert report(consumer).get("failures") == "0"
    assert len(list(report(consumer).iter("testcase"))) >= 6
    seen = (consumer / "seen").read_text()
    assert "sh contract/fuzz.sh" in seen
    assert not [token for token in tokens.values() if token in seen]


LIES = {
    "another name of a property": ("HTTP/1.1 2", '"version":', '"edition":', "ST"),
    "a task shown to another user": ("GET /api/{user}/tasks/", "{BOB}", "{ALICE}", "ST402"),
}


@pytest.mark.parametrize(("where", "truth", "lie", "found"), LIES.values(), ids=LIES)
def test_a_server_that_breaks_the_contract_fails(
    consumer: Path,
    server: Server,
    user: str,
    tokens: dict[str, str],
    where: str,
    truth: str,
    lie: str,
    found: str,
) -> None:
    port = int(server.url.rpartition(":")[2])
    liar = Liar(port, *(text.format(user=user, **tokens) for text in (where, truth, lie)))
    fuzzed = fuzz(consumer, f"http://127.0.0.1:{liar.port}", **tokens)
    liar.refuse()

    assert fuzzed.returncode == 1, fuzzed.stdout[-5000:] + fuzzed.stderr
    assert int(report(consumer).get("failures", 0)) > 0
    assert f"- {found}" in fuzzed.stdout
    for token in tokens.values():
        assert token not in fuzzed.stdout + fuzzed.stderr
        assert token not in ET.tostring(report(consumer), encoding="unicode")


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
    debian_file("curl", "usr/bin/curl")
    folder = Path(job["RUNNER_TEMP"])
    started = run(step("action.yml", "Start the Todo API")["run"], folder, **job)
    assert started.returncode == 0, started.stderr
    later = told(Path(job["GITHUB_ENV"]).read_text())

    tested = run(step("frontend.yml", "Test against it")["run"], folder, **(job | later))

    assert tested.returncode == 0, tested.stderr
    assert json.loads(tested.stdout)["title"] == "Buy milk"
    assert started.stdout == f"::add-mask::{later['TOKEN']}\n"
    assert later["TOKEN"] not in (folder / "todo-api" / "run" / "log").read_text()


def test_the_backend_leaves_nothing_behind(job: dict[str, str]) -> None:
    del job["GITHUB_ENV"]
    folder = Path(job["RUNNER_TEMP"])
    started = told(backend("start", job).stdout)
    bob = {"Authorization": f"Bearer {backend('token bob', job).stdout.strip()}"}
    assert httpx2.get(f"{started['URL']}/api/bob/tasks", headers=bob).json()["tasks"] == []
    assert processes_of(folder)

    assert backend("stop", job).returncode == 0
    assert processes_of(folder) == []
    assert list((folder / "todo-api").iterdir()) == []
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(started["URL"])


def test_a_backend_that_can_not_start_says_why(job: dict[str, str], server: Server) -> None:
    job["TODO_API_PORT"] = server.url.rpartition(":")[2]
    refused = backend("start", job)

    assert refused.returncode == 1
    assert "Address already in use" in refused.stderr
    assert not Path(job["GITHUB_ENV"]).exists()
    assert processes_of(Path(job["RUNNER_TEMP"])) == []


@pytest.mark.parametrize(
    ("schema", "recipe"),
    [
        ("github-workflows", "contract.yml"),
        ("github-workflows", "frontend.yml"),
        ("github-actions", "action.yml"),
    ],
)
def test_github_can_read_the_recipe(schema: str, recipe: str) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}"]
    checked = subprocess.run(
        [*command, RECIPES / recipe], capture_output=True, text=True, check=False
    )

    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("script", ["backend.sh", "fuzz.sh"])
def test_a_script_has_none_of_the_shells_traps(script: str) -> None:
    shellcheck = debian_file("shellcheck", "usr/bin/shellcheck")
    checked = subprocess.run(
        [shellcheck, RECIPES / script], capture_output=True, text=True, check=False
    )

    assert checked.returncode == 0, checked.stdout
