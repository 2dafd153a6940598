"""The application under another server's protocol: uvicorn's own."""

import signal
import subprocess
import sys
from collections.abc import Iterator

import httpx2
import pytest

from tests.conftest import SECRET
from tests.live.conftest import PATIENCE, Server, environment, free_port, until
from todo_api.settings.development import token_for

ORIGIN = "http://localhost:3000"
SENT: dict[str, tuple[str, str, dict[str, str], bytes]] = {
    "a list": ("GET", "tasks", {}, b""),
    "a list of a page's": ("GET", "tasks", {"Origin": ORIGIN}, b""),
    "a list of a foreign page's": ("GET", "tasks", {"Origin": "https://evil.example"}, b""),
    "a list that is held": ("GET", "tasks", {"If-None-Match": "*"}, b""),
    "no token": ("GET", "tasks", {"Authorization": ""}, b""),
    "no such task": ("GET", "tasks/1", {"Origin": ORIGIN}, b""),
    "no such method": ("DELETE", "tasks", {"Origin": ORIGIN}, b""),
    "weak tags": ("DELETE", "tasks/1", {"If-Match": 'W/"1"'}, b""),
    "another patch": ("PATCH", "tasks/1", {"Content-Type": "text/plain"}, b"{}"),
    "a coding": ("PATCH", "tasks/1", {"Content-Encoding": "gzip"}, b"{}"),
    "no such path": ("GET", "/nowhere", {"Origin": ORIGIN}, b""),
    "the contract": ("GET", "/openapi.yaml", {"Origin": ORIGIN}, b""),
    "the page": ("GET", "/docs/", {}, b""),
    "a preflight": (
        "OPTIONS",
        "tasks",
        {"Origin": ORIGIN, "Access-Control-Request-Method": "PUT"},
        b"",
    ),
    "a preflight that is refused": (
        "OPTIONS",
        "tasks",
        {"Origin": ORIGIN, "Access-Control-Request-Method": "TRACE"},
        b"",
    ),
}


@pytest.fixture(params=["httptools", "h11"], scope="module")
def url(
    request: pytest.FixtureRequest, database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "--factory", "todo_api.app:create_app"]
    with (tmp_path_factory.mktemp("uvicorn") / "output").open("w") as output:
        process = subprocess.Popen(
            [*command, "--port", str(port), "--http", request.param],
            env=environment(DATABASE_URL=database_url, JWT_SECRET_KEY=SECRET),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    url = f"http://127.0.0.1:{port}"
    until(lambda: answers(url))
    yield url
    process.terminate()
    assert process.wait(PATIENCE) in {0, -signal.SIGTERM}


def answers(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/health").status_code == 200
    except httpx2.TransportError:
        return False


@pytest.mark.parametrize("request_", SENT.values(), ids=SENT)
def test_its_answers_have_the_headers_that_ours_has(
    url: str, server: Server, user: str, request_: tuple[str, str, dict[str, str], bytes]
) -> None:
    method, path, headers, content = request_
    token = {"Authorization": f"Bearer {token_for(user, SECRET, 60)}", "X-Request-ID": "one"}
    target = path if path.startswith("/") else f"/api/{user}/{path}"
    theirs, ours = (
        httpx2.request(method, base + target, headers=token | headers, content=content)
        for base in (url, server.url)
    )

    assert theirs.status_code == ours.status_code
    assert lasting(theirs) == lasting(ours)


def lasting(answer: httpx2.Response) -> list[tuple[str, str]]:
    """Return the headers but those that a server has by itself."""
    return sorted(item for item in answer.headers.multi_items() if item[0] not in OF_THE_SERVER)


OF_THE_SERVER = {"date", "server", "connection"}


def test_operations_and_all_around_them_are_answered(url: str, user: str) -> None:
    headers = {"Authorization": f"Bearer {token_for(user, SECRET, 60)}"}
    tasks = f"{url}/api/{user}/tasks"
    with httpx2.Client(headers=headers) as client:
        made = client.post(tasks, json={"title": "Buy milk"})
        etag = {"If-None-Match": made.headers["ETag"]}

        assert made.status_code == 201
        assert client.get(f"{url}{made.headers['Location']}", headers=etag).status_code == 304
        assert client.get(tasks).json()["count"] == 1
        assert client.head(tasks).content == b""
        assert client.post(tasks, content=b" " * 70_000).status_code == 415
        assert client.post(tasks, json={"title": "x" * 70_000}).status_code == 413
        assert client.get(f"{url}/docs/").status_code == 200
        assert client.get(f"{url}/nowhere").status_code == 404
    assert httpx2.get(tasks).status_code == 401
