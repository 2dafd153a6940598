"""The server's own endpoints, its documentation page, and what browsers need."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from starlette.testclient import TestClient

from tests.conftest import SECRET, problem
from todo_api.app import create_app
from todo_api.settings.settings import Settings

CONTRACT = Path(__file__).parents[2] / "openapi" / "todo.yaml"
OURS = "http://localhost:3000"
FOREIGN = "https://evil.example"
REQUESTED = ("allow-headers", "allow-methods")
EXPOSED = {"Accept-Patch", "Allow", "ETag", "Location", "Retry-After", "WWW-Authenticate"}
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
SENT = (
    "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Request-ID, "
    "traceparent, tracestate"
)


@contextmanager
def served(url: str, **others: Any) -> Iterator[TestClient]:
    """Serve on another database."""
    settings = Settings(database_url=url, jwt_secret_key=SECRET, **others)
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="module")
def away() -> Iterator[TestClient]:
    """A client of a server whose database is away."""
    with served("postgresql://todo:hunter2@127.0.0.1:1/todo") as client:
        yield client


@pytest.fixture
def bare(database_url: str) -> Iterator[TestClient]:
    """A client of a server whose tables are not there."""
    with served(f"{database_url}&options=-csearch_path%3Dnowhere") as client:
        yield client


@pytest.mark.parametrize(("path", "status"), [("/health", "healthy"), ("/ready", "ready")])
def test_a_sound_server_says_so(anonymous: TestClient, path: str, status: str) -> None:
    answer = anonymous.get(path)

    assert answer.status_code == 200
    assert answer.json() == {"status": status, "service": "todo-api", "version": "1.3.1"}
    assert anonymous.head(path).headers["Content-Length"] == answer.headers["Content-Length"]
    assert anonymous.head(path).content == b""


def test_a_server_is_healthy_but_not_ready_while_its_database_is_away(away: TestClient) -> None:
    ready = away.get("/ready")

    assert away.get("/health").status_code == 200
    assert problem(ready) == (503, "DATABASE_ERROR")
    assert ready.headers["Retry-After"] == "1"
    assert "hunter2" not in ready.text


def test_tasks_are_unavailable_while_the_database_is_away(
    away: TestClient, user: str, token: Callable[[str], str]
) -> None:
    headers = {"Authorization": f"Bearer {token(user)}"}
    answers = [
        away.get(f"/api/{user}/tasks", headers=headers),
        away.post(f"/api/{user}/tasks", headers=headers, json={"title": "Buy milk"}),
        away.delete(f"/api/{user}/tasks/1", headers=headers),
    ]

    assert {problem(answer) for answer in answers} == {(503, "DATABASE_ERROR")}
    assert {answer.headers["Retry-After"] for answer in answers} == {"1"}


def test_a_server_is_not_ready_before_its_database_has_tables(bare: TestClient) -> None:
    ready = bare.get("/ready")

    assert problem(ready) == (503, "DATABASE_ERROR")
    assert ready.headers["Retry-After"] == "1"
    assert "todo-api migrate" in ready.json()["detail"]
    assert ready.json()["reason"] == "tables"


def test_the_contract_is_published_byte_for_byte(anonymous: TestClient) -> None:
    answer = anonymous.get("/openapi.yaml")

    assert answer.content == CONTRACT.read_bytes()
    assert answer.headers["Content-Type"] == "application/yaml"


def test_the_contract_is_published_as_json_too(anonymous: TestClient) -> None:
    answer = anonymous.get("/openapi.json")

    assert answer.json() == yaml.safe_load(CONTRACT.read_text())
    assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("path", ["/openapi.yaml", "/openapi.json"])
def test_the_contract_is_sent_once_and_to_anybody(anonymous: TestClient, path: str) -> None:
    first = anonymous.get(path, headers={"Origin": FOREIGN})
    again = anonymous.get(path, headers={"If-None-Match": first.headers["ETag"]})

    assert first.headers["Access-Control-Allow-Origin"] == "*"
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert anonymous.get(path, headers={"If-None-Match": '"another"'}).status_code == 200
    endless = '"",' * 20_000 + first.headers["ETag"]
    assert anonymous.get(path, headers={"If-None-Match": endless}).status_code == 200


def test_the_documentation_page_needs_no_other_host(anonymous: TestClient) -> None:
    page = anonymous.get("/docs")
    files = re.findall(r'(?:src|href)="([^"]+)"', page.text)

    assert [step.headers["Location"] for step in page.history] == ["/docs/"]
    assert page.headers["Content-Type"].startswith("text/html")
    assert not re.search(r"""["'(](https?:)?//""", page.text)
    assert 'url: "/openapi.yaml"' in page.text
    assert len(files) == 3
    assert {anonymous.get(f"/docs/{file}").status_code for file in files} == {200}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_root_leads_to_the_documentation_page(anonymous: TestClient, method: str) -> None:
    redirect = anonymous.request(method, "/", follow_redirects=False)

    assert (redirect.status_code, redirect.headers["Location"]) == (307, "docs/")
    assert str(anonymous.request(method, "/").url) == "http://testserver/docs/"


