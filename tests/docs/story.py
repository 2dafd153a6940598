"""Exchanges as the documentation shows them: with the ids and times of the contract's story."""

import json
import re
from collections.abc import Iterable
from datetime import datetime
from http import HTTPStatus
from typing import NamedTuple

import httpx2

from tests.docs.recorder import Exchange
from todo_api.contract import contract


class Story(NamedTuple):
    """What the exchanges of an example are called, and when the tasks in them were changed."""

    exchanges: tuple[str, ...]
    times: tuple[str, ...]


_PLANTS = ("2026-11-20T19:02:11.480914Z", "2026-11-21T07:30:00.251873Z")
_MILK = (
    "2026-11-21T08:15:30.123456Z",
    "2026-11-21T09:01:12.004211Z",
    "2026-11-21T17:40:59.870032Z",
)
_BANK = "2026-11-21T18:05:44.300918Z"
_TO_DO = (
    "2026-11-20T18:40:27.902115Z",
    _MILK[0],
    "2026-11-21T08:17:02.518340Z",
    "2026-11-21T08:19:48.077261Z",
)
_DENTIST = (
    "2026-11-21T10:22:15.640093Z",
    "2026-11-21T10:31:07.285516Z",
    "2026-11-21T10:45:39.811204Z",
    "2026-11-21T11:02:54.139677Z",
)

STORIES = {
    "tasks": Story(
        (
            "create_task",
            "list_tasks",
            "get_task",
            "update_task",
            "patch_task",
            "delete_task",
        ),
        (*_PLANTS, *_MILK),
    ),
    "concurrency": Story(
        (
            "not_modified",
            "ticked_on_the_phone",
            "stale",
            "current",
            "renamed",
            "answer_lost",
            "same_answer_again",
        ),
        (*_MILK, _BANK),
    ),
    "due_dates": Story(
        (
            "with_due_date",
            "due_by_friday",
            "overdue",
            "most_urgent",
            "with_two_tags",
            "undated",
            "old_client",
            "with_old_tag",
            "tag_renamed",
            "cleared",
        ),
        (*_TO_DO, *_DENTIST),
    ),
    "errors": Story(("too_long", "no_token", "no_such_task"), ()),
}

_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")
_SENT = ("Authorization", "Content-Type", "If-Match", "If-None-Match", "Idempotency-Key")
_ANSWERED = ("Content-Type", "ETag", "Location", "WWW-Authenticate", "X-Request-ID")
_OPAQUE = re.compile(
    r"(?P<token>(?<=Bearer )[\w-]+\.[\w-]+\.[\w-]+)"
    r'|(?P<list_tag>(?<=ETag: ")\w{20,})'
    r'|(?P<request_id>(?<=X-Request-ID: )\w+|(?<="request_id": ")\w+)'
    r"|(?P<key>(?<=Idempotency-Key: )[\w-]+)"
    r'|(?P<timestamp>(?<="timestamp": ")[^"]+)'
)
_TOLD_AS = {
    "token": "<JWT>",
    "list_tag": "5d3f7b0c9a41e2864f7d0b3c6a95e1d2",
    "request_id": contract()["components"]["schemas"]["RequestId"]["example"],
    "key": "0d9f3c56-6a4e-4b55-9c9b-0c1f8f0f6a11",
    "timestamp": "2026-11-21T08:15:30.123456Z",
}


def told(story: Story, exchanges: list[Exchange]) -> dict[str, str]:
    """Return the text of each file that shows one of the exchanges, by the file's name."""
    texts = {}
    for name, (request, answer) in zip(story.exchanges, exchanges, strict=True):
        texts[f"{name}.request.http"] = _told(_request(request))
        texts[f"{name}.answer.http"] = _told(_answer(answer))
    real = {time for text in texts.values() for time in _TIME.findall(text)} - set(
        _TOLD_AS.values()
    )
    times = dict(zip(sorted(real, key=datetime.fromisoformat), story.times, strict=True))
    return {
        name: _TIME.sub(lambda found: times.get(found[0], found[0]), text)
        for name, text in texts.items()
    }


def _told(text: str) -> str:
    return _OPAQUE.sub(lambda found: _TOLD_AS[str(found.lastgroup)], text)


def _request(request: httpx2.Request) -> str:
    line = f"{request.method} {request.url.raw_path.decode()} HTTP/1.1"
    return _message(line, request.headers, _SENT, request.content)


def _answer(answer: httpx2.Response) -> str:
    # Python's own phrases differ between its versions, those of problems don't.
    phrase = answer.json()["title"] if answer.is_error else HTTPStatus(answer.status_code).phrase
    line = f"HTTP/1.1 {answer.status_code} {phrase}"
    return _message(line, answer.headers, _ANSWERED, answer.content)


def _message(line: str, headers: httpx2.Headers, names: Iterable[str], body: bytes) -> str:
    lines = [line, *(f"{name}: {headers[name]}" for name in names if name in headers)]
    if body:
        lines += ["", json.dumps(json.loads(body), indent=2)]
    return "\n".join(lines) + "\n"
