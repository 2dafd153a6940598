"""Clients that write through kills, and the book they keep of what must be there afterwards."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from itertools import count
from threading import Event
from typing import Any

import orjson

from tests.conftest import SECRET
from tests.live.conftest import PATIENCE, until
from todo_api.settings.development import token_for

CLIENTS = 4  # of each sort
CHANGES = 3  # of a task, at most
PAUSE = 0.01
NOT_THERE = 0
REFUSALS = ("DATABASE_ERROR", "OVERLOADED")

Row = tuple[int, str, int]
"""A task's id, title and version."""


@dataclass(slots=True)
class Task:
    """What a client knows of a task: the versions that it may be found in."""

    name: str
    id: int = 0
    versions: tuple[int, ...] = (NOT_THERE,)

    def title(self, version: int) -> str:
        return f"{self.name}/{version}"

    def take(self, answer: dict[str, Any], version: int) -> None:
        """Note that a version has been acknowledged, of the task that it should be."""
        expected = (self.id or answer["id"], self.title(version), version)
        acknowledged = (answer["id"], answer["title"], answer["version"])
        assert acknowledged == expected, f"{acknowledged} instead of {expected}"
        self.id, self.versions = answer["id"], (version,)

    def is_found_in(self, rows: Sequence[Row]) -> bool:
        if not rows:
            return NOT_THERE in self.versions
        return any(
            self.id in {0, found} and version in self.versions
            for found, title, version in rows
            if title == self.title(version)
        )

    def was_done_unseen(self, rows: Sequence[Row]) -> bool:
        """Tell whether the last request was carried out though nobody was told."""
        found = [version for _, _, version in rows] or [NOT_THERE]
        return len(self.versions) > 1 and found == [self.versions[-1]]


@dataclass
class Client:
    """One connection, opened again if it breaks."""

    name: str
    user: str
    connection: HTTPConnection
    over: Event
    patience: float = PATIENCE
    """Seconds for which the service may be away."""
    tasks: list[Task] = field(default_factory=list)
    acknowledged: int = 0
    written: float = 0.0
    """When the request was sent that is the last acknowledged write."""
    unknown: int = 0
    """The number of requests of which nobody can say what became of them."""
    cut: int = 0
    """The number of those that no answer came to."""

    def __post_init__(self) -> None:
        self._path = f"/api/{self.user}/tasks"
        token = token_for(self.user, SECRET, 3600)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def write(self) -> None:
        """Create, change and delete tasks, each request sent once."""
        for number, task in enumerate(self._fresh()):
            changes = number % (CHANGES + 1)
            if all(self._sets(task, version) for version in range(1, changes + 2)) and changes == 1:
                self._deletes(task)

    def retry(self) -> None:
        """Create tasks, each with a key and sent until it has been acknowledged, twice."""
        for task in self._fresh():
            task.versions = (1,)
            for _ in range(2):
                task.take(self._insist(task), 1)

    def _fresh(self) -> Iterator[Task]:
        numbers = count()
        while not self.over.is_set():
            self.tasks.append(Task(f"{self.name}.{next(numbers)}"))
            yield self.tasks[-1]

    def _sets(self, task: Task, version: int) -> bool:
        """Make that version, and tell whether it has been acknowledged; else nobody knows."""
        task.versions += (version,)
        body = {"title": task.title(version)}
        create = version == 1
        path = self._path if create else f"{self._path}/{task.id}"
        answer = self._send("POST" if create else "PATCH", path, body)
        if answer is None:
            return False
        task.take(answer, version)
        return True

    def _deletes(self, task: Task) -> None:
        task.versions += (NOT_THERE,)
        if self._send("DELETE", f"{self._path}/{task.id}") is not None:
            task.versions = (NOT_THERE,)

    def _insist(self, task: Task) -> dict[str, Any]:
        key = {"Idempotency-Key": task.name}
        deadline = time.monotonic() + self.patience
        while time.monotonic() < deadline:
            answer = self._send("POST", self._path, {"title": task.title(1)}, key)
            if answer is not None:
                return answer
            time.sleep(PAUSE)
        raise AssertionError("no try was acknowledged")

    def _send(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> dict[str, Any] | None:
        """Send a request once and return what was acknowledged, None where nothing was."""
        content = None if body is None else orjson.dumps(body)
        deadline = time.monotonic() + self.patience
        while (sent := time.monotonic()) < deadline:
            try:
                self.connection.request(method, path, content, self._headers | (headers or {}))
                answer = self._acknowledged()
            except ConnectionRefusedError:
                self.connection.close()
                time.sleep(PAUSE)  # nothing has been sent
            except (ConnectionError, HTTPException):
                self.connection.close()
                self.unknown += 1
                self.cut += 1
                return None
            else:
                if answer is not None and method != "GET":
                    self.written = sent
                return answer
        raise AssertionError("the service never came back")

    def _acknowledged(self) -> dict[str, Any] | None:
        answer = self.connection.getresponse()
        content = answer.read()
        document: dict[str, Any] = orjson.loads(content) if content else {}
        if answer.status in {200, 201, 204}:
            self.acknowledged += 1
            return document
        assert answer.status == 503, f"{answer.status} {document}"
        assert document["error_code"] in REFUSALS
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.headers["Retry-After"] == "1"
        self.unknown += 1
        time.sleep(PAUSE)
        return None


class Load:
    """Plain writers, which send each request once, and blind retriers, which insist."""

    def __init__(
        self, user: str, port: int, sort: type[Client] = Client, patience: float = PATIENCE
    ) -> None:
        self._over = Event()
        self._patience = patience
        self._running: list[Future[None]] = []

        def client(name: str) -> Client:
            connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
            return sort(name, user, connection, self._over, patience)

        self.writers = [client(f"writer {number}") for number in range(CLIENTS)]
        self.retriers = [client(f"retrier-{number}") for number in range(CLIENTS)]

    @property
    def clients(self) -> list[Client]:
        return self.writers + self.retriers

    @property
    def acknowledged(self) -> int:
        return sum(client.acknowledged for client in self.clients)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Write until the block ends, and raise what a client found wrong."""
        loops = [client.write for client in self.writers]
        loops += [client.retry for client in self.retriers]
        with ExitStack() as connections:
            for client in self.clients:
                connections.enter_context(closing(client.connection))
            with ThreadPoolExecutor(len(loops)) as threads:
                self._running = [threads.submit(loop) for loop in loops]
                try:
                    yield
                finally:
                    self._over.set()
            for future in self._running:
                future.result()

    def goes_on(self, enough: int) -> None:
        """Wait until every client has had that many more writes acknowledged."""
        goals = [(client, client.acknowledged + enough) for client in self.clients]
        self._until(lambda: all(client.acknowledged >= goal for client, goal in goals))

    @contextmanager
    def is_struck(self, clients: int) -> Iterator[None]:
        """Wait, after the block, until so many clients have had a request not acknowledged."""
        before = [(client, client.unknown) for client in self.clients]
        yield
        self._until(lambda: sum(client.unknown > past for client, past in before) >= clients)

    def resumes(self) -> float:
        """Return the seconds until a write was acknowledged that was sent after this call."""
        now = time.monotonic()
        self._until(lambda: any(client.written > now for client in self.clients))
        return time.monotonic() - now

    def _until(self, condition: Callable[[], bool]) -> None:
        until(lambda: condition() or any(future.done() for future in self._running), self._patience)
        for future in self._running:
            if future.done():
                future.result()  # a client only ends when something is wrong
