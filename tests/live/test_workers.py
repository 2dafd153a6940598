"""Several workers: each has the time that its start takes, and one that dies is replaced."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx2
import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import SECRET
from tests.live.conftest import COMMAND, PATIENCE, Server, environment, free_port, serving, until
from todo_api.workers import child
from todo_api.workers.supervisor import COMMAND as WORKER

LONG = 8.0  # seconds, where uvicorn's supervisor would wait for five
MOST = 40 * 2**20
"""Bytes of the supervisor, of which 27 are seen; the application would add 90."""
APPLICATION = {
    *("compiled", "connexion", "db", "handlers", "identity", "openapi", "jsonschema_rs", "jwt"),
    *("psycopg2", "pydantic", "sqlalchemy", "sqlmodel", "starlette", "uvicorn", "yaml"),
}


@pytest.fixture
def settings(database_url: str) -> dict[str, str]:
    return {"DATABASE_URL": database_url, "JWT_SECRET_KEY": SECRET}


def workers(supervisor: psutil.Process) -> list[psutil.Process]:
    return [child for child in supervisor.children() if WORKER[-1] in child.cmdline()]


def lines(server: Server, message: str) -> list[dict[str, object]]:
    """The lines of the log that have this message."""
    told = [json.loads(line) for line in server.log().splitlines() if line.startswith("{")]
    return [line for line in told if line["message"] == message]


def serving_workers(server: Server) -> set[object]:
    return {line["pid"] for line in lines(server, "a worker serves")}


def restarts(port: int) -> float:
    page = httpx2.get(f"http://127.0.0.1:{port}/metrics").text
    [family] = [
        family
        for family in text_string_to_metric_families(page)
        if family.name == "todo_api_worker_restarts"
    ]
    return family.samples[0].value


@contextmanager
def starting(output: Path, **variables: str) -> Iterator[Server]:
    """A service with two workers that nobody has waited for."""
    port = free_port()
    with output.open("w") as file:
        process = subprocess.Popen(
            [*COMMAND, "serve", "--port", str(port), "--workers", "2"],
            env=environment(**variables),
            stdout=file,
            stderr=subprocess.STDOUT,
            text=True,
        )
    try:
        yield Server(process, f"http://127.0.0.1:{port}", output)
    finally:
        process.terminate()
        process.wait(PATIENCE)


def test_a_slow_start_is_waited_for(settings: dict[str, str], tmp_path: Path) -> None:
    with starting(tmp_path / "output", **settings) as server:
        supervisor = psutil.Process(server.process.pid)
        until(lambda: len(workers(supervisor)) == 2)
        first = workers(supervisor)
        for worker in first:
            worker.suspend()
        time.sleep(LONG)
        assert serving_workers(server) == set()
        for worker in first:
            worker.resume()
        until(lambda: len(serving_workers(server)) == 2)

        assert serving_workers(server) == {worker.pid for worker in first}
        assert httpx2.get(f"{server.url}/ready").status_code == 200
        assert lines(server, "a worker has ended unasked and is replaced") == []


def test_a_worker_that_dies_is_told_counted_and_replaced(
    settings: dict[str, str], tmp_path: Path
) -> None:
    port = free_port()
    output = tmp_path / "output"
    with serving(output, "--workers", "2", METRICS_PORT=str(port), **settings) as server:
        until(lambda: len(serving_workers(server)) == 2)
        assert restarts(port) == 0
        victim, other = workers(psutil.Process(server.process.pid))
        victim.kill()
        until(lambda: len(serving_workers(server)) == 3)

        [told] = lines(server, "a worker has ended unasked and is replaced")
        assert told["level"] == "WARNING"
        assert (told["pid"], told["signal"]) == (victim.pid, "SIGKILL")
        assert restarts(port) == 1
        other.suspend()  # so that the new one answers
        assert httpx2.get(f"{server.url}/ready").status_code == 200
        other.resume()
        assert server.stop() == 0


def test_a_worker_that_ends_by_a_signal_of_its_own_is_replaced_too(
    settings: dict[str, str], tmp_path: Path
) -> None:
    with serving(tmp_path / "output", "--workers", "2", **settings) as server:
        until(lambda: len(serving_workers(server)) == 2)
        workers(psutil.Process(server.process.pid))[0].terminate()
        until(lambda: len(serving_workers(server)) == 3)

        [told] = lines(server, "a worker has ended unasked and is replaced")
        assert told["exit_status"] == 0


@pytest.mark.timeout(120)
def test_a_worker_that_hangs_is_killed_and_replaced(
    settings: dict[str, str], tmp_path: Path
) -> None:
    with serving(tmp_path / "output", "--workers", "2", **settings) as server:
        until(lambda: len(serving_workers(server)) == 2)
        victim = workers(psutil.Process(server.process.pid))[0]
        victim.suspend()
        until(lambda: len(serving_workers(server)) == 3, child._SILENCE + PATIENCE)

        assert [line["pid"] for line in lines(server, "a worker hangs and is killed")] == [
            victim.pid
        ]


def test_workers_that_were_stopped_with_their_supervisor_go_on(
    settings: dict[str, str], tmp_path: Path
) -> None:
    with serving(tmp_path / "output", "--workers", "2", **settings) as server:
        until(lambda: len(serving_workers(server)) == 2)
        supervisor = psutil.Process(server.process.pid)
        before = workers(supervisor)
        for process in (supervisor, *before):
            process.suspend()
        time.sleep(child._TICK * 2)
        for process in (supervisor, *before):
            process.resume()

        time.sleep(child._TICK * 2)
        assert workers(supervisor) == before
        assert httpx2.get(f"{server.url}/ready").status_code == 200


def test_the_supervisor_is_small(settings: dict[str, str], tmp_path: Path) -> None:
    port = free_port()
    output = tmp_path / "output"
    with serving(output, "--workers", "2", METRICS_PORT=str(port), **settings) as server:
        until(lambda: len(serving_workers(server)) == 2)
        restarts(port)  # with all that an answer to Prometheus takes
        supervisor = psutil.Process(server.process.pid)

        all_of_them = [supervisor, *workers(supervisor)]
        taken = sum(process.memory_full_info().pss for process in all_of_them)

        assert supervisor.memory_info().rss < MOST
        assert taken < (32 + 2 * 128) * 2**20, "the formula of docs/deploy/capacity.md"
        assert max(worker.memory_info().rss for worker in workers(supervisor)) > MOST


def test_the_supervisor_imports_nothing_of_the_application() -> None:
    program = (
        "import sys, todo_api.workers.supervisor, todo_api.telemetry.metrics; print(*sys.modules)"
    )
    loaded = subprocess.check_output([sys.executable, "-c", program], text=True).split()

    assert {name.partition(".")[0] for name in loaded} & APPLICATION == set()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_all(
    settings: dict[str, str], tmp_path: Path, number: signal.Signals
) -> None:
    with serving(tmp_path / "output", "--workers", "2", **settings) as server:
        until(lambda: len(serving_workers(server)) == 2)
        all_of_them = workers(psutil.Process(server.process.pid))

        assert server.stop(number) == 0
        assert not any(worker.is_running() for worker in all_of_them)
        assert '"level":"WARNING"' not in server.log()


def test_workers_that_can_t_start_end_the_service_with_their_status(
    database_url: str, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    named = {"DATABASE_URL": database_url, "JWT_SECRET_KEY_FILE": str(secret)}
    with starting(tmp_path / "output", **named) as server:
        supervisor = psutil.Process(server.process.pid)
        until(lambda: len(workers(supervisor)) == 2)
        secret.unlink()  # which workers read, too

        assert server.process.wait(PATIENCE) == 1
        [told] = lines(server, "a worker can't start, and the service ends")
        assert told["level"] == "ERROR"
        assert "Error: JWT_SECRET_KEY_FILE" in server.log()


def test_one_that_can_t_start_leaves_the_others_serving(database_url: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    named = {"DATABASE_URL": database_url, "JWT_SECRET_KEY_FILE": str(secret)}
    with serving(tmp_path / "output", "--workers", "2", **named) as server:
        until(lambda: len(serving_workers(server)) == 2)
        secret.rename(tmp_path / "elsewhere")
        workers(psutil.Process(server.process.pid))[0].kill()
        replaced = partial(lines, server, "a worker has ended unasked and is replaced")
        until(lambda: len(replaced()) == 3)

        assert [line["in_seconds"] for line in replaced()] == [0.0, 1.0, 2.0]
        assert httpx2.get(f"{server.url}/ready").status_code == 200
        (tmp_path / "elsewhere").rename(secret)
        until(lambda: len(serving_workers(server)) == 3)


def test_ctrl_c_before_a_worker_serves_says_so(settings: dict[str, str], tmp_path: Path) -> None:
    with starting(tmp_path / "output", **settings) as server:
        supervisor = psutil.Process(server.process.pid)
        until(lambda: len(workers(supervisor)) == 2)
        assert server.stop(signal.SIGINT) == 1
        assert "Error: Stopped before it was ready." in server.log()


def test_the_embedded_database_is_that_of_all_workers(open_directory: Path, tmp_path: Path) -> None:
    with serving(
        tmp_path / "output", "--workers", "2", DATA_DIR=str(open_directory / "workers")
    ) as server:
        until(lambda: len(serving_workers(server)) == 2)
        assert httpx2.get(f"{server.url}/ready").status_code == 200
        assert server.stop() == 0
