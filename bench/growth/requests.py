"""What is asked of the service about the tasks of a user who has many, or few."""

import itertools
import json
from collections.abc import Callable

from bench.growth.client import Client, request
from bench.growth.tables import user_of
from bench.workload import DESCRIPTION, TITLE

Ask = Callable[[], float]
"""Asks once and returns the seconds until the answer."""

_LIMIT = 50
_THOUSANDTH = 999 * _LIMIT
_LARGEST_PAGE = 1000
_QUERIES = {
    "search": "q=no+such+words",
    "filter": "complete=true",
    "search and filter": "q=no+such+words&complete=true",
    "soonest due first": "sort=due_date",
    "most urgent first": "sort=-priority",
}


def paged(client: Client, tasks: int) -> dict[str, Ask]:
    """Return what is to cost the same however many tasks there are.

    The thousandth page is the last one where there are fewer.
    """
    user = user_of(tasks)
    cursor, ids = _walked(client, user, min(_THOUSANDTH, tasks - _LIMIT))
    some = ids[:: len(ids) // _LIMIT]
    change = _body(title="Buy bread")
    return {
        "first page": _asking(client, [request(user, path=f"?limit={_LIMIT}")]),
        "thousandth page": _asking(
            client, [request(user, path=f"?limit={_LIMIT}&cursor={cursor}")]
        ),
        "get": _asking(client, [request(user, path=f"/{task}") for task in some]),
        "create": lambda: _create(client, user),
        "patch": _asking(client, [request(user, "PATCH", f"/{task}", change) for task in some]),
    }


def searched(client: Client, tasks: int) -> dict[str, Ask]:
    """Return what has to look at all tasks of the user, at worst: when nothing is found."""
    return {
        name: _asking(client, [request(user_of(tasks), path=f"?limit={_LIMIT}&{query}")])
        for name, query in _QUERIES.items()
    }


def _asking(client: Client, requests: list[bytes]) -> Ask:
    """Ask one after the other, and then all over again."""
    turn = itertools.cycle(requests)
    return lambda: client.send(next(turn))[0]


def _walked(client: Client, user: str, passed: int) -> tuple[str, list[int]]:
    """Return the cursor behind that many tasks, as pages give it, and those tasks' ids."""
    ids: list[int] = []
    cursor = ""
    while len(ids) < passed:
        limit = min(_LARGEST_PAGE, passed - len(ids))
        page = client.send(request(user, path=f"?limit={limit}{cursor and '&cursor='}{cursor}"))[1]
        found = json.loads(page)
        ids += [task["id"] for task in found["tasks"]]
        cursor = found["next_cursor"]
    return cursor, ids


def _create(client: Client, user: str) -> float:
    """Time a create and take the task away again, so that the user has as many as before."""
    body = _body(title=TITLE, description=DESCRIPTION)
    seconds, task = client.send(request(user, "POST", body=body))
    client.send(request(user, "DELETE", f"/{json.loads(task)['id']}"))
    return seconds


def _body(**properties: str) -> bytes:
    return json.dumps(properties).encode()
