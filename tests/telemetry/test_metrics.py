"""What workers count, and how it becomes Prometheus's metrics."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from starlette.testclient import TestClient

from db.pool.pool import Pool
from identity.keys import SharedSecret
from tests.conftest import SECRET
from todo_api.app import _authenticator, _envelope, create_app
from todo_api.contract import contract
from todo_api.http.intake import Intake
from todo_api.readings import readings
from todo_api.settings.settings import Settings
from todo_api.telemetry.contracted import counted
from todo_api.telemetry.counts import BOUNDS, DIRECTORY, READINGS, Layout
from todo_api.telemetry.meter import Meter
from todo_api.telemetry.metrics import Workers
from todo_api.telemetry.tally import Tally

DURATION = "todo_api_request_duration_seconds"


@pytest.fixture
def registry(tmp_path: Path) -> CollectorRegistry:
    registry = CollectorRegistry()
    layout = Layout(counted())
    registry.register(Workers(Tally(tmp_path, layout), layout, restarts=lambda: 3))
    return registry


@pytest.fixture
def value(registry: CollectorRegistry) -> Callable[..., float | None]:
    return lambda name, **labels: registry.get_sample_value(name, labels)


@pytest.fixture
def meters(tmp_path: Path) -> Iterator[list[Meter]]:
    """Those of two workers."""
    meters = [Meter(str(tmp_path)) for _ in range(2)]
    yield meters
    for meter in meters[1:]:
        meter.close()


def get(status: int = 200, seconds: float = 0.003) -> tuple[str, int, None, float]:
    return "get_task", status, None, seconds


def read(meter: Meter, **numbers: float) -> None:
    meter._read = lambda: {f"todo_api_{name}": number for name, number in numbers.items()}
    meter.update()


def test_buckets_count_what_took_no_longer_than_their_bound(
    meters: list[Meter], value: Callable[..., float | None]
) -> None:
    labels = {"operation": "get_task", "status_class": "2xx"}
    for seconds in (*BOUNDS, 11.0):
        meters[0].add(get(seconds=seconds))
    meters[0].update()

    for at_most, bound in enumerate(BOUNDS, 1):
        assert value(f"{DURATION}_bucket", le=str(bound), **labels) == at_most
    assert value(f"{DURATION}_bucket", le="+Inf", **labels) == len(BOUNDS) + 1
    assert value(f"{DURATION}_sum", **labels) == pytest.approx(sum(BOUNDS) + 11)


def test_requests_of_all_workers_add_up(
    meters: list[Meter], value: Callable[..., float | None]
) -> None:
    for meter in meters:
        meter.add(get())
        meter.update()

    assert value("todo_api_requests_total", operation="get_task", status="200") == 2


def test_a_worker_that_ended_leaves_its_counts_and_takes_its_state_with_it(
    meters: list[Meter], value: Callable[..., float | None]
) -> None:
    for meter in meters:
        read(meter, pool_size=16, database_retries=3)
    meters[0].add(get())
    meters[0].close()

    for _ in range(2):
        assert value("todo_api_requests_total", operation="get_task", status="200") == 1
        assert value("todo_api_database_retries_total") == 6
    assert value("todo_api_pool_size") == 16
    assert value("todo_api_workers") == 1


def test_the_oldest_keys_of_all_workers_are_told(
    meters: list[Meter], value: Callable[..., float | None]
) -> None:
    for meter, fetched in zip(meters, (1_000, 2_000), strict=True):
        read(meter, jwks_refresh_interval_seconds=300, jwks_fetched_timestamp_seconds=fetched)

    assert value("todo_api_jwks_fetched_timestamp_seconds") == 1_000
    assert value("todo_api_jwks_refresh_interval_seconds") == 300
    meters[0].close()
    assert value("todo_api_jwks_fetched_timestamp_seconds") == 2_000


@pytest.mark.usefixtures("meters")
def test_without_a_key_set_nothing_is_said_of_one(registry: CollectorRegistry) -> None:
    assert b"jwks" not in generate_latest(registry)


def test_a_worker_that_is_just_starting_disturbs_nobody(
    meters: list[Meter], tmp_path: Path, value: Callable[..., float | None]
) -> None:
    (tmp_path / "begun").write_bytes(b"")
    (tmp_path / "half").write_bytes(bytes(80))
    meters[0].add(get())
    meters[0].update()

    assert value("todo_api_workers") == 2
    assert value("todo_api_requests_total", operation="get_task", status="200") == 1


def test_all_that_can_happen_is_0_before_it_does(value: Callable[..., float | None]) -> None:
    assert value("todo_api_workers") == 0
    for item in contract()["paths"].values():
        for operation in (item[method] for method in item if "operationId" in item[method]):
            for status in operation["responses"]:
                labels = {"operation": operation["operationId"], "status": status}
                assert value("todo_api_requests_total", **labels) == 0
    for error_code in contract()["components"]["schemas"]["ErrorCode"]["enum"]:
        assert value("todo_api_errors_total", error_code=error_code) == 0


@pytest.mark.parametrize("status", [100, 499, 599])
def test_a_status_that_the_contract_lacks_is_counted_all_the_same(
    meters: list[Meter], value: Callable[..., float | None], status: int
) -> None:
    meters[0].add((None, status, None, 0.1))
    meters[0].update()

    assert value("todo_api_requests_total", operation="other", status=str(status)) == 1


def test_numbers_lie_apart() -> None:
    layout = Layout(counted())
    places = [*layout.errors.values(), *layout.readings.values()]
    for operation, place in layout.operations.items():
        places += [place, layout.durations(operation, 0), layout.durations(operation, 5)]

    assert len(set(places)) == len(places)
    assert max(places) == layout.size - 1


def test_an_application_counts_until_it_ends(
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    value: Callable[..., float | None],
) -> None:
    monkeypatch.setenv(DIRECTORY, str(tmp_path))
    settings = Settings(database_url=database_url, jwt_secret_key=SECRET)
    with TestClient(create_app(settings)) as client:
        client.get("/api/alice/tasks")
        client.get("/health")

    assert value("todo_api_requests_total", operation="list_tasks", status="401") == 1
    assert value("todo_api_errors_total", error_code="AUTH_MISSING") == 1
    assert value("todo_api_requests_total", operation="other", status="200") == 1
    assert value("todo_api_workers") == 0


def test_what_the_supervisor_counts_is_told(value: Callable[..., float | None]) -> None:
    assert value("todo_api_worker_restarts_total") == 3


async def test_a_refusal_is_counted(
    meters: list[Meter], value: Callable[..., float | None]
) -> None:
    settings = Settings(jwt_secret_key=SECRET)
    pool, keys = Pool("host=nowhere.invalid"), SharedSecret(SECRET)
    intake = Intake(pool, _envelope(settings), meters[0], most=0)
    meters[0].watch(lambda: readings(pool, intake, _authenticator(settings, keys), keys))
    intake.refusal(b"GET /api/alice/tasks HTTP/1.1\r\n\r\n", "http", b"")
    intake.close()
    meters[0].close()
    await pool.close()

    assert value("todo_api_refused_requests_total") == 1
    assert value("todo_api_errors_total", error_code="OVERLOADED") == 1
    assert value("todo_api_requests_total", operation="other", status="503") == 1


def test_every_reading_explains_itself() -> None:
    for name, reading in READINGS.items():
        assert name.startswith("todo_api_")
        assert reading.help.endswith(".")
