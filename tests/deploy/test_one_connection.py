"""Two users on one connection between nginx and the service: nothing crosses.

nginx has the lines here that pages about WebSockets show, which pass a client's `Upgrade` on.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest

from tests.conftest import SECRET
from tests.deploy.entrance import Entrance
from tests.deploy.nginx import nginx
from tests.deploy.segments import Segments
from tests.live.conftest import PATIENCE, Server, until
from tests.live.wire import Answer, answer_of
from todo_api.settings.development import token_for

STEP = 3
"""Bytes from cut to cut. It is odd: every second attack has no token, so that nobody waits for its
body."""

CONSTANT = {
    'proxy_set_header Connection "";': "proxy_set_header Upgrade $http_upgrade;\n"
    '    proxy_set_header Connection "upgrade";',
    "keepalive 32;": "keepalive 1;",
}
MAPPED = {
    "upstream todo-api {": "map $http_upgrade $connection_upgrade { default upgrade; '' ''; }\n"
    "upstream todo-api {",
    'proxy_set_header Connection "";': "proxy_set_header Upgrade $http_upgrade;\n"
    "    proxy_set_header Connection $connection_upgrade;\n"
    "    proxy_request_buffering off;",  # so that chunks stay chunks
    "keepalive 32;": "keepalive 1;",
}


@pytest.fixture
def segments(service: Server) -> Iterator[Segments]:
    with closing(Segments(int(service.url.rpartition(":")[2]))) as segments:
        yield segments


@pytest.fixture(params=[CONSTANT, MAPPED], ids=["constant", "mapped"])
def entrance(
    segments: Segments, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Entrance]:
    with nginx(tmp_path, [f"127.0.0.1:{segments.port}"] * 3, request.param) as entrance:
        yield entrance


class Book:
    """The ids of all requests that were sent, and of those that the service has answered."""

    def __init__(self, service: Server) -> None:
        self._service = service
        self._sent: Counter[str] = Counter()
        self._first = self.new_id()
        httpx2.get(f"{service.url}/health", headers={"X-Request-ID": self._first})

    def new_id(self) -> str:
        new = uuid4().hex
        self._sent[new] += 1
        return new

    def assert_balanced(self) -> None:
        """Every request was answered once, and nothing else was taken for one."""
        until(lambda: self._answered().keys() >= self._sent.keys())
        assert self._answered() == self._sent

    def _answered(self) -> Counter[str]:
        """Count the ids in the log since the first, before which there are other tests' lines."""
        lines = self._service.log().splitlines()
        ids = [json.loads(line).get("request_id") for line in lines if line.startswith("{")]
        return Counter(ids[ids.index(self._first) :] if self._first in ids else [])


class Attacker:
    """Sends one user's requests, byte by byte its own, on one connection."""

    def __init__(self, entrance: Entrance, user: str, token: str) -> None:
        self._line = f"POST /api/{user}/tasks HTTP/1.1\r\nHost: a\r\n"
        self._authorization = f"Authorization: Bearer {token}\r\n"
        self._connection = entrance.connect()
        self._reader = self._connection.makefile("rb")

    def post(self, framed: bytes, request_id: str, *, authorized: bool) -> Answer:
        head = (
            f"{self._line}{self._authorization if authorized else ''}"
            "Content-Type: application/json\r\nConnection: Upgrade\r\nUpgrade: x\r\n"
            f"X-Request-ID: {request_id}\r\n"
        )
        self._connection.sendall(head.encode() + framed)
        return answer_of(self._reader)

    def close(self) -> None:
        self._reader.close()
        self._connection.close()


def sized(body: bytes) -> bytes:
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def chunked(body: bytes) -> bytes:
    return b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)


BODIES = {
    # The next request, whosever it is, would be the rest of this one, its token included.
    "prefix": "DELETE /api/{bob}/tasks/{task} HTTP/1.1\r\nX: ",
    "answer": "GET /health HTTP/1.1\r\nHost: a\r\n\r\n",
    "task": "POST /api/{alice}/tasks HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n"
    'Content-Type: application/json\r\nContent-Length: 13\r\n\r\n{{"title":"a"}}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("framed", [sized, chunked])
def test_no_body_meets_another_users_request(
    service: Server,
    segments: Segments,
    entrance: Entrance,
    body: str,
    framed: Callable[[bytes], bytes],
) -> None:
    alice, bob = f"alice-{uuid4().hex}", f"bob-{uuid4().hex}"
    token, book = token_for(alice, SECRET, 3600), Book(service)
    with (
        closing(Attacker(entrance, alice, token)) as attacker,
        client_of(bob, entrance, book) as client,
    ):
        task = client.post("tasks", json={"title": "b"}).json()
        content = body.format(alice=alice, bob=bob, task=task["id"], token=token)
        attack = framed(content.encode())
        for cut in count(0, STEP):
            if cut > segments.longest:
                break
            segments.cut = cut
            authorized, request_id = cut % 2 == 0, book.new_id()
            answer = attacker.post(attack, request_id, authorized=authorized)
            assert answer.status == (400 if authorized else 401), segments.cut
            assert answer.headers["x-request-id"] == request_id, segments.cut
            assert client.get("tasks").json()["tasks"] == [task], segments.cut

    with client_of(alice, entrance, book) as own:
        assert own.get("tasks").json()["tasks"] == []
    assert segments.connections == 1
    book.assert_balanced()


def client_of(user: str, entrance: Entrance, book: Book) -> httpx2.Client:
    """Return a client that takes no answer but its own."""

    def begins(request: httpx2.Request) -> None:
        request.headers["X-Request-ID"] = book.new_id()

    def ends(answer: httpx2.Response) -> None:
        assert answer.headers["X-Request-ID"] == answer.request.headers["X-Request-ID"]
        assert answer.status_code == (200 if answer.request.method == "GET" else 201)

    return httpx2.Client(
        base_url=f"{entrance.url}/api/{user}/",
        headers={"Authorization": f"Bearer {token_for(user, SECRET, 3600)}"},
        verify=entrance.trust(),
        timeout=PATIENCE,
        event_hooks={"request": [begins], "response": [ends]},
    )
