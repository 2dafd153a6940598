"""The application under another server's protocol: uvicorn's own."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.conftest import SECRET
from tests.live.conftest import PATIENCE, environment, free_port, until
from todo_api.settings.development import token_for


@pytest.fixture(params=["httptools", "h11"])
def url(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "--factory", "todo_api.app:create_app"]
    with (tmp_path / "output").open("w") as output:
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
