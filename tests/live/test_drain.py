"""A server that is told to end goes on for a while, and says meanwhile that it is not ready."""

import signal
import time
from collections.abc import Callable
from pathlib import Path

import httpx2
import psutil
import pytest

from tests.conftest import SECRET, problem
from tests.live.conftest import serving, until

LONG = "600"  # seconds, which nobody waits for
SHORT = 3.0


@pytest.mark.parametrize("hurry", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_to_end_is_not_ready_but_works_on_until_told_to_hurry(
    database_url: str,
    user: str,
    token: Callable[[str], str],
    tmp_path: Path,
    hurry: signal.Signals,
) -> None:
    settings = {"JWT_SECRET_KEY": SECRET, "SHUTDOWN_DRAIN": LONG}
    with serving(tmp_path / "output", DATABASE_URL=database_url, **settings) as server:
        server.process.terminate()
        until(lambda: httpx2.get(f"{server.url}/ready").status_code == 503)
        refused = httpx2.get(f"{server.url}/ready")
        created = httpx2.post(
            f"{server.url}/api/{user}/tasks",
            json={"title": "Buy milk"},
            headers={"Authorization": f"Bearer {token(user)}"},
        )

        assert problem(refused) == (503, "OVERLOADED")
        assert httpx2.get(f"{server.url}/health").status_code == 200
        assert created.status_code == 201
        assert server.stop(hurry) == 0
        assert '"level":"ERROR"' not in server.log()


def test_workers_whose_whole_group_is_told_to_end_drain_all_the_same(
    database_url: str, tmp_path: Path
) -> None:
    settings = {"JWT_SECRET_KEY": SECRET, "SHUTDOWN_DRAIN": str(SHORT)}
    output = tmp_path / "output"
    with serving(output, "--workers", "2", DATABASE_URL=database_url, **settings) as server:
        until(lambda: server.log().count("Application startup complete") == 2)
        started = time.monotonic()
        for process in psutil.Process(server.process.pid).children():
            process.terminate()  # as systemd does, before the supervisor does it again

        assert server.stop() == 0
        assert time.monotonic() - started >= SHORT
