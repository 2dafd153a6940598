"""Whether all servers do the same work: the same conversation with each, on the same tasks.

Run from the repository's folder with `.venv/bin/python -m bench.check`.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import click
import httpx2

from bench.database import TASKS_EACH, USERS, running_database, task_of
from bench.peers import PEERS, through
from bench.pooler import running_pooler
from bench.servers import serving
from bench.workload import NOBODYS, SECRET
from todo_api.settings.development import token_for

_OURS = PEERS["todo-api"].title
_PATIENCE = 30.0  # seconds
_TTL = 3600  # seconds
_USER, _OTHER = USERS[0], USERS[1]
_MINE, _THEIRS = task_of(_USER, 0), task_of(_OTHER, 0)
_TIMESTAMPS = ("created_at", "updated_at", "completed_at")

_INVALID_TASKS: list[Any] = [
    {},
    {"title": ""},
    {"title": "x" * 201},
    {"title": None},
    {"title": {}},
    {"title": "Buy milk", "description": "x" * 1001},
    {"title": "Buy milk", "completed": True},
    {"title": "Buy milk", "due_date": "2026-02-30"},
    {"title": "Buy milk", "priority": "most"},
    {"title": "Buy milk", "tags": [""]},
    {"title": "Buy milk", "tags": [str(number) for number in range(21)]},
    {"title": "Buy milk", "tags": None},
    [],
]
_INVALID_CHANGES: list[Any] = [{"title": None}, {"title": ""}, {"complete": "soon"}, {"done": True}]
_INVALID_QUERIES = ["limit=0", "limit=1001", "limit=many"]


class Answer(NamedTuple):
    """A status, and the JSON of a success without what differs between two runs."""

    status: int
    body: Any


class Caller:
    """Asks one server and keeps its answers by request."""

    def __init__(self, url: str) -> None:
        self.answers: dict[str, Answer] = {}
        self._client = httpx2.Client(base_url=url, timeout=_PATIENCE)
        self._token = token_for(_USER, SECRET, _TTL)

    def ask(
        self, method: str, path: str = "", body: Any = None, *, user: str = _USER, token: str = ""
    ) -> Any:
        """Send a request and return the answer's JSON."""
        response = self._client.request(
            method,
            f"/api/{user}/tasks{path}",
            json=body,
            headers={"Authorization": f"Bearer {token or self._token}"},
        )
        self._keep(f"{method} {user}{path.partition('&cursor')[0]} {body}", response)
        return response.json()

    def ask_without_token(self) -> None:
        """Ask for the user's tasks as nobody."""
        self._keep("without a token", self._client.get(f"/api/{_USER}/tasks"))

    def ask_what_is_invalid(self, method: str, path: str = "", body: Any = None) -> None:
        """Send what must be refused; which 4xx that is, each framework decides for itself."""
        self.ask(method, path, body)
        request, answer = self.answers.popitem()
        self.answers[request] = answer._replace(status=answer.status // 100)

    def _keep(self, request: str, response: httpx2.Response) -> None:
        body = _steady(response.json()) if response.is_success else None
        self.answers[f"{len(self.answers)}. {request}"] = Answer(response.status_code, body)


def _steady(body: Any) -> Any:
    """Leave timestamps and cursors out; that they are there, and in UTC, remains."""
    if "tasks" not in body:
        return body | {name: body[name] and body[name][-1] for name in _TIMESTAMPS}
    tasks = [_steady(task) for task in body["tasks"]]
    return body | {"tasks": tasks, "next_cursor": type(body["next_cursor"]).__name__}


def _conversation(url: str) -> dict[str, Answer]:
    caller = Caller(url)
    _talk_of_tasks(caller)
    _ask_for_what_is_others(caller)
    for task in _INVALID_TASKS:
        caller.ask_what_is_invalid("POST", "", task)
    for change in _INVALID_CHANGES:
        caller.ask_what_is_invalid("PATCH", f"/{_MINE}", change)
    for query in _INVALID_QUERIES:
        caller.ask_what_is_invalid("GET", f"?{query}")
    caller.ask_what_is_invalid("GET", "/milk")
    caller.ask("GET")
    return caller.answers


def _talk_of_tasks(caller: Caller) -> None:
    caller.ask("GET")
    cursor = caller.ask("GET", f"?limit={TASKS_EACH - 1}")["next_cursor"]
    caller.ask("GET", f"?limit=2&cursor={cursor}")
    caller.ask("POST", "", {"title": "Water the plants"})
    later = {"due_date": "2026-12-01T09:30", "priority": "urgent", "tags": ["b", "a"]}
    caller.ask("POST", "", {"title": "Call the dentist", **later})
    task = caller.ask("POST", "", {"title": "Grüße an 😀", "description": "Two litres"})
    path = f"/{task['id']}"
    caller.ask("GET", path)
    caller.ask("PATCH", path, {"complete": True})
    caller.ask("PATCH", path, {"title": "Buy oat milk", "description": None, "complete": False})
    caller.ask("PATCH", path, later)
    caller.ask("PATCH", path, {"due_date": None, "priority": "none", "tags": []})
    caller.ask("GET", path)


def _ask_for_what_is_others(caller: Caller) -> None:
    forged, expired = token_for(_USER, SECRET[::-1], _TTL), token_for(_USER, SECRET, -_TTL)
    caller.ask_without_token()
    for token in (forged, expired, "milk"):
        caller.ask("GET", f"/{_MINE}", token=token)
    caller.ask("GET", user=_OTHER)
    caller.ask("GET", f"/{_THEIRS}", user=_OTHER)
    caller.ask("POST", "", {"title": "Not mine"}, user=_OTHER)
    caller.ask("PATCH", f"/{_THEIRS}", {"complete": True}, user=_OTHER)
    for task in (_THEIRS, NOBODYS):
        caller.ask("GET", f"/{task}")
        caller.ask("PATCH", f"/{task}", {"complete": True})


def _first_request() -> bytes:
    token = token_for(_USER, SECRET, _TTL)
    lines = [
        f"GET /api/{_USER}/tasks HTTP/1.1",
        "Host: localhost",
        f"Authorization: Bearer {token}",
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def main() -> None:
    """Print every answer that differs from ours, and fail if there is one."""
    answers: dict[str, dict[str, Answer]] = {}
    with (
        TemporaryDirectory() as folder,
        running_database() as database,
        running_pooler(database) as pooler,
    ):
        for peer in (*PEERS.values(), *through(pooler).values()):
            database.fill()
            with serving(peer, database, _first_request(), Path(folder)) as server:
                answers[peer.title] = _conversation(f"http://127.0.0.1:{server.port}")
    ours = answers.pop(_OURS)
    differences = [
        f"{name}: {request}\n    {theirs.get(request)}\n    ours: {answer}"
        for name, theirs in answers.items()
        for request, answer in ours.items()
        if theirs.get(request) != answer
    ]
    if differences:
        sys.exit("\n".join(differences))
    click.echo(f"{len(ours)} requests, each with the same answer of {len(answers) + 1} servers.")


if __name__ == "__main__":
    main()
