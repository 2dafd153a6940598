"""Browsers are told what not to do with a response."""

import re
from base64 import b64encode
from hashlib import sha256

import pytest
from starlette.testclient import TestClient

POLICY = "Content-Security-Policy"
OWN, NONE, ALL = "private, no-cache", "no-store", "public, max-age=300"


@pytest.mark.parametrize(
    ("method", "path", "status", "kept"),
    [
        ("GET", "tasks", 200, OWN),
        ("POST", "tasks", 422, NONE),
        ("GET", "tasks/1", 404, NONE),
        ("DELETE", "tasks", 405, NONE),
        ("GET", "http://testserver/openapi.yaml", 200, ALL),
        ("GET", "http://testserver/openapi.json", 200, ALL),
        ("DELETE", "http://testserver/openapi.json", 405, NONE),
        ("GET", "http://testserver/health", 200, OWN),
        ("GET", "http://testserver/no-such-path", 404, NONE),
        ("GET", "http://testserver/docs/", 200, ALL),
        ("GET", "http://testserver/errors", 200, ALL),
        ("GET", "http://testserver/docs/css/swagger-ui.css", 200, ALL),
        ("GET", "http://testserver/docs/css/no-such.css", 404, NONE),
    ],
)
def test_every_response_has_them(
    client: TestClient, method: str, path: str, status: int, kept: str
) -> None:
    answer = client.request(method, path, json={} if method == "POST" else None)

    assert answer.status_code == status
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == kept
    assert "frame-ancestors 'none'" in answer.headers[POLICY]
    assert len(answer.headers.get_list(POLICY)) == 1


def test_nothing_may_run_in_an_answer_of_the_api(client: TestClient) -> None:
    policy = client.get("tasks").headers[POLICY]

    assert policy == "default-src 'none'; frame-ancestors 'none'"


@pytest.mark.parametrize("path", ["/docs/", "/docs/index.html", "/errors"])
def test_a_page_may_run_its_own_scripts_and_styles_only(anonymous: TestClient, path: str) -> None:
    page = anonymous.get(path)
    inline = re.findall(r"<(script|style)>(.*?)</", page.text, re.DOTALL)

    assert inline
    assert "unsafe" not in page.headers[POLICY]
    for kind, text in inline:
        [allowed] = re.findall(rf"{kind}-src ([^;]*)", page.headers[POLICY])
        assert f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" in allowed


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("tasks", OWN),
        ("http://testserver/openapi.yaml", ALL),
        ("http://testserver/docs/", ALL),
        ("http://testserver/docs/css/swagger-ui.css", ALL),
    ],
)
def test_an_answer_out_of_the_cache_may_be_kept_as_long(
    client: TestClient, path: str, kept: str
) -> None:
    held = client.get(path).headers["ETag"]
    again = client.get(path, headers={"If-None-Match": held})

    assert (again.status_code, again.headers["Cache-Control"]) == (304, kept)


@pytest.mark.parametrize("path", ["/docs/", "/errors"])
def test_a_page_out_of_the_cache_may_as_well(anonymous: TestClient, path: str) -> None:
    first = anonymous.get(path)
    again = anonymous.get(path, headers={"If-None-Match": first.headers["ETag"]})

    assert again.status_code == 304
    assert again.headers[POLICY] == first.headers[POLICY]


def test_https_is_asked_for_over_https_only(client: TestClient) -> None:
    secure = client.get("https://testserver/health")
    plain = client.get("http://testserver/health")

    assert secure.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "Strict-Transport-Security" not in plain.headers
