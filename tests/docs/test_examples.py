"""The examples of docs/ do what the pages say, and get the answers that the pages show.

RECORD_ANSWERS=1 records those answers again.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import psycopg2
import pytest

from tests.debian import debian_file
from tests.docs.conftest import DOCS, ROOT
from tests.docs.recorder import Recorder, recording
from tests.docs.story import STORIES, told
from tests.live.conftest import Server, environment
from todo_api.contract import contract

EXCHANGES = DOCS / "examples" / "exchanges"
NODE_MODULES = ROOT / "tests" / "frontend" / "node_modules"
TSC = NODE_MODULES / ".bin" / "tsc"
RECORD = os.environ.get("RECORD_ANSWERS") == "1"
STRICTER = (
    *("--noUncheckedIndexedAccess", "--exactOptionalPropertyTypes"),
    *("--noUnusedLocals", "--noPropertyAccessFromIndexSignature", "--verbatimModuleSyntax"),
)
BUNDLED = ("--module", "esnext", "--moduleResolution", "bundler", "--noEmit")


def run(*command: str | Path, folder: Path = ROOT, **variables: str) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment(**variables),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The TypeScript examples, compiled more strictly than their own project asks."""
    folder = project(tmp_path_factory.mktemp("typescript examples"))
    for example in DOCS.glob("examples/*.ts"):
        shutil.copy(example, folder)
    run(TSC, *STRICTER, folder=folder)
    return folder


def project(folder: Path) -> Path:
    """Set up a TypeScript project as the page says."""
    (folder / "node_modules").symlink_to(NODE_MODULES)
    (folder / "package.json").write_text('{"type": "module"}')
    shutil.copy(DOCS / "examples" / "tsconfig.json", folder)
    types = NODE_MODULES / ".bin" / "openapi-typescript"
    run(types, ROOT / "openapi/todo.yaml", "-o", folder / "schema.d.ts")
    return folder


@pytest.fixture
def command(request: pytest.FixtureRequest) -> Callable[[str], list[str | Path]]:
    """What runs an example, by its name."""
    match request.param:
        case "curl":
            debian_file("curl")
            return lambda name: ["sh", DOCS / "examples" / f"{name}.sh"]
        case "TypeScript":
            compiled: Path = request.getfixturevalue("compiled")
            return lambda name: ["node", compiled / f"{name}.js"]
        case _:
            return lambda name: [sys.executable, DOCS / "examples" / f"{name}.py"]


@pytest.fixture
def recorder(server: Server, examples_url: str, alice: str) -> Iterator[Recorder]:
    """Before a server on which alice has the task 41, which is ticked, and an older one."""
    plants = {"title": "Water the plants", "due_date": "2026-11-21", "tags": ["home"]}
    with (
        closing(psycopg2.connect(examples_url)) as connection,
        connection,
        connection.cursor() as c,
    ):
        c.execute("TRUNCATE tasks, idempotency_keys")
        c.execute("ALTER TABLE tasks ALTER COLUMN id RESTART WITH 40")
    headers = {"Authorization": f"Bearer {alice}"}
    with httpx2.Client(base_url=f"{server.url}/api/alice/", headers=headers) as api:
        for task in ({"title": "Call the bank"}, plants):
            api.post("tasks", json=task).raise_for_status()
        api.patch("tasks/41", json={"complete": True}).raise_for_status()
    with recording(server.url) as recorder:
        yield recorder


MILK = {"title": "Buy milk", "description": "Two litres, whole"}
BOOKS = {"title": "Return the books", "due_date": "2026-11-13"}
RENT = {"title": "Pay the rent", "due_date": "2026-11-27", "priority": "high", "tags": ["home"]}


