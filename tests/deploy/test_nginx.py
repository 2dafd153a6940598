"""What nginx, as deploy/ has it, tells the service and its clients."""

import re
import ssl
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from time import time
from typing import Any

import httpx2
import jwt
import pytest

from tests.conftest import SECRET, problem
from tests.deploy.entrance import Entrance
from tests.deploy.nginx import PLAIN, address_of, nginx
from tests.deploy.replica import Echo, answering
from tests.deploy.segments import Segments
from tests.live.conftest import PATIENCE, Server, serving, until
from tests.live.test_https import HSTS, can_speak


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("nginx")


@pytest.fixture(scope="module")
def entrance(service: Server, directory: Path) -> Iterator[Entrance]:
    with nginx(directory, [address_of(service)] * 3) as entrance:
        yield entrance


@pytest.fixture(params=[False, True], ids=["HTTP/1.1", "HTTP/2"])
def client(
    entrance: Entrance, user: str, token: Callable[[str], str], request: pytest.FixtureRequest
) -> Iterator[httpx2.Client]:
    with httpx2.Client(
        base_url=f"{entrance.url}/api/{user}/",
        headers={"Authorization": f"Bearer {token(user)}"},
        verify=entrance.trust(),
        http2=request.param,
        timeout=PATIENCE,
    ) as client:
        yield client


@pytest.fixture
def echo(tmp_path: Path) -> Iterator[Entrance]:
    with answering(Echo) as address, nginx(tmp_path, [address] * 3) as entrance:
        yield entrance


def told(entrance: Entrance, sent: dict[str, str]) -> dict[str, list[str]]:
    """Return the fields that a replica is sent, by their names in lower case."""
    fields: dict[str, list[str]] = {}
    answer = httpx2.get(f"{entrance.url}/headers", headers=sent, verify=entrance.trust())
    for name, value in answer.json():
        fields.setdefault(name.lower(), []).append(value)
    return fields


def test_a_replica_is_told_the_truth_about_a_client_that_lies(echo: Entrance) -> None:
    lies = {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "http", "X-Real-IP": "192.0.2.1"}
    fields = told(echo, lies | {"Host": "api.example.com"})

    assert fields["x-forwarded-for"] == ["127.0.0.1"]
    assert fields["x-forwarded-proto"] == ["https"]
    assert fields["host"] == ["api.example.com"]


def test_a_replica_is_told_the_request_id_that_its_log_will_have(echo: Entrance) -> None:
    mine, other = (told(echo, {"X-Request-ID": sent}) for sent in ("mine", "not allowed"))

    assert mine["x-request-id"] == ["mine"]
    assert re.fullmatch("[0-9a-f]{32}", other["x-request-id"][0])


def test_no_upgrade_is_passed_on(echo: Entrance) -> None:
    fields = told(echo, {"Connection": "Upgrade", "Upgrade": "websocket"})

    assert not fields.keys() & {"connection", "upgrade"}


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
@pytest.mark.parametrize(
    ("version", "agreed"),
    [
        (ssl.TLSVersion.TLSv1_1, False),
        (ssl.TLSVersion.TLSv1_2, True),
        (ssl.TLSVersion.TLSv1_3, True),
    ],
)
def test_it_speaks_tls_1_2_or_newer(
    entrance: Entrance, version: ssl.TLSVersion, agreed: bool
) -> None:
    assert can_speak(entrance.port, entrance.certificate, version) == agreed


@pytest.mark.parametrize("http2", [False, True])
def test_it_speaks_the_clients_version_of_http(entrance: Entrance, http2: bool) -> None:
    with httpx2.Client(verify=entrance.trust(), http2=http2) as client:
        answer = client.get(f"{entrance.url}/health")

    assert answer.http_version == ("HTTP/2" if http2 else "HTTP/1.1")


def test_http_is_redirected_with_its_method(entrance: Entrance) -> None:
    answer = httpx2.post(f"http://{PLAIN}:{entrance.port}/api/alice/tasks?limit=1")

    assert answer.status_code == 308
    assert answer.headers["Location"] == "https://127.0.0.1/api/alice/tasks?limit=1"


