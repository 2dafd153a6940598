"""Traces, as a collector gets them from the running service."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from psycopg2.extensions import parse_dsn

from tests.conftest import SECRET
from tests.live.conftest import free_port
from tests.live.traced import CALLER, Traced, calling, tracing
from tests.live.wire import exchanges
from todo_api.settings.development import token_for

TASKS, TASK = "/api/{user_id}/tasks", "/api/{user_id}/tasks/{task_id}"


@pytest.fixture(scope="module")
def service(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traced]:
    with tracing(tmp_path_factory.mktemp("traced") / "log", DATABASE_URL=database_url) as service:
        yield service


def test_a_request_and_its_statement_are_in_the_trace_of_the_caller(
    service: Traced, database_url: str
) -> None:
    trace = uuid4().hex
    headers = calling(trace) | {"tracestate": "vendor=value"}
    assert service.ask("GET", "/api/alice/tasks", headers=headers).status_code == 200
    request, statement = service.trace(trace, 2)

    assert (request.name, request.kind) == (f"GET {TASKS}", "SPAN_KIND_SERVER")
    assert (request.parent, request.state, request.failed) == (CALLER, "vendor=value", False)
    assert request.attributes == {
        "http.request.method": "GET",
        "http.route": TASKS,
        "url.scheme": "http",
        "http.response.status_code": 200,
    }
    assert (statement.name, statement.kind) == ("SELECT tasks", "SPAN_KIND_CLIENT")
    assert (statement.parent, statement.failed) == (request.id, False)
    place = parse_dsn(database_url)
    assert statement.attributes == {
        "db.system.name": "postgresql",
        "db.query.summary": "SELECT tasks",
        "server.address": place["host"],
        "server.port": int(place["port"]),
    }
    assert request.resource["service.name"] == "todo-api"


def test_each_operation_has_its_route_and_its_statements(service: Traced) -> None:
    trace = uuid4().hex
    headers = calling(trace)
    made = service.ask("POST", "/api/alice/tasks", json={"title": "Milk"}, headers=headers)
    path = made.headers["Location"]
    once = headers | {"Idempotency-Key": uuid4().hex}
    stale = headers | {"If-Match": '"99"'}
    service.ask("POST", "/api/alice/tasks", json={"title": "Milk"}, headers=once)
    service.ask("HEAD", path, headers=headers)
    service.ask("PUT", path, json={"title": "Tea", "complete": True}, headers=headers)
    service.ask("PATCH", path, json={"complete": False}, headers=stale)
    service.ask("DELETE", path, headers=headers)
    spans = service.trace(trace, 13)

    names = {
        span.id: (span.name, span.attributes.get("http.response.status_code")) for span in spans
    }
    told = sorted((*names.get(span.parent, ("",)), span.name) for span in spans)
    assert [line[-1] for line in told if line[0] == ""] == sorted(
        [f"POST {TASKS}"] * 2
        + [f"{method} {TASK}" for method in ("HEAD", "PUT", "PATCH", "DELETE")]
    )
    assert [line for line in told if line[0]] == [
        (f"DELETE {TASK}", 204, "DELETE tasks"),
        (f"HEAD {TASK}", 200, "SELECT tasks"),
        (f"PATCH {TASK}", 412, "SELECT tasks"),
        (f"PATCH {TASK}", 412, "UPDATE tasks"),
        (f"POST {TASKS}", 201, "INSERT idempotency_keys INSERT tasks"),
        (f"POST {TASKS}", 201, "INSERT tasks"),
        (f"PUT {TASK}", 200, "UPDATE tasks"),
    ]


def test_a_caller_that_does_not_sample_is_not_traced(service: Traced) -> None:
    unsampled, sampled = uuid4().hex, uuid4().hex
    answer = service.ask("GET", "/api/alice/tasks", headers=calling(unsampled, sampled=False))
    service.ask("GET", "/api/alice/tasks", headers=calling(sampled))
    service.trace(sampled, 2)

    assert answer.status_code == 200
    assert "trace_id" not in service.line(answer)
    assert not service.collector.spans(unsampled)


@pytest.mark.parametrize(
    "traceparent",
    [
        "",
        "Surprise",
        f"00-{'0' * 32}-{CALLER}-01",
        f"00-{'a' * 32}-{'0' * 16}-01",
        f"00-{'A' * 32}-{CALLER}-01",
        f"00-{'a' * 32}-{CALLER}-01-more",
        f"ff-{'a' * 32}-{CALLER}-01",
        f"00-{'a' * 32}-{CALLER}-01, 00-{'b' * 32}-{CALLER}-01",
        b"\xff\xfe",
        "Surprise" * 1000,
    ],
)
def test_a_malformed_traceparent_begins_a_trace_of_our_own(
    service: Traced, traceparent: str | bytes
) -> None:
    headers = {"traceparent": traceparent, "tracestate": "Surprise"}
    answer = service.ask("GET", "/api/alice/tasks", headers=headers)
    request, statement = service.traced(answer, 2)

    assert answer.status_code == 200
    assert (request.parent, request.state) == ("", "")
    assert statement.parent == request.id
    assert "Surprise" not in service.server.log()


def test_a_tracestate_that_is_none_is_dropped_and_not_logged(service: Traced) -> None:
    trace = uuid4().hex
    service.ask("GET", "/api/alice/tasks", headers=calling(trace) | {"tracestate": "Surprise"})

    assert service.trace(trace, 2)[0].state == ""
    assert "Surprise" not in service.server.log()


def test_a_refused_request_has_a_span_without_a_statement_and_is_no_failure(
    service: Traced,
) -> None:
    trace = uuid4().hex
    service.ask("GET", "/api/bob/tasks", headers=calling(trace))
    service.ask("GET", "/api/alice/tasks/0", headers=calling(trace) | {"Authorization": "Bearer x"})
    spans = service.trace(trace, 2)

    statuses = {span.name: span.attributes["http.response.status_code"] for span in spans}
    assert statuses == {f"GET {TASKS}": 403, f"GET {TASK}": 401}
    assert not any(span.failed or "error.type" in span.attributes for span in spans)


def test_what_is_no_operation_of_the_contract_has_no_span(service: Traced) -> None:
    other, trace = uuid4().hex, uuid4().hex
    for path in ("/health", "/ready", "/openapi.yaml", "/no/such/path"):
        service.ask("GET", path, headers=calling(other))
    service.ask("PUT", "/api/alice/tasks", headers=calling(other))
    service.ask("GET", "/api/alice/tasks", headers=calling(trace))
    service.trace(trace, 2)

    assert not service.collector.spans(other)


def test_requests_of_one_connection_do_not_get_into_each_others_traces(service: Traced) -> None:
    first, unsampled, third = (uuid4().hex for _ in range(3))
    token = token_for("alice", SECRET, 60)

    def head(path: str, traceparent: str) -> bytes:
        lines = ("Host: x", f"Authorization: Bearer {token}", f"traceparent: {traceparent}")
        return "\r\n".join([f"GET {path} HTTP/1.1", *lines, "", ""]).encode()

    parents = [
        calling(first),
        calling(unsampled, sampled=False),
        calling(unsampled),
        calling(third),
    ]
    paths = ["/api/alice/tasks", "/api/alice/tasks", "/ready", "/api/alice/tasks"]
    pairs = zip(paths, parents, strict=True)
    pipelined = b"".join(head(path, parent["traceparent"]) for path, parent in pairs)
    answers = exchanges(service.server, pipelined, 4)
    service.trace(third, 2)

    assert [answer.status for answer in answers] == [200] * 4
    assert [len(service.trace(trace, 2)) for trace in (first, third)] == [2, 2]
    assert not service.collector.spans(unsampled)


def test_a_database_that_is_away_is_an_error_of_both_spans(tmp_path: Path) -> None:
    nowhere = f"postgresql://todo:hunter2@127.0.0.1:{free_port()}/todo"
    with tracing(tmp_path / "log", DATABASE_URL=nowhere) as service:
        answer = service.ask("GET", "/api/alice/tasks")
        request, statement = service.traced(answer, 2)

    assert request.attributes["http.response.status_code"] == answer.status_code == 503
    assert (request.failed, request.attributes["error.type"]) == (True, "DATABASE_ERROR")
    assert (statement.failed, statement.attributes["error.type"]) == (True, "DatabaseUnavailable")
    assert b"hunter2" not in b"".join(service.collector.bodies)


def test_nothing_that_is_a_users_own_is_exported(service: Traced, database_url: str) -> None:
    private = {
        name: f"{name}-{uuid4().hex}" for name in ("title", "search", "key", "agent", "etag")
    }
    user, trace = f"user-{uuid4().hex}", uuid4().hex
    token = token_for(user, SECRET, 60)
    headers = calling(trace) | {
        "Authorization": f"Bearer {token}",
        "User-Agent": private["agent"],
        "Idempotency-Key": private["key"],
        "If-None-Match": f'"{private["etag"]}"',
        "X-Request-ID": private["etag"],
        "Host": f"{private['agent']}.example",
    }
    path = f"/api/{user}/tasks"
    service.ask("POST", path, json={"title": private["title"]}, headers=headers)
    service.ask("POST", path, json={"title": 1, private["title"]: 1}, headers=headers)
    service.ask("GET", f"{path}?q={private['search']}", headers=headers)
    service.ask("GET", f"{path}?{private['search']}=1", headers=headers)
    service.trace(trace, 6)

    exported = b"".join(service.collector.bodies)
    assert trace in {span.trace for span in service.collector.spans()}
    password = str(parse_dsn(database_url)["password"])
    for secret in (*private.values(), user, token, token.rpartition(".")[2], SECRET, password):
        assert secret.encode() not in exported
