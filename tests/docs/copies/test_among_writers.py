"""A copy that is offline, cut off and killed, while four others write, is true in the end."""

import os
from collections import Counter
from collections.abc import Callable, Iterable
from random import Random
from threading import Timer

import httpx2
import pytest

from tests.docs.copies.conftest import Start, requests
from tests.docs.copies.history import History, Moment
from tests.docs.copies.person import Person
from tests.docs.copies.program import Json, Program
from tests.docs.copies.writers import Writers, writing
from tests.live.conftest import Server
from tests.live.proxy import Proxy

ROUNDS = int(os.environ.get("CAMPAIGN_COPIES", "5"))
"""How often a copy is offline, is edited and comes back."""
EDITS = 5
TASKS = 250
TROUBLES = ("POST", "PATCH", "DELETE", "cut", "kill")
"""Answers that are lost, and what else happens while edits are sent and pages asked for."""


@pytest.mark.timeout(900)
@pytest.mark.parametrize("limit", [7, 50])
def test_a_copy_among_writers_loses_nothing_and_keeps_no_ghost(
    start: Start,
    limit: int,
    own_server: Server,
    proxy: Proxy,
    history: History,
    api: httpx2.Client,
    figure: Callable[[str], None],
) -> None:
    writers, person, random = Writers(api), Person(limit), Random(limit)
    for number in range(TASKS):
        writers.create(f"old {number}")
    notes: list[Json] = []
    with start(f"http://127.0.0.1:{proxy.port}", limit) as program:
        with writing(writers, seed=limit):
            synced(program, history)
            for number in range(ROUNDS):
                edit_offline(program, proxy, person)
                come_back(program, proxy, TROUBLES[number % len(TROUBLES)], random)
                synced(program, history)
                notes += program.ask("notes")
        synced(program, history)
        copy = program.tasks()

    reference = whole_list(api)
    assert list(copy.values()) == reference
    assert history.now().versions == {task["id"]: task["version"] for task in reference}
    person.assert_settled(copy, history, notes)
    assert all(tag in copy[task]["tags"] for task, tag in writers.tags if task in copy)
    figure(f"{told(own_server, notes)}; {len(copy)} tasks: 0 lost, 0 ghosts, 0 doubles")


def edit_offline(program: Program, proxy: Proxy, person: Person) -> None:
    proxy.refuse()
    for _ in range(EDITS):
        person.edit(program)
    assert program.ask("sync") is False
    before = program.tasks()
    program.restart()
    assert program.tasks() == before
    proxy.accept()


def come_back(program: Program, proxy: Proxy, trouble: str, random: Random) -> None:
    """Sync once, in spite of the trouble."""
    soon = random.uniform(0.01, 0.3)
    match trouble:
        case "kill":
            program.sync_and_be_killed(soon)
        case "cut":
            timer = Timer(soon, proxy.cut)
            timer.start()
            program.ask("sync")
            timer.join()
        case method:
            proxy.lose_replies_to(f"{method} /api/".encode(), times=1)
            program.ask("sync")


def synced(program: Program, history: History) -> None:
    """Sync until that is done, and see that the last walk kept its promise."""
    for _ in range(20):
        before = history.now()
        if program.ask("sync"):
            after = history.now()
            assert_within(program.tasks(), before, after)
            return
    pytest.fail("it never came to be in step")


def assert_within(copy: dict[int | str, Json], before: Moment, after: Moment) -> None:
    """Assert that the copy has what was there throughout, and nothing that was gone before."""
    throughout = before.versions.keys() & after.versions.keys()
    assert throughout <= copy.keys()
    assert not copy.keys() & (before.ever - before.versions.keys())
    for task in throughout:
        assert before.versions[task] <= copy[task]["version"] <= after.versions[task]


def whole_list(api: httpx2.Client) -> list[Json]:
    page = api.get("tasks", params={"sort": "created_at"}).json()
    assert page["next_cursor"] is None
    tasks: list[Json] = page["tasks"]
    return tasks


def told(server: Server, notes: Iterable[Json]) -> str:
    asked = requests(server)
    lists = [line["status"] for line in asked if line["operation"] == "list_tasks"]
    stale = sum(line["status"] == 412 for line in asked)
    reasons = Counter(note["reason"] for note in notes)
    share = lists.count(304) / len(lists)
    counts = f"{len(asked)} requests, {share:.0%} of {len(lists)} pages 304, {stale} 412"
    return f"{counts}; notes: {dict(reasons)}"