def test_the_root_takes_no_other_method(anonymous: TestClient) -> None:
    refusal = anonymous.post("/")

    assert problem(refusal) == (405, "METHOD_NOT_ALLOWED")
    assert refusal.headers["Allow"] == "GET, HEAD"


def preflight(client: TestClient, method: str, origin: str) -> Any:
    asked = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": SENT}
    return client.options("/api/alice/tasks", headers={"Origin": origin, **asked})


@pytest.mark.parametrize("method", METHODS)
def test_a_frontend_of_ours_may_call_every_method(anonymous: TestClient, method: str) -> None:
    answer = preflight(anonymous, method, OURS)

    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == OURS
    assert answer.headers["Access-Control-Allow-Methods"].split(", ") == METHODS
    allowed = answer.headers["Access-Control-Allow-Headers"].split(", ")
    assert set(SENT.split(", ")) <= set(allowed)


@pytest.mark.parametrize(
    ("asked", "refused"),
    [
        ({"Access-Control-Request-Method": "OPTIONS"}, "OPTIONS"),
        (
            {
                "Access-Control-Request-Method": "GET",
                "Access-Control-Request-Headers": "authorization,x-requested-with",
            },
            "x-requested-with",
        ),
    ],
    ids=["method", "header"],
)
def test_what_a_frontend_of_ours_may_not_ask_is_told_apart_from_its_origin(
    anonymous: TestClient, asked: dict[str, str], refused: str
) -> None:
    answer = anonymous.options("/api/alice/tasks", headers={"Origin": OURS, **asked})
    allowed = [value for name, value in answer.headers.items() if name.endswith(REQUESTED)]

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == OURS
    assert len(allowed) == 2
    assert refused.lower() not in str(allowed).lower()
    assert "Origin" in answer.headers["Vary"]


def test_the_headers_of_the_settings_may_be_sent_too(database_url: str) -> None:
    with served(database_url, cors_headers="baggage, X-Requested-With") as client:
        asked = {
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": f"{SENT}, baggage, x-requested-with",
        }
        answer = client.options("/api/alice/tasks", headers={"Origin": OURS, **asked})

    allowed = answer.headers["Access-Control-Allow-Headers"].split(", ")
    assert answer.status_code == 200
    assert {*SENT.split(", "), "baggage", "X-Requested-With"} <= set(allowed)


@pytest.mark.parametrize("method", METHODS)
def test_a_foreign_frontend_may_call_nothing(anonymous: TestClient, method: str) -> None:
    answer = preflight(anonymous, method, FOREIGN)

    assert (answer.status_code, answer.content) == (204, b"")
    assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("http://testserver/api/bob/tasks", {"title": "a"}, 403),
        ("http://testserver/no-such-path", {}, 404),
        ("tasks/1", {}, 405),
        ("tasks", {"title": ""}, 422),
        ("tasks", {"title": "Buy milk"}, 201),
    ],
)
def test_a_frontend_can_read_every_answer(
    client: TestClient, path: str, body: Any, status: int
) -> None:
    answer = client.post(path, json=body, headers={"Origin": OURS})
    exposed = answer.headers["Access-Control-Expose-Headers"].split(", ")

    assert answer.status_code == status
    assert answer.headers["Access-Control-Allow-Origin"] == OURS
    assert set(exposed) >= EXPOSED | {"X-Request-ID"}
    assert "Origin" in answer.headers["Vary"]


def test_a_frontend_can_read_that_its_token_is_missing(anonymous: TestClient) -> None:
    answer = anonymous.get("/api/alice/tasks", headers={"Origin": OURS})

    assert problem(answer) == (401, "AUTH_MISSING")
    assert answer.headers["Access-Control-Allow-Origin"] == OURS


def test_a_foreign_frontend_can_read_nothing(client: TestClient) -> None:
    answer = client.get("tasks", headers={"Origin": FOREIGN})

    assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_packaged_app_may_be_ours(database_url: str) -> None:
    apps = ["tauri://localhost", "app://.", "http://tauri.localhost"]
    with served(database_url, cors_origins=",".join(apps)) as client:
        for app in apps:
            answer = client.get("/api/alice/tasks", headers={"Origin": app})
            assert preflight(client, "PATCH", app).headers["Access-Control-Allow-Origin"] == app
            assert answer.headers["Access-Control-Allow-Origin"] == app


def test_the_frontends_of_the_settings_are_ours(database_url: str) -> None:
    with served(database_url, cors_origins="https://a.example, https://b.example/") as client:
        for origin in ("https://a.example", "https://b.example"):
            assert preflight(client, "GET", origin).status_code == 200
        assert "Access-Control-Allow-Origin" not in preflight(client, "GET", OURS).headers
