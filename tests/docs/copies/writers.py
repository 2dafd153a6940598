"""Other clients that create, change, replace and delete the same tasks."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from random import Random
from threading import Event
from typing import Any

import httpx2

WRITERS = 4
_MOST_TAGS = 6
"""A task has room for 20, with those of the copy."""

Json = dict[str, Any]


class Writers:
    """What they were told has been done."""

    def __init__(self, api: httpx2.Client) -> None:
        self._api = api
        self.tags: list[tuple[int, str]] = []
        self.statuses: Counter[tuple[str, int]] = Counter()

    def create(self, title: str) -> None:
        self._send("POST", "tasks", json={"title": title, "tags": ["errands"]})

    def write(self, name: str, seed: int, over: Event) -> None:
        """Write, with pauses as people make them, only shorter."""
        random = Random(seed)
        number = 0
        while not over.wait(random.uniform(0.005, 0.03)):
            number += 1
            self._write(random, f"{name}-{number}")

    def _write(self, random: Random, mark: str) -> None:
        # Most work is done on what is new; the oldest tasks are shifted by deletions, too.
        order = random.choices(["-created_at", "created_at"], [0.9, 0.1])[0]
        tasks = self._send("GET", "tasks", params={"sort": order, "limit": 30}).json()["tasks"]
        kind = random.choices(["create", "tag", "patch", "put", "delete"], [25, 20, 20, 15, 20])[0]
        if kind == "create" or len(tasks) < 30:
            self.create(mark)
        else:
            self._change(random, kind, random.choice(tasks), mark)

    def _change(self, random: Random, kind: str, task: Json, mark: str) -> None:
        path, seen = f"tasks/{task['id']}", {"If-Match": f'"{task["version"]}"'}
        unseen = random.choice([{}, seen])
        match kind:
            case "tag" if len(task["tags"]) < _MOST_TAGS:
                body: Json = {"tags": [*task["tags"], mark]}
                if self._send("PATCH", path, headers=seen, json=body).is_success:
                    self.tags.append((task["id"], mark))
            case "put":
                body = {"title": mark, "complete": random.random() < 0.5}
                self._send("PUT", path, headers=unseen, json=body)
            case "delete":
                self._send("DELETE", path, headers=unseen)
            case _:
                body = random.choice([{"title": mark}, {"complete": True}, {"priority": "high"}])
                self._send("PATCH", path, headers=unseen, json=body)

    def _send(self, method: str, path: str, **options: Any) -> httpx2.Response:
        answer = self._api.request(method, path, **options)
        self.statuses[method, answer.status_code] += 1
        assert answer.is_success or answer.status_code in {404, 412}, answer.text
        return answer


@contextmanager
def writing(writers: Writers, seed: int) -> Iterator[None]:
    """Have them write at once until the block ends."""
    over = Event()
    with ThreadPoolExecutor(WRITERS) as threads:
        work = [threads.submit(writers.write, f"w{n}", seed + n, over) for n in range(WRITERS)]
        try:
            yield
        finally:
            over.set()
    for done in work:
        done.result()
