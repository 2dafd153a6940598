"""The service where DATABASE_URL names several hosts, the first of which is dead."""

from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from tests.conftest import SECRET
from tests.db.dead import DEAD
from tests.live.conftest import run, serving


def settings(dead: int, database_url: str) -> dict[str, str]:
    """Return the settings of the same database, with another host before its own."""
    url = database_url.replace("@", f"@127.0.0.1:{dead},", 1)
    return {"DATABASE_URL": url, "JWT_SECRET_KEY": SECRET, "PGCONNECT_TIMEOUT": "1"}


@pytest.mark.parametrize("kind", ["silent", "dropped", "refused"])
def test_the_service_starts_and_answers(
    database_url: str, kind: str, user: str, token: Callable[[str], str], tmp_path: Path
) -> None:
    headers = {"Authorization": f"Bearer {token(user)}"}
    with (
        DEAD[kind]() as dead,
        serving(tmp_path / "log", **settings(dead.port, database_url)) as server,
    ):
        address = f"{server.url}/api/{user}/tasks"
        made = httpx2.post(address, json={"title": "Buy milk"}, headers=headers)

        assert made.status_code == 201, "the first request may have to wait, but not in vain"
        assert httpx2.get(address, headers=headers).json()["tasks"] == [made.json()]
        assert httpx2.get(f"{server.url}/ready").status_code == 200


@pytest.mark.parametrize("kind", ["silent", "dropped"])
def test_the_tables_are_migrated(database_url: str, kind: str) -> None:
    with DEAD[kind]() as dead:
        done = run("migrate", **settings(dead.port, database_url))
    assert (done.returncode, done.stderr) == (0, "")