def every(*languages: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("command", languages, indirect=True)


def assert_shown(example: str, recorder: Recorder) -> None:
    texts = told(STORIES[example], recorder.exchanges)
    if RECORD:
        for name, text in texts.items():
            (EXCHANGES / name).write_text(text)
    assert texts == {name: (EXCHANGES / name).read_text() for name in texts}


def create(recorder: Recorder, alice: str, *tasks: dict[str, Any]) -> None:
    """Make the task 42 and those that follow, past the record."""
    for task in tasks:
        recorder.client.post(
            "/api/alice/tasks", headers={"Authorization": f"Bearer {alice}"}, json=task
        ).raise_for_status()


@every("curl", "TypeScript", "Python")
def test_each_operation_gets_the_answer_that_is_shown(
    command: Callable[[str], list[str | Path]], recorder: Recorder, alice: str
) -> None:
    output = run(*command("tasks"), API=recorder.url, TOKEN=alice)

    assert "Buy oat milk" in output
    assert_shown("tasks", recorder)


@every("curl", "TypeScript", "Python")
def test_an_update_is_not_lost_and_a_retry_makes_no_second_task(
    command: Callable[[str], list[str | Path]], recorder: Recorder, alice: str
) -> None:
    create(recorder, alice, MILK)

    output = run(*command("concurrency"), API=recorder.url, TOKEN=alice)

    assert "Buy oat milk" in output
    assert_shown("concurrency", recorder)
    lost, again = recorder.exchanges[-2:]
    assert lost.answer.json() == again.answer.json()


ZONES = ("America/Los_Angeles", "Asia/Tokyo")


@pytest.mark.parametrize("zone", ZONES)
@every("curl", "TypeScript", "Python")
def test_tasks_are_found_by_their_due_dates_priorities_and_tags(
    command: Callable[[str], list[str | Path]], recorder: Recorder, alice: str, zone: str
) -> None:
    create(recorder, alice, MILK, BOOKS, RENT)

    run(*command("due_dates"), API=recorder.url, TOKEN=alice, TZ=zone)

    assert_shown("due_dates", recorder)
    assert found(recorder) == {
        "due_by_friday": ["Return the books", "Pay the rent"],
        "overdue": ["Return the books"],
        "most_urgent": ["Call the dentist", "Pay the rent"],
        "with_two_tags": ["Call the dentist"],
        "undated": ["Buy milk", "Call the bank"],
        "with_old_tag": ["Call the dentist again"],
    }


def found(recorder: Recorder) -> dict[str, list[str]]:
    """Return the titles of each list that was asked for, by the exchange's name."""
    exchanges = zip(STORIES["due_dates"].exchanges, recorder.exchanges, strict=True)
    return {
        name: [task["title"] for task in answer.json()["tasks"]]
        for name, (request, answer) in exchanges
        if request.method == "GET"
    }


@pytest.mark.parametrize("zone", ZONES)
@every("TypeScript", "Python")
def test_a_due_date_is_the_same_day_in_every_time_zone(
    command: Callable[[str], list[str | Path]], zone: str
) -> None:
    days = [line.lstrip("0") for line in run(*command("days"), TZ=zone).splitlines()]

    assert days == ["1 Dec 2026", "1 Dec 2026, 09:30"]


@every("TypeScript", "Python")
def test_an_error_is_explained(
    command: Callable[[str], list[str | Path]], recorder: Recorder, alice: str
) -> None:
    output = run(*command("errors"), API=recorder.url, TOKEN=alice)

    assert output.splitlines() == [
        "/title: Must have at most 200 characters.",
        "Must have at most 200 characters.",
        "Please sign in again.",
        "There is no such task.",
    ]
    assert_shown("errors", recorder)


@every("TypeScript", "Python")
def test_all_tasks_come_page_by_page(
    command: Callable[[str], list[str | Path]], recorder: Recorder, alice: str, examples_url: str
) -> None:
    with closing(psycopg2.connect(examples_url)) as database, database, database.cursor() as c:
        c.execute(
            "INSERT INTO tasks (user_id, title) SELECT 'alice', 'Number ' || n"
            " FROM generate_series(1, 248) AS n"
        )

    output = run(*command("pages"), API=recorder.url, TOKEN=alice)

    assert output.splitlines() == [
        *(f"Number {number}" for number in range(248, 0, -1)),
        *("Water the plants", "Call the bank"),
    ]
    assert len(recorder.exchanges) == 3


def test_the_answers_shown_are_the_contracts_own_examples() -> None:
    examples = contract()["components"]["examples"]

    for shown, name in {
        "create_task": "NewTask",
        "list_tasks": "FirstPage",
        "get_task": "NewTask",
        "update_task": "ReplacedTask",
        "patch_task": "TickedTask",
    }.items():
        body = (EXCHANGES / f"{shown}.answer.http").read_text().partition("\n\n")[2]
        assert json.loads(body) == examples[name]["value"]


def test_no_exchange_is_shown_that_nothing_records() -> None:
    named = {name for story in STORIES.values() for name in story.exchanges}

    assert {path.name.partition(".")[0] for path in EXCHANGES.iterdir()} == named
