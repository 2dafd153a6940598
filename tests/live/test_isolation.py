"""No cross-user access: another user's token, on every operation, by every spelling of the path."""

import json
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import unquote
from uuid import uuid4

import pytest

from tests.conftest import SECRET
from tests.live.conftest import Server
from tests.live.corpus.paths import PATHS, spellings
from tests.live.wire import Answer, exchange
from todo_api.settings.development import token_for

OPERATIONS = [
    *(("GET", ""), ("HEAD", ""), ("POST", "")),
    *((method, "/{task}") for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE")),
]
BODIES = {
    "POST": b'{"title": "Intruded"}',
    "PUT": b'{"title": "Intruded", "complete": true}',
    "PATCH": b'{"title": "Intruded"}',
}
PAIRS = {
    "two users": ("alice", "bob"),
    "another case": ("alice", "ALICE"),
    "a longer name": ("alice", "alice."),
    "a shorter name": ("alice.", "alice"),
    "all signs": ("alice._~@|:+-a", "alice._~@|:+-"),
}
SECRET_TITLE = "What only one may know"


class Account(NamedTuple):
    user: str
    token: str

    def request(self, method: str, target: str, head: str = "", body: bytes = b"") -> bytes:
        body = body or BODIES.get(method, b"")
        if body:
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        start = f"{method} {target} HTTP/1.1\r\nHost: localhost\r\n"
        return f"{start}Authorization: Bearer {self.token}\r\n{head}\r\n".encode() + body


@pytest.fixture(params=PAIRS.values(), ids=list(PAIRS))
def pair(request: pytest.FixtureRequest) -> list[Account]:
    """A victim and an intruder whose names are like no others."""
    number = uuid4().int
    users = [f"{name[:1]}{number}{name[1:]}" for name in request.param]
    return [Account(user, token_for(user, SECRET, 600)) for user in users]


Pair = list[Account]
Row = tuple[Any, ...]


@pytest.fixture
def victim(pair: Pair) -> Account:
    return pair[0]


@pytest.fixture
def intruder(pair: Pair) -> Account:
    return pair[1]


@pytest.fixture
def task(server: Server, victim: Account) -> int:
    """The id of the victim's only task."""
    body = json.dumps({"title": SECRET_TITLE}).encode()
    key = "Idempotency-Key: the-victims\r\n"
    answer = exchange(server, victim.request("POST", f"/api/{victim.user}/tasks", key, body))
    task: int = json.loads(answer.body)["id"]
    return task


@pytest.fixture
def others(sql: Callable[..., list[Row]], intruder: Account) -> Callable[[], list[Row]]:
    """Read all tasks and keys but the intruder's own, past the service."""

    def others() -> list[Row]:
        return [
            row
            for table in ("tasks", "idempotency_keys")
            for row in sql(
                f"SELECT * FROM {table} WHERE user_id <> %s ORDER BY 1, 2", (intruder.user,)
            )
        ]

    return others


def leaks(answer: Answer, *, own: bool) -> bool:
    refused = 400 <= answer.status < 500
    return SECRET_TITLE.encode() in answer.body or not (refused or own)


def test_no_spelling_of_the_path_leads_to_another_users_tasks(
    server: Server,
    victim: Account,
    intruder: Account,
    task: int,
    others: Callable[[], list[Row]],
    figure: Callable[[str], None],
) -> None:
    before = others()
    names = spellings(victim.user) | {"intruder": intruder.user}
    leaking = []
    sent = 0
    for method, item in OPERATIONS:
        for path in PATHS:
            target = path.format_map(names | {"item": item.format(task=task)})
            own = unquote(target) == f"/api/{intruder.user}/tasks{item.format(task=task)}"
            answer = exchange(server, intruder.request(method, target))
            sent += 1
            if leaks(answer, own=own):
                leaking.append((method, target, answer.status))

    figure(f"{sent} requests over {len(PATHS)} spellings of the path, {len(leaking)} leaks")
    assert leaking == []
    assert others() == before


HEADERS = """
    X-User-ID: {victim}
    X-Forwarded-User: {victim}
    X-Remote-User: {victim}
    X-Original-URL: /api/{victim}/tasks{item}
    X-Rewrite-URL: /api/{victim}/tasks{item}
    X-Original-URI: /api/{victim}/tasks{item}
    X-Forwarded-Prefix: /api/{victim}
    X-Script-Name: /api/{victim}
    Referer: http://localhost/api/{victim}/tasks
    Cookie: user_id={victim}
""".strip().splitlines()


def test_no_header_and_no_id_leads_from_the_own_path_to_another_users_tasks(
    server: Server,
    victim: Account,
    intruder: Account,
    task: int,
    others: Callable[[], list[Row]],
) -> None:
    before = others()
    for method, item in OPERATIONS:
        for header in HEADERS:
            names = {"victim": victim.user, "item": item.format(task=task)}
            target = f"/api/{intruder.user}/tasks{names['item']}"
            head = f"{header.strip()}\r\n".format_map(names)
            answer = exchange(server, intruder.request(method, target, head))

            assert not leaks(answer, own=True)
            assert answer.status == (404 if item else 201 if method == "POST" else 200)

    assert others() == before


def test_another_users_key_and_cursor_are_worth_nothing(
    server: Server, victim: Account, intruder: Account, task: int
) -> None:
    path, key = f"/api/{intruder.user}/tasks", "Idempotency-Key: the-victims\r\n"
    victims = f"/api/{victim.user}/tasks"
    exchange(server, victim.request("POST", victims))
    page = exchange(server, victim.request("GET", f"{victims}?limit=1"))
    cursor = json.loads(page.body)["next_cursor"]

    made = exchange(server, intruder.request("POST", path, key))
    assert made.status == 201
    assert json.loads(made.body)["id"] != task
    assert (
        exchange(server, victim.request("GET", f"{victims}?limit=1&cursor={cursor}")).status == 200
    )
    assert (
        exchange(server, intruder.request("GET", f"{path}?limit=1&cursor={cursor}")).status == 400
    )


def test_the_own_name_may_be_percent_encoded(server: Server, victim: Account, task: int) -> None:
    for name in ("encoded", "ENCODED"):
        target = f"/api/{spellings(victim.user)[name]}/tasks/{task}"
        answer = exchange(server, victim.request("GET", target))

        assert answer.status == 200
        assert json.loads(answer.body)["title"] == SECRET_TITLE
