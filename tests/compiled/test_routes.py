"""Paths and methods, inside the contract and outside."""

import pytest
from starlette.testclient import TestClient

from tests.conftest import problem

COLLECTION, ITEM = "GET, HEAD, POST", "DELETE, GET, HEAD, PATCH, PUT"


@pytest.mark.parametrize(
    "path",
    [
        "/api",
        "/api/{user}",
        "/api/{user}/",
        "/api/{user}/tasks/",
        "/api/{user}/tasks/1/",
        "/api/{user}/tasks/1/2",
        "/api/{user}//tasks",
        "/api/{user}/tasks//1",
        "/api//tasks",
        "//api/{user}/tasks",
        "/api/{user}%2Ftasks",
        "/api%2F{user}/tasks",
        "/API/{user}/tasks",
        "/api/{user}/Tasks",
        "/api/{user}/tasks.json",
        "/api/{user}/tasks%2F1",
        "/health/",
        "//health",
        "/openapi.json/",
        "/metrics/tasks",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_every_other_path_is_not_found(
    client: TestClient, user: str, method: str, path: str
) -> None:
    url = f"http://testserver{path.format(user=user)}"
    answer = client.request(method, url, follow_redirects=False)

    assert problem(answer) == (404, "NOT_FOUND")
    assert answer.json()["detail"] == "There is no such path."


@pytest.mark.parametrize("file", ["no-such-file", "openapi.json", "..%2Findex.html", "%00"])
def test_the_documentation_has_its_own_files_only(anonymous: TestClient, file: str) -> None:
    assert problem(anonymous.get(f"/docs/{file}")) == (404, "NOT_FOUND")


def test_an_encoded_slash_stays_within_its_user(client: TestClient, user: str) -> None:
    for path in (
        f"/api/x%2F{user}/tasks",
        f"/api/{user}%2F/tasks",
        f"/api/{user}%2F..%2Fbob/tasks",
    ):
        assert problem(client.get(f"http://testserver{path}")) == (403, "AUTH_FORBIDDEN")


def test_a_user_may_be_percent_encoded(client: TestClient, user: str) -> None:
    encoded = f"%{ord(user[0]):x}{user[1:]}"

    assert client.get(f"http://testserver/api/{encoded}/tasks").status_code == 200


@pytest.mark.parametrize(
    ("path", "method", "allow"),
    [
        *(
            ("tasks", method, COLLECTION)
            for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
        ),
        *(("tasks/1", method, ITEM) for method in ("POST", "OPTIONS", "TRACE", "QUERY")),
        ("tasks/not-an-id", "POST", ITEM),
        ("http://testserver/api/bob/tasks", "PUT", COLLECTION),
        ("http://testserver/docs/", "POST", "GET, HEAD"),
        *(
            (f"http://testserver{path}", method, "GET, HEAD")
            for path in ("/health", "/ready", "/openapi.yaml", "/openapi.json")
            for method in ("POST", "DELETE")
        ),
    ],
)
def test_another_method_is_told_all_that_the_path_has(
    client: TestClient, path: str, method: str, allow: str
) -> None:
    answer = client.request(method, path)

    assert problem(answer) == (405, "METHOD_NOT_ALLOWED")
    assert sorted(answer.headers["Allow"].split(", ")) == allow.split(", ")


def test_the_method_is_told_before_the_token_is_asked_for(anonymous: TestClient) -> None:
    assert problem(anonymous.put("/api/alice/tasks")) == (405, "METHOD_NOT_ALLOWED")


def test_half_a_preflight_is_a_method_that_the_path_does_not_have(client: TestClient) -> None:
    answer = client.options("tasks", headers={"Access-Control-Request-Method": "GET"})

    assert problem(answer) == (405, "METHOD_NOT_ALLOWED")
    assert answer.headers["Allow"] == "GET, HEAD, POST"
