"""`todo-api serve` from start to stop, with the embedded database and with another."""

import re
import resource
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import psutil
import pytest

from tests.conftest import SECRET
from tests.live.conftest import COMMAND, PATIENCE, Server, environment, free_port, run, serving
from todo_api.embedded.embedded import embedded_server


@pytest.fixture
def data_dir(open_directory: Path, request: pytest.FixtureRequest) -> Path:
    """A place for embedded data, with a space in its path."""
    return open_directory / f"serve {request.node.name}"


def welcome_token(server: Server) -> str:
    found = re.search(r"Bearer ([\w.-]+)'", server.log())
    assert found, server.log()
    return found[1]


def create(server: Server, title: str) -> httpx2.Response:
    return httpx2.post(
        f"{server.url}/api/alice/tasks",
        json={"title": title},
        headers={"Authorization": f"Bearer {welcome_token(server)}"},
    )


def titles(server: Server) -> list[str]:
    headers = {"Authorization": f"Bearer {welcome_token(server)}"}
    tasks = httpx2.get(f"{server.url}/api/alice/tasks", headers=headers).json()["tasks"]
    return [task["title"] for task in tasks]


def processes_of(data_dir: Path) -> list[psutil.Process]:
    """Every process of the database, which works in its cluster's folder."""
    return [
        process
        for process in psutil.process_iter(["cwd"])
        if (process.info["cwd"] or "").startswith(str(data_dir))
    ]


def test_the_token_of_the_welcome_works_where_tokens_have_to_name_the_service(
    data_dir: Path, tmp_path: Path
) -> None:
    named = {"JWT_ISSUER": "https://auth.example.com", "JWT_AUDIENCE": "https://api.example.com"}
    with serving(tmp_path / "output", DATA_DIR=str(data_dir), **named) as server:
        assert create(server, "Buy milk").status_code == 201


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_leaves_no_process_and_all_data(
    data_dir: Path, tmp_path: Path, ending: signal.Signals
) -> None:
    with serving(tmp_path / "first", DATA_DIR=str(data_dir)) as server:
        assert create(server, "Survive").status_code == 201
        assert processes_of(data_dir)
        assert server.stop(ending) == 0
        assert processes_of(data_dir) == []

    with serving(tmp_path / "second", DATA_DIR=str(data_dir)) as server:
        assert titles(server) == ["Survive"]


def test_a_killed_service_starts_again_on_its_data(data_dir: Path, tmp_path: Path) -> None:
    with serving(tmp_path / "first", DATA_DIR=str(data_dir)) as server:
        create(server, "Survive")
        server.stop(signal.SIGKILL)

    with serving(tmp_path / "second", DATA_DIR=str(data_dir)) as server:
        assert titles(server) == ["Survive"]
        server.stop()
    assert processes_of(data_dir) == []


def test_several_workers_share_the_embedded_database(data_dir: Path, tmp_path: Path) -> None:
    with serving(tmp_path / "log", "--workers", "2", DATA_DIR=str(data_dir)) as server:
        for number in range(20):
            assert create(server, f"Task {number}").status_code == 201
        assert len(titles(server)) == 20
        server.stop()
    assert processes_of(data_dir) == []


def test_other_commands_work_beside_a_running_service(data_dir: Path, tmp_path: Path) -> None:
    with serving(tmp_path / "log", DATA_DIR=str(data_dir)) as server:
        migrated = run("migrate", DATA_DIR=str(data_dir))
        token = run("token", "bob", DATA_DIR=str(data_dir)).stdout.strip()

        assert (migrated.returncode, migrated.stderr) == (0, "")
        headers = {"Authorization": f"Bearer {token}"}
        assert httpx2.get(f"{server.url}/api/bob/tasks", headers=headers).status_code == 200
        assert create(server, "Still there").status_code == 201


def test_a_change_of_the_source_reloads_the_service(data_dir: Path, tmp_path: Path) -> None:
    with serving(tmp_path / "log", "--reload", DATA_DIR=str(data_dir)) as server:
        assert "Started reloader process" in server.log()
        server.stop(signal.SIGINT)
    assert processes_of(data_dir) == []


