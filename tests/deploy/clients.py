"""Clients that create, read and change tasks, and keep the book of every answer."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from threading import Event
from typing import Any

import httpx2

from tests.conftest import SECRET
from tests.deploy.entrance import Entrance
from tests.live.conftest import PATIENCE, until
from todo_api.settings.development import token_for

KINDS: dict[str, dict[str, Any]] = {
    "HTTP/1.1, kept": {},
    "HTTP/2, kept": {"http2": True},
    "HTTP/1.1, fresh": {"limits": httpx2.Limits(max_keepalive_connections=0)},
}
"""The connections that clients make: those of browsers, and one for each request.

A name begins with the version that HAProxy must agree to.
"""
EACH = 2
PAUSE = 0.1  # seconds; the replicas need the processor to start


@dataclass
class Client:
    """One that sends each request once, and expects one status of each."""

    name: str
    http: httpx2.Client
    over: Event
    tasks: dict[str, int] = field(default_factory=dict)
    """The version that each title must have."""
    answered: int = 0
    failed: list[str] = field(default_factory=list)

    def run(self) -> None:
        with self.http:
            for number in count():
                if self.over.wait(PAUSE):
                    break
                self._creates_once(f"{self.name} {number} with a key")
                self._creates_and_changes(f"{self.name} {number}")

    def _creates_once(self, title: str) -> None:
        """Create a task with a key, twice."""
        key = {"Idempotency-Key": title.replace(" ", "-")}
        first, again = self._creates(title, key), self._creates(title, key)
        if first != again:
            self.failed.append(f"{title}: created as {first} and as {again}")

    def _creates_and_changes(self, title: str) -> None:
        task = self._creates(title)
        first = '"1"'
        done = {"json": {"complete": True}, "headers": {"If-Match": first}}
        self._sends(200, "GET", f"tasks/{task}")
        self._sends(304, "GET", f"tasks/{task}", headers={"If-None-Match": first})
        self.tasks[title] = self._sends(200, "PATCH", f"tasks/{task}", **done).get("version", 0)
        self._sends(412, "PATCH", f"tasks/{task}", **done)
        self._sends(200, "GET", "tasks?limit=2")

    def _creates(self, title: str, headers: dict[str, str] | None = None) -> int | None:
        created = self._sends(201, "POST", "tasks", json={"title": title}, headers=headers)
        self.tasks[title] = created.get("version", 0)
        return created.get("id")

    def _sends(self, expected: int, method: str, path: str, **options: Any) -> dict[str, Any]:
        """Send a request, and return what came with the status that was expected."""
        try:
            answer = self.http.request(method, path, **options)
        except httpx2.TransportError as error:
            self.failed.append(f"{self.name}: {method} {path}: {error!r}")
            return {}
        if answer.status_code != expected or not self.name.startswith(answer.http_version):
            said = f"{answer.http_version} {answer.status_code} {answer.text}"
            self.failed.append(f"{self.name}: {method} {path}: {said}")
            return {}
        self.answered += 1
        return answer.json() if answer.content else {}


class Load:
    """Clients of one user, of every kind, until a block ends."""

    def __init__(self, user: str, entrance: Entrance) -> None:
        self._over = Event()
        shared: dict[str, Any] = {
            "base_url": f"{entrance.url}/api/{user}/",
            "headers": {"Authorization": f"Bearer {token_for(user, SECRET, 3600)}"},
            "timeout": PATIENCE,
        }
        self._clients = [
            Client(
                f"{kind} {number}",
                httpx2.Client(verify=entrance.trust(), **shared, **own),
                self._over,
            )
            for kind, own in KINDS.items()
            for number in range(EACH)
        ]

    @property
    def answered(self) -> int:
        return sum(client.answered for client in self._clients)

    @property
    def failed(self) -> list[str]:
        return [failure for client in self._clients for failure in client.failed]

    @property
    def tasks(self) -> list[tuple[str, int]]:
        """The titles and versions that must be there."""
        return [task for client in self._clients for task in client.tasks.items()]

    @contextmanager
    def running(self) -> Iterator[None]:
        with ThreadPoolExecutor(len(self._clients)) as threads:
            running = [threads.submit(client.run) for client in self._clients]
            try:
                yield
            finally:
                self._over.set()
            for future in running:
                future.result()

    def goes_on(self, enough: int) -> None:
        """Wait until every client has sent that many more requests."""
        goals = [(client, _sent(client) + enough) for client in self._clients]
        until(lambda: all(_sent(client) >= goal for client, goal in goals))


def _sent(client: Client) -> int:
    return client.answered + len(client.failed)
