"""The hosts that it listens on, and those of DATABASE_URL, the first of which is dead."""

import re
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest

from tests.conftest import SECRET
from tests.db.dead import DEAD
from tests.live.conftest import Server, run, serving


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


IPV4, IPV6 = "127.0.0.1", "[::1]"
WORKERS = pytest.mark.parametrize("workers", ["1", "2"])


def reached(server: Server) -> list[str]:
    """The addresses of this machine under which it answers."""
    port = server.url.rpartition(":")[2]
    found = []
    for host in (IPV4, IPV6):
        with suppress(httpx2.ConnectError):
            httpx2.get(f"http://{host}:{port}/health").raise_for_status()
            found.append(host)
    return found


@WORKERS
@pytest.mark.parametrize(
    ("host", "families"),
    [("::", [IPV4, IPV6]), ("::1", [IPV6]), ("0.0.0.0", [IPV4]), ("127.0.0.1", [IPV4])],
)
def test_a_host_is_served_in_its_families(
    database_url: str, tmp_path: Path, host: str, families: list[str], workers: str
) -> None:
    variables = {"DATABASE_URL": database_url, "JWT_SECRET_KEY": SECRET, "WORKERS": workers}
    with serving(tmp_path / "log", HOST=host, **variables) as server:
        assert reached(server) == families


@WORKERS
def test_a_client_has_the_same_address_whatever_is_served_beside_its_family(
    database_url: str, tmp_path: Path, workers: str
) -> None:
    variables = {"DATABASE_URL": database_url, "JWT_SECRET_KEY": SECRET, "WORKERS": workers}
    with serving(tmp_path / "log", HOST="::", **variables) as server:
        httpx2.get(f"{server.url}/api/alice/tasks")
        server.stop()
        assert '"client":"127.0.0.1"' in server.log()
        assert "::ffff:" not in server.log()


@pytest.mark.parametrize(("host", "name"), [("::1", "[::1]"), ("::", "localhost")])
def test_the_link_that_is_printed_leads_to_the_service(
    open_directory: Path, tmp_path: Path, host: str, name: str
) -> None:
    folder = str(open_directory / f"hosts {name[:2].strip('[')}")
    with serving(tmp_path / "log", HOST=host, DATA_DIR=folder) as server:
        [link] = re.findall(r"Swagger UI: (http://.+)/docs", server.log())

        assert link == f"http://{name}:{server.url.rpartition(':')[2]}"
        assert httpx2.get(f"{link}/health").status_code == 200


def test_one_family_of_a_port_that_is_taken_is_told_in_a_line(database_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        variables = {"DATABASE_URL": database_url, "JWT_SECRET_KEY": SECRET, "HOST": "::"}
        refused = run("serve", "--port", port, **variables)

    assert refused.returncode == 1
    assert f"Error: Can't listen on :: port {port} (Address already in use)" in refused.stderr
