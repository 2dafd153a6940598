"""Prometheus's view of the running service: whole over all workers, and of no user."""

import signal
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx2
import psutil
import psycopg2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import SECRET
from tests.live.conftest import Server, free_port, run, serving, until
from tests.live.issuer import Issuer
from todo_api.settings.development import token_for

OTHER = {"operation": "other"}


class Watched:
    """A service and its metrics."""

    def __init__(self, server: Server, port: int, client: httpx2.Client) -> None:
        self.server = server
        self._client = client
        self.metrics = f"http://127.0.0.1:{port}/metrics"

    def text(self) -> str:
        return self._client.get(self.metrics).raise_for_status().text

    def total(self, name: str, **labels: str) -> float:
        """The sum of all series of that name which have these labels."""
        return sum(
            sample.value
            for family in text_string_to_metric_families(self.text())
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    def ask(self, path: str, method: str = "GET", *, user: str = "alice") -> int:
        """Send a request over a connection of its own."""
        headers = {"Authorization": f"Bearer {token_for(user, SECRET, 60)}"}
        url = f"{self.server.url}{path}"
        return self._client.request(method, url, headers=headers).status_code

    def counts(self) -> Path:
        """The folder in which the workers count."""
        process = [psutil.Process(self.server.process.pid), *self.workers()][-1]
        [file] = [Path(used.path) for used in process.memory_maps() if "/todo-api-" in used.path]
        return file.parent

    def workers(self) -> list[psutil.Process]:
        children = psutil.Process(self.server.process.pid).children()
        return [child for child in children if "todo_api.workers.worker" in child.cmdline()]


@contextmanager
def watched(output: Path, *options: str, **variables: str) -> Iterator[Watched]:
    port = free_port()
    with (
        serving(output, *options, METRICS_PORT=str(port), **variables) as server,
        httpx2.Client(headers={"Connection": "close"}) as client,
    ):
        yield Watched(server, port, client)


@pytest.fixture(scope="module")
def service(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    output = tmp_path_factory.mktemp("metrics") / "output"
    settings = {"DATABASE_URL": database_url, "JWT_SECRET_KEY": SECRET, "REQUEST_TIMEOUT": "1"}
    with watched(output, **settings) as service:
        yield service


@contextmanager
def frozen(process: psutil.Process) -> Iterator[None]:
    process.suspend()
    yield
    process.resume()


def test_the_numbers_of_all_workers_add_up_and_outlive_them(
    database_url: str, tmp_path: Path
) -> None:
    settings = {"DATABASE_URL": database_url, "JWT_SECRET_KEY": SECRET}
    with watched(tmp_path / "output", "--workers", "2", **settings) as service:

        def done() -> float:
            return service.total("todo_api_requests_total", operation="list_tasks")

        until(lambda: service.total("todo_api_workers") == 2)
        counts = service.counts()
        first, second = service.workers()
        for busy, idle in ((first, second), (second, first)):
            with frozen(idle):
                for _ in range(5):
                    assert service.ask("/api/alice/tasks") == 200
            assert busy.is_running()
        until(lambda: done() == 10)
        assert service.total("todo_api_pool_size") == 32

        files = {*counts.iterdir()}
        first.kill()
        until(lambda: len(files & {*counts.iterdir()}) == 1)  # though nobody asked for metrics
        until(lambda: len([*counts.iterdir()]) == 2)
        until(lambda: service.total("todo_api_workers") == 2)
        until(lambda: service.total("todo_api_pool_size") == 32)
        assert done() == 10


def test_a_request_is_counted_by_operation_status_and_duration(service: Watched) -> None:
    before = service.total("todo_api_requests_total", operation="get_task")
    assert service.ask("/api/alice/tasks/9007199254740991") == 404
    assert service.ask("/api/bob/tasks/1") == 403
    assert service.ask("/api/alice/tasks/1", "HEAD") == 404

    until(lambda: service.total("todo_api_requests_total", operation="get_task") == before + 3)
    assert service.total("todo_api_requests_total", operation="get_task", status="403") >= 1
    assert service.total("todo_api_errors_total", error_code="AUTH_FORBIDDEN") >= 1
    in_all = {"operation": "get_task", "status_class": "4xx"}
    durations = "todo_api_request_duration_seconds"
    assert service.total(f"{durations}_bucket", le="+Inf", **in_all) == before + 3
    assert service.total(f"{durations}_count", **in_all) == before + 3
    assert 0 < service.total(f"{durations}_sum", **in_all) < 3


def test_paths_and_users_make_no_series_and_are_not_shown(service: Watched) -> None:
    before = service.total("todo_api_requests_total", status="404", **OTHER)
    series = service.text().count("\n")
    for number in range(20):
        assert service.ask(f"/no-such-path-{number}?secret={number}") == 404
        assert service.ask(f"/api/user-{number}/tasks", user=f"user-{number}") == 200

    until(lambda: service.total("todo_api_requests_total", status="404", **OTHER) == before + 20)
    assert service.text().count("\n") <= series + 1  # other, 404
    for private in ("no-such-path", "secret", "user-", "alice"):
        assert private not in service.text()


def test_what_is_not_http_is_counted(service: Watched) -> None:
    before = service.total("todo_api_requests_total", status="400", **OTHER)
    host, _, port = service.server.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(b"no HTTP\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 400")

    until(lambda: service.total("todo_api_requests_total", status="400", **OTHER) == before + 1)


def test_a_statement_that_reaches_its_deadline_is_counted(
    service: Watched, database_url: str
) -> None:
    with closing(psycopg2.connect(database_url)) as session, session.cursor() as cursor:
        cursor.execute("LOCK TABLE tasks")
        assert service.ask("/api/alice/tasks") == 503
        until(lambda: service.total("todo_api_database_timeouts_total") == 1)
        session.rollback()
    assert service.total("todo_api_errors_total", error_code="DATABASE_ERROR") == 1


def test_the_token_cache_is_seen(service: Watched) -> None:
    def seen() -> tuple[float, float]:
        return (
            service.total("todo_api_token_cache_hits_total"),
            service.total("todo_api_token_cache_misses_total"),
        )

    hits, misses = seen()
    headers = {"Authorization": f"Bearer {token_for('eve', SECRET, 61)}"}
    for _ in range(3):
        httpx2.get(f"{service.server.url}/api/eve/tasks", headers=headers)

    until(lambda: seen() == (hits + 2, misses + 1))
    assert service.total("todo_api_token_cache_entries") >= 1


def test_the_age_of_the_keys_is_seen_and_that_they_could_not_be_had(
    database_url: str, tmp_path: Path
) -> None:
    issuer = Issuer()
    settings = issuer.settings | {"DATABASE_URL": database_url, "JWKS_COOL_DOWN": "0.1"}
    with watched(tmp_path / "output", **settings) as service:
        until(lambda: service.total("todo_api_jwks_fetch_failures_total") >= 2)
        assert service.total("todo_api_jwks_fetched_timestamp_seconds") == 0
        issuer.publish({"kty": "OKP", "crv": "Ed25519", "kid": "1", "x": PUBLIC})
        until(lambda: service.total("todo_api_jwks_fetched_timestamp_seconds") > 0)
        failures = service.total("todo_api_jwks_fetch_failures_total")
        assert service.total("todo_api_jwks_fetches_total") > failures
        assert service.total("todo_api_jwks_refresh_interval_seconds") == 300
    issuer.go_down()


PUBLIC = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"  # RFC 8037, A.2


def test_the_api_itself_shows_no_metrics(service: Watched) -> None:
    assert service.ask("/metrics") == 404


def test_only_this_machine_is_answered_unless_it_is_said_otherwise(service: Watched) -> None:
    [listening] = [
        connection.laddr.ip
        for connection in psutil.Process(service.server.process.pid).net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
        and service.metrics.endswith(f":{connection.laddr.port}/metrics")
    ]

    assert listening == "127.0.0.1"


def test_a_stop_leaves_no_counts_behind(database_url: str, tmp_path: Path) -> None:
    settings = {"DATABASE_URL": database_url, "JWT_SECRET_KEY": SECRET}
    with watched(tmp_path / "output", **settings) as service:
        folder = service.counts()
        assert list(folder.iterdir())
        assert service.server.stop(signal.SIGTERM) == 0
    assert not folder.exists()


def test_the_port_is_that_of_the_command_line_in_all_workers(
    database_url: str, tmp_path: Path
) -> None:
    port = str(free_port())
    settings = {"DATABASE_URL": database_url, "JWT_SECRET_KEY": SECRET, "WORKERS": "2"}
    with serving(tmp_path / "output", PORT=port, METRICS_PORT=port, **settings) as server:
        assert httpx2.get(f"{server.url}/ready").status_code == 200
        assert httpx2.get(f"http://127.0.0.1:{port}/metrics").status_code == 200


def test_a_port_that_is_taken_is_told_in_a_line(service: Watched, database_url: str) -> None:
    port = service.metrics.removesuffix("/metrics").rpartition(":")[2]
    settings = {"DATABASE_URL": database_url, "JWT_SECRET_KEY": SECRET, "METRICS_PORT": port}
    refused = run("serve", "--port", str(free_port()), **settings)

    assert refused.returncode == 1
    assert refused.stderr.startswith(f"Error: Can't listen on 127.0.0.1 port {port}")
    assert "METRICS_PORT" in refused.stderr
    assert refused.stderr.count("\n") == 1
