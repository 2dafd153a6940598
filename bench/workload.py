"""The requests: spread over all users and their tasks, each user with a token of its own."""

import json
import random
from dataclasses import dataclass
from pathlib import Path

from bench.database import TASKS_EACH, USERS, task_of
from todo_api.settings.development import token_for

SECRET = "a secret of the benchmark, which all servers share"  # noqa: S105 (protects nothing)
TITLE = "Buy two litres of milk"
DESCRIPTION = "The organic one, from the shop at the corner."

SPEED = ("GET one", "list of 50", "POST", "PATCH")
"""The operations that are compared between servers."""
NOT_2XX = (
    "304, known ETag",
    "401, no token",
    "401, forged token",
    "404, no such task",
    "422, misspelt property",
)
"""What our service answers otherwise than with a 2xx."""

NOBODYS = 2**53 - 1  # the contract's largest id, which no task has

_TTL = 86_400


@dataclass(frozen=True)
class Operation:
    """Requests that are all answered with `status`; `file` holds them, separated by NUL."""

    status: int
    requests: list[bytes]
    file: Path
    writes: bool


def workload(folder: Path) -> dict[str, Operation]:
    """Write the requests of every operation into a file of `folder`."""
    return {
        name: _saved(folder / f"{name}.requests", status, requests)
        for name, (status, requests) in _requests().items()
    }


def _saved(file: Path, status: int, requests: list[bytes]) -> Operation:
    file.write_bytes(b"\0".join(requests))
    return Operation(status, requests, file, writes=file.stem in {"POST", "PATCH"})


def _requests() -> dict[str, tuple[int, list[bytes]]]:
    order = random.Random(50)  # noqa: S311 (the same order in every run)
    tokens = {user: token_for(user, SECRET, _TTL) for user in order.sample(USERS, len(USERS))}
    forged = {user: token_for(user, SECRET[::-1], _TTL) for user in tokens}
    paths = {user: f"/api/{user}/tasks" for user in tokens}
    tasks = [
        (user, f"{paths[user]}/{task_of(user, n)}") for user in USERS for n in range(TASKS_EACH)
    ]
    order.shuffle(tasks)
    task = {"title": TITLE, "description": DESCRIPTION}
    done, misspelt = {"complete": True}, {"titel": TITLE}
    known = 'If-None-Match: "1"'
    return {
        "GET one": (200, [_request("GET", path, tokens[user]) for user, path in tasks]),
        "list of 50": (
            200,
            [_request("GET", f"{paths[u]}?limit=50", t) for u, t in tokens.items()],
        ),
        "POST": (201, [_request("POST", paths[u], t, body=task) for u, t in tokens.items()]),
        "PATCH": (200, [_request("PATCH", path, tokens[u], body=done) for u, path in tasks]),
        "304, known ETag": (304, [_request("GET", path, tokens[u], known) for u, path in tasks]),
        "401, no token": (401, [_request("GET", path) for _, path in tasks]),
        "401, forged token": (401, [_request("GET", path, forged[u]) for u, path in tasks]),
        "404, no such task": (
            404,
            [_request("GET", f"{paths[u]}/{NOBODYS}", t) for u, t in tokens.items()],
        ),
        "422, misspelt property": (
            422,
            [_request("POST", paths[u], t, body=misspelt) for u, t in tokens.items()],
        ),
    }


def _request(
    method: str,
    path: str,
    token: str | None = None,
    *headers: str,
    body: dict[str, str] | dict[str, bool] | None = None,
) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *headers]
    if token is not None:
        lines.append(f"Authorization: Bearer {token}")
    content = b"" if body is None else json.dumps(body).encode()
    if content:
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join([*lines, "", ""]).encode() + content
