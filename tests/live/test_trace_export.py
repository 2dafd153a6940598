"""Spans reach their collector from each worker and at the end; one that is away holds nobody."""

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

from tests.live.conftest import free_port, until
from tests.live.traced import calling, tracing


def test_each_worker_sends_its_own_spans(database_url: str, tmp_path: Path) -> None:
    named = {"DATABASE_URL": database_url, "OTEL_SERVICE_NAME": "tasks of two"}
    with tracing(tmp_path / "log", "--workers", "2", **named) as service:

        def workers() -> set[str]:
            service.ask("GET", "/api/alice/tasks")
            return {span.resource["service.instance.id"] for span in service.collector.spans()}

        until(lambda: len(workers()) == 2)
        assert {span.resource["service.name"] for span in service.collector.spans()} == {
            "tasks of two"
        }


def test_a_stop_sends_the_spans_that_are_left(database_url: str, tmp_path: Path) -> None:
    late = {"DATABASE_URL": database_url, "OTEL_BSP_SCHEDULE_DELAY": "3600000"}
    with tracing(tmp_path / "log", **late) as service:
        trace = uuid4().hex
        service.ask("GET", "/api/alice/tasks", headers=calling(trace))
        assert not service.collector.spans()
        assert service.server.stop() == 0
        assert len(service.collector.spans(trace)) == 2


def test_a_collector_that_is_frozen_holds_neither_requests_nor_the_end(
    database_url: str, tmp_path: Path, figure: Callable[[str], None]
) -> None:
    patient = {"DATABASE_URL": database_url, "OTEL_EXPORTER_OTLP_TIMEOUT": "3600"}
    few = {"OTEL_BSP_MAX_QUEUE_SIZE": "20", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "10"}
    with tracing(tmp_path / "log", **patient, **few) as service:
        service.collector.thawed.clear()
        service.ask("GET", "/api/alice/tasks")
        assert service.collector.asked.wait(30)
        answers = [service.ask("GET", "/api/alice/tasks").status_code for _ in range(40)]
        seconds = until(lambda: service.server.stop() == 0)

    assert answers == [200] * 40
    assert service.server.log().count("todo_api.tracing") < 5
    figure(f"the end with a frozen collector: {seconds:.1f} s")


def test_a_collector_that_is_away_is_told_of_in_a_few_lines(
    database_url: str, tmp_path: Path
) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    short = {"DATABASE_URL": database_url, "OTEL_EXPORTER_OTLP_TIMEOUT": "0.05"}
    with tracing(tmp_path / "log", OTEL_EXPORTER_OTLP_ENDPOINT=nowhere, **short) as service:

        def told() -> int:
            assert service.ask("GET", "/api/alice/tasks").status_code == 200
            return service.server.log().count("todo_api.tracing")

        until(lambda: told() >= 1)
        for _ in range(40):
            assert told() < 5
        assert service.server.stop() == 0


def test_disabled_nothing_is_sent(database_url: str, tmp_path: Path) -> None:
    off = {"DATABASE_URL": database_url, "OTEL_SDK_DISABLED": "true"}
    with tracing(tmp_path / "log", **off) as service:
        answer = service.ask("GET", "/api/alice/tasks", headers=calling(uuid4().hex))
        assert "trace_id" not in service.line(answer)
        assert service.server.stop() == 0
        assert not service.collector.bodies
