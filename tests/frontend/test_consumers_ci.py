"""The recipes for a consumer's CI, run as they are."""

import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from shutil import copy
from threading import Event
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml

from tests.debian import debian_file
from tests.live.conftest import Server, environment
from tests.live.proxy import Proxy

ROOT = Path(__file__).parents[2]
RECIPES = ROOT / "examples" / "ci"
BIN = Path(sys.prefix) / "bin"

WITNESS = """#!/bin/sh
# Note the list of processes, then do what was asked for.
cat /proc/[0-9]*/cmdline 2> /dev/null | tr '\\0' ' ' > "$0.seen"
exec "{program}" "$@"
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
        timeout=100,
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
    programs = {"PYTHON": BIN / "python", "SCHEMATHESIS": BIN / "schemathesis"}
    witnesses = {variable: consumer / variable for variable in programs}
    for variable, witness in witnesses.items():
        witness.write_text(WITNESS.format(program=programs[variable]))
        witness.chmod(0o755)
    fuzzed = fuzz(
        consumer, server.url, **{name: str(witnesses[name]) for name in programs}, **tokens
    )

    assert fuzzed.returncode == 0, fuzzed.stdout[-5000:] + fuzzed.stderr
    assert "Tested: 6" in fuzzed.stdout
    assert report(consumer).get("failures") == "0"
    assert len(list(report(consumer).iter("testcase"))) >= 6
    for witness in witnesses.values():
        seen = witness.with_suffix(".seen").read_text()
        assert "sh contract/fuzz.sh" in seen
        assert not [token for token in tokens.values() if token in seen]


def test_tokens_are_written_as_they_are_for_their_owner_only(
    consumer: Path, tokens: dict[str, str]
) -> None:
    (show := consumer / "show").write_text('#!/bin/sh\nls -l "$TODO_API_WFC"; cat "$TODO_API_WFC"')
    show.chmod(0o755)
    odd = {name: f'{token}"\\' for name, token in tokens.items()}
    ended = {name: f"{token}\r\n" for name, token in odd.items()}
    mode, _, users = fuzz(
        consumer, "http://127.0.0.1:1", SCHEMATHESIS=str(show), **ended
    ).stdout.partition("\n")

    assert mode.startswith("-rw-------")
    sent = [user["fixedHeaders"][0]["value"] for user in json.loads(users)["auth"]]
    assert sent == [f"Bearer {token}" for token in odd.values()]


@pytest.mark.parametrize("name", ["ALICE", "BOB"])
@pytest.mark.parametrize("opaque", ['op"aque', "a.b.c", "e30.e30.e30", "e30.MQ.e30"])
def test_what_is_no_token_of_a_user_is_named(
    consumer: Path, tokens: dict[str, str], name: str, opaque: str
) -> None:
    fuzzed = fuzz(consumer, "http://127.0.0.1:1", **(tokens | {name: opaque}))

    assert fuzzed.returncode == 1
    assert fuzzed.stderr == f"{name} is no JWT of a user.\n"


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


@pytest.mark.parametrize(
    ("schema", "recipe"),
    [
        ("github-workflows", "contract.yml"),
        ("github-workflows", "frontend.yml"),
        ("github-actions", "action.yml"),
        ("github-workflows", "../../.github/workflows/ci.yml"),
    ],
)
def test_github_can_read_the_recipe(schema: str, recipe: str) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}"]
    checked = subprocess.run(
        [*command, RECIPES / recipe], capture_output=True, text=True, check=False
    )

    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize(
    "script", [RECIPES / "backend.sh", RECIPES / "fuzz.sh", ROOT / "tools" / "venv.sh"]
)
def test_a_script_has_none_of_the_shells_traps(script: Path) -> None:
    shellcheck = debian_file("shellcheck")
    checked = subprocess.run([shellcheck, script], capture_output=True, text=True, check=False)

    assert checked.returncode == 0, checked.stdout
