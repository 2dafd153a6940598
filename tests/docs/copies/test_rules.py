"""What becomes of an edit that meets another one, or a server that is busy, as the page says."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.docs.copies.conftest import Start, requests
from tests.docs.copies.history import History
from tests.docs.copies.program import Json, Program
from tests.live.conftest import Server
from tests.live.proxy import Proxy

LIMIT = 10


@pytest.fixture
def program(start: Start, proxy: Proxy, history: History) -> Iterator[Program]:  # noqa: ARG001
    with start(f"http://127.0.0.1:{proxy.port}", LIMIT) as program:
        yield program


@pytest.fixture
def milk(program: Program, api: httpx2.Client) -> int:
    """A task that the copy and the server have alike."""
    new = api.post("tasks", json={"title": "Buy milk", "tags": ["errands"]}).json()
    assert program.ask("sync")
    number: int = new["id"]
    return number


def patch(api: httpx2.Client, task: int, **properties: Any) -> None:
    api.patch(f"tasks/{task}", json=properties).raise_for_status()


def reasons(program: Program) -> list[str]:
    return [note["reason"] for note in program.ask("notes")]


def test_properties_are_merged_and_the_copys_value_wins_where_both_changed(
    program: Program, api: httpx2.Client, milk: int
) -> None:
    program.ask("change", milk, {"title": "Buy oat milk", "tags": ["mine"]})
    patch(api, milk, title="Buy soy milk", tags=["theirs", "errands"], complete=True)

    assert program.ask("sync")
    [note] = program.ask("notes")
    task = api.get(f"tasks/{milk}").json()
    assert (task["title"], task["complete"]) == ("Buy oat milk", True)
    assert task["tags"] == ["theirs", "mine"]
    assert (note["reason"], note["theirs"]) == ("overwritten", {"title": "Buy soy milk"})
    assert program.tasks() == {milk: task}
    assert program.ask("notes") == []


def test_edits_on_top_of_one_another_keep_what_came_in_between(
    program: Program, api: httpx2.Client, milk: int
) -> None:
    program.ask("change", milk, {"tags": ["errands", "one"]})
    program.ask("change", milk, {"tags": ["errands", "one", "two"]})
    patch(api, milk, tags=["errands", "theirs"])

    assert program.ask("sync")
    assert program.tasks()[milk]["tags"] == ["errands", "theirs", "one", "two"]
    assert program.ask("notes") == []


def test_a_new_task_is_edited_and_removed_before_it_is_sent(
    program: Program, api: httpx2.Client, milk: int
) -> None:
    kept, gone = program.ask("add", {"title": "Kept"}), program.ask("add", {"title": "Gone"})
    program.ask("change", kept, {"complete": True, "priority": "high"})
    program.ask("change", gone, {"complete": True})
    program.ask("remove", gone)

    assert program.ask("sync")
    program.ask("change", kept, {"title": "Kept, too"})  # by what stood for its id
    assert program.ask("sync")
    tasks = api.get("tasks", params={"sort": "created_at"}).json()["tasks"]
    assert [task["title"] for task in tasks] == ["Buy milk", "Kept, too"]
    assert tasks == list(program.tasks().values())
    assert (tasks[0]["id"], tasks[1]["priority"], tasks[1]["version"]) == (milk, "high", 3)
    assert program.ask("notes") == []


def test_a_deletion_elsewhere_is_final(program: Program, api: httpx2.Client, milk: int) -> None:
    program.ask("change", milk, {"title": "Buy oat milk"})
    program.ask("change", milk, {"complete": True})
    api.delete(f"tasks/{milk}").raise_for_status()

    assert program.ask("sync")
    assert program.tasks() == {}
    assert reasons(program) == ["deleted elsewhere"] * 2


def test_a_task_that_was_changed_elsewhere_is_not_deleted_unseen(
    program: Program, api: httpx2.Client, milk: int
) -> None:
    program.ask("change", milk, {"complete": True})
    program.ask("remove", milk)
    patch(api, milk, title="Buy milk and bread")

    assert program.ask("sync")
    assert program.tasks()[milk]["title"] == "Buy milk and bread"
    assert reasons(program) == ["not deleted, as changed elsewhere"]

    program.ask("remove", milk)
    assert program.ask("sync")
    assert program.tasks() == {}


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_an_edit_whose_answer_is_lost_is_made_once(
    program: Program, proxy: Proxy, api: httpx2.Client, milk: int, method: str
) -> None:
    match method:
        case "POST":
            program.ask("add", {"title": "Buy bread"})
        case "PATCH":
            program.ask("change", milk, {"title": "Buy oat milk", "tags": []})
        case _:
            program.ask("remove", milk)
    proxy.lose_replies_to(f"{method} /api/".encode(), times=1)

    assert not program.ask("sync")
    program.restart()
    assert program.ask("sync")
    tasks = api.get("tasks").json()["tasks"]
    assert sorted(task["version"] for task in tasks) == {"POST": [1, 1], "PATCH": [2]}.get(
        method, []
    )
    assert program.ask("notes") == []
    assert proxy.lost == 1


def test_an_edit_that_is_refused_holds_up_no_other(
    program: Program, api: httpx2.Client, milk: int
) -> None:
    wrong = program.ask("add", {"title": ""})
    program.ask("change", wrong, {"complete": True})
    program.ask("change", milk, {"title": "x" * 201})
    program.ask("change", milk, {"complete": True})

    assert program.ask("sync")
    assert reasons(program) == ["refused"] * 3
    assert list(program.tasks().values()) == api.get("tasks").json()["tasks"]
    assert program.tasks()[milk]["complete"]


def test_a_deletion_costs_its_page_alone_and_empty_pages_are_joined(
    program: Program, own_server: Server, api: httpx2.Client, milk: int
) -> None:
    ids = [milk, *(api.post("tasks", json={"title": str(n)}).json()["id"] for n in range(59))]
    statuses = []
    for gone in ([], [], ids[:1], ids[1:35]):
        for task in gone:
            api.delete(f"tasks/{task}").raise_for_status()
        assert program.ask("sync")
        assert len(program.tasks()) == len(api.get("tasks").json()["tasks"])
    lists = [line["status"] for line in requests(own_server) if line["status"] in (200, 304)][1:]

    statuses = [lists[:6], lists[6:12], lists[12:18], lists[18:]]
    assert statuses[0] == [200] * 6
    assert statuses[1] == [304] * 6
    assert statuses[2] == [200] + [304] * 5
    assert len(statuses[3]) <= 4


def test_cursors_that_are_no_longer_taken_cost_a_new_beginning(
    program: Program, api: httpx2.Client, milk: int, tmp_path: Path
) -> None:
    for number in range(25):
        api.post("tasks", json={"title": str(number)})
    assert program.ask("sync")
    file = tmp_path / "copy" / "pages.json"
    pages: list[Json] = json.loads(file.read_text())
    file.write_text(json.dumps([page | {"cursor": page["cursor"] and "old"} for page in pages]))
    program.restart()
    patch(api, milk, title="Buy oat milk")

    assert program.ask("sync")
    assert len(program.tasks()) == 26
    assert program.tasks()[milk]["title"] == "Buy oat milk"


@pytest.mark.parametrize("own_settings", [{"RATE_LIMIT": "3/second"}])
def test_a_copy_waits_as_long_as_a_rate_limit_says(
    program: Program, own_server: Server, api: httpx2.Client, milk: int
) -> None:
    for number in range(45):
        api.post("tasks", json={"title": str(number)})
    program.ask("change", milk, {"complete": True})

    assert program.ask("sync")
    assert len(program.tasks()) == 46
    assert program.tasks()[milk]["complete"]
    assert 429 in [line["status"] for line in requests(own_server)]


@pytest.mark.parametrize("own_settings", [{"REQUEST_TIMEOUT": "0.5"}])
def test_a_copy_asks_again_after_a_503(
    program: Program, own_server: Server, history: History, milk: int
) -> None:
    program.ask("change", milk, {"complete": True})
    history.rows("BEGIN; LOCK TABLE tasks")

    with ThreadPoolExecutor(1) as threads:
        lock = threads.submit(history.rows, "SELECT pg_sleep(1.5); COMMIT")
        assert program.ask("sync")
        lock.result()
    assert program.tasks()[milk]["complete"]
    assert 503 in [line["status"] for line in requests(own_server)]