def test_etags_and_preconditions_pass_as_they_are(client: httpx2.Client) -> None:
    made = client.post("tasks", json={"title": "Buy milk"})
    task, first = f"tasks/{made.json()['id']}", made.headers["ETag"]
    done: dict[str, Any] = {"json": {"complete": True}, "headers": {"If-Match": first}}

    assert (made.status_code, first) == (201, '"1"')
    assert client.get(task, headers={"If-None-Match": first}).status_code == 304
    assert client.patch(task, **done).headers["ETag"] == '"2"'
    assert problem(client.patch(task, **done)) == (412, "PRECONDITION_FAILED")
    assert client.delete(task, headers={"If-Match": '"2"'}).status_code == 204


def test_what_is_large_keeps_its_strong_etag(client: httpx2.Client) -> None:
    client.post("tasks", json={"title": "a", "description": "b" * 1000})
    answer = client.get("tasks", headers={"Accept-Encoding": "gzip"})

    assert "Content-Encoding" not in answer.headers
    assert answer.headers["ETag"].startswith('"')


def test_each_header_is_sent_once(client: httpx2.Client) -> None:
    answer = client.get("tasks")

    assert Counter(name for name, _ in answer.headers.multi_items()).most_common(1)[0][1] == 1
    assert answer.headers[HSTS] == "max-age=31536000"
    assert answer.headers["Server"] == "nginx"


@pytest.mark.parametrize("size", [70_000, 120_000])
def test_the_services_own_413_reaches_the_client(client: httpx2.Client, size: int) -> None:
    answer = client.post("tasks", content=b" " * size, headers={"Content-Type": "application/json"})

    assert problem(answer) == (413, "PAYLOAD_TOO_LARGE")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_large_head_passes(client: httpx2.Client, user: str) -> None:
    claims = {"user_id": user, "exp": int(time()) + 60, "groups": "g" * 5_900}
    token = jwt.encode(claims, SECRET, "HS256")
    headers = {"Authorization": f"Bearer {token}", "Cookie": "c" * 50_000}

    assert 8_000 < len(token) <= 8_192  # as much as the service takes
    assert client.get("tasks", headers=headers).status_code == 200


def test_requests_share_a_connection_to_the_service(service: Server, tmp_path: Path) -> None:
    with (
        closing(Segments(int(service.url.rpartition(":")[2]))) as between,
        nginx(tmp_path, [f"127.0.0.1:{between.port}"] * 3) as entrance,
    ):
        for _ in range(10):  # each on a connection of its own to nginx
            answer = httpx2.get(f"{entrance.url}/health", verify=entrance.trust())
            assert answer.status_code == 200

    assert between.connections == 1


def test_its_log_has_neither_paths_nor_words(
    client: httpx2.Client, directory: Path, user: str
) -> None:
    log = directory / "todo-api.log"
    client.get("tasks?q=secret", headers={"X-Request-ID": user})

    until(lambda: f" 200 {user} " in log.read_text())
    assert not re.search("secret|api/", log.read_text())


def test_each_client_has_the_quota_of_its_own_address(database_url: str, tmp_path: Path) -> None:
    variables = {"JWT_SECRET_KEY": SECRET, "FORWARDED_ALLOW_IPS": "127.0.0.1"}
    with (
        serving(
            tmp_path / "output", DATABASE_URL=database_url, RATE_LIMIT="3/hour", **variables
        ) as service,
        nginx(tmp_path, [address_of(service)] * 3) as entrance,
    ):
        statuses = {address: statuses_of(entrance, address) for address in HONEST}

    assert statuses == {address: [401, 401, 401, 429] for address in HONEST}


HONEST = ("127.0.0.1", "127.0.0.21")


def statuses_of(entrance: Entrance, address: str) -> list[int]:
    """Return the answers to requests without tokens, each with another forged address."""
    transport = httpx2.HTTPTransport(verify=entrance.trust(), local_address=address)
    with httpx2.Client(transport=transport, base_url=entrance.url) as client:
        return [
            client.get(
                "/api/alice/tasks", headers={"X-Forwarded-For": f"192.0.2.{number}"}
            ).status_code
            for number in range(4)
        ]