def test_missing_tables_are_told_at_start_and_made_by_migrate(
    data_dir: Path, tmp_path: Path
) -> None:
    with embedded_server(data_dir) as url:
        variables = {"DATABASE_URL": url, "JWT_SECRET_KEY": SECRET}
        refused = run("serve", "--port", str(free_port()), **variables)
        assert refused.returncode == 1
        assert refused.stderr == (
            "Error: The tables of DATABASE_URL are missing or older than this release: "
            "run `todo-api migrate` first.\n"
        )

        assert run("migrate", **variables).returncode == 0
        with serving(tmp_path / "log", **variables) as server:
            assert httpx2.get(f"{server.url}/ready").status_code == 200


def test_a_database_that_is_away_does_not_keep_the_service_from_starting(tmp_path: Path) -> None:
    url = f"postgresql://todo:hunter2@127.0.0.1:{free_port()}/todo"
    with serving(tmp_path / "log", DATABASE_URL=url, JWT_SECRET_KEY=SECRET) as server:
        ready = httpx2.get(f"{server.url}/ready")

        assert ready.status_code == 503
        assert ready.headers["Retry-After"] == "1"
        assert ready.json()["error_code"] == "DATABASE_ERROR"
        assert "Warning: The database can't be reached" in server.log()
        assert "hunter2" not in server.log()


def test_a_port_in_use_is_told_in_a_line(server: Server, database_url: str) -> None:
    port = server.url.rpartition(":")[2]
    refused = run("serve", "--port", port, DATABASE_URL=database_url, JWT_SECRET_KEY=SECRET)

    assert refused.returncode == 1
    assert refused.stderr.startswith(f"Error: Can't listen on 127.0.0.1 port {port}")
    assert refused.stderr.count("\n") == 1


def test_the_factory_runs_under_plain_uvicorn(data_dir: Path) -> None:
    port = free_port()
    command = [COMMAND[0], "-m", "uvicorn", "--factory", "todo_api.app:create_app"]
    with subprocess.Popen(
        [*command, "--port", str(port)],
        env=environment(DATA_DIR=str(data_dir)),
        stderr=subprocess.DEVNULL,
    ) as process:
        transport = httpx2.HTTPTransport(retries=0)
        with httpx2.Client(transport=transport) as client:
            status = None
            while status is None and process.poll() is None:
                try:
                    status = client.get(f"http://127.0.0.1:{port}/ready").status_code
                except httpx2.ConnectError:
                    continue
        process.send_signal(signal.SIGINT)
        process.wait(30)

    assert status == 200
    assert processes_of(data_dir) == []


def test_ctrl_c_before_it_is_ready_says_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://u:p@127.0.0.1:{silent.getsockname()[1]}/d"
        settings = {"DATABASE_URL": url, "JWT_SECRET_KEY": SECRET, "PORT": str(free_port())}
        with subprocess.Popen(
            [*COMMAND, "serve"], env=environment(**settings), stderr=subprocess.PIPE, text=True
        ) as process:
            silent.settimeout(PATIENCE)
            connection, _ = silent.accept()
            process.send_signal(signal.SIGINT)
            connection.close()
            _, errors = process.communicate(timeout=PATIENCE)

    assert process.returncode == 1
    assert errors.strip() == "Error: Stopped before it was ready."


@pytest.mark.parametrize("option", [("--workers", "2"), ("--reload",)], ids=["workers", "reload"])
def test_workers_end_with_a_supervisor_that_is_killed(
    option: tuple[str, ...], database_url: str, tmp_path: Path
) -> None:
    settings = {"DATABASE_URL": database_url, "JWT_SECRET_KEY": SECRET}
    with serving(tmp_path / "output", *option, **settings) as server:
        workers = psutil.Process(server.process.pid).children(recursive=True)
        server.stop(signal.SIGKILL)
        _, alive = psutil.wait_procs(workers, PATIENCE)

    assert len(workers) >= len(option)
    assert alive == []


def test_more_connections_are_held_than_the_usual_limit_of_files(
    database_url: str, tmp_path: Path
) -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    settings = {"DATABASE_URL": database_url, "JWT_SECRET_KEY": SECRET}
    with usual_limit(), serving(tmp_path / "output", **settings) as server:
        limit = psutil.Process(server.process.pid).rlimit(psutil.RLIMIT_NOFILE)

    assert limit == (most, most)


@contextmanager
def usual_limit() -> Iterator[None]:
    """Start what is started with the soft limit that Linux gives to a login."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)
