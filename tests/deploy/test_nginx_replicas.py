"""What nginx, as deploy/ has it, does where replicas fail."""

from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import httpx2
import pytest

from tests.conftest import problem
from tests.deploy.entrance import Entrance
from tests.deploy.nginx import address_of, nginx
from tests.deploy.replica import answering
from tests.live.conftest import Server, free_port

ENOUGH = 10
"""Requests that each of three replicas is asked several times by."""


class Ended(BaseHTTPRequestHandler):
    """Ends each connection when it has read a request, and counts them."""

    requests: Counter[str]

    def handle_one_request(self) -> None:
        line = self.rfile.readline().split()
        self.requests[line[0].decode()] += 1
        self.close_connection = True


@pytest.mark.parametrize(
    ("method", "times"), [("GET", 3), ("POST", 1), ("PUT", 1), ("PATCH", 1), ("DELETE", 1)]
)
def test_what_changes_something_is_sent_once(tmp_path: Path, method: str, times: int) -> None:
    Ended.requests = Counter()
    with answering(Ended) as address, nginx(tmp_path, [address] * 3) as entrance:
        answer = httpx2.request(method, f"{entrance.url}/", verify=entrance.trust())

    assert problem(answer) == (502, "INTERNAL_ERROR")
    assert Ended.requests == {method: times}


@pytest.fixture
def mostly_dead(service: Server, tmp_path: Path) -> Iterator[Entrance]:
    dead = [f"127.0.0.1:{free_port()}" for _ in range(2)]
    with nginx(tmp_path, [*dead, address_of(service)]) as entrance:
        yield entrance


def test_a_dead_replica_costs_a_put_or_a_delete_at_most(
    mostly_dead: Entrance, user: str, token: Callable[[str], str]
) -> None:
    headers = {"Authorization": f"Bearer {token(user)}"}
    url, trust = f"{mostly_dead.url}/api/{user}/tasks", mostly_dead.trust()
    with httpx2.Client(verify=trust, headers=headers) as client:
        task = f"{url}/{client.post(url, json={'title': 'a'}).json()['id']}"
        others = {client.get(task).status_code for _ in range(ENOUGH)}
        others |= {client.patch(task, json={"title": "b"}).status_code for _ in range(ENOUGH)}
        puts = [client.put(task, json={"title": "c", "complete": True}) for _ in range(ENOUGH)]

    refused = [answer for answer in puts if answer.status_code != 200]
    assert others == {200}
    assert len(refused) < ENOUGH
    assert all(problem(answer) == (503, "OVERLOADED") for answer in refused)
