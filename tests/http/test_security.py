"""Browsers are told what not to do with a response."""

import re
from base64 import b64encode
from hashlib import sha256

import pytest
from starlette.testclient import TestClient

POLICY = "Content-Security-Policy"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "tasks", 200),
        ("GET", "tasks/1", 404),
        ("DELETE", "tasks", 405),
        ("GET", "http://testserver/openapi.yaml", 200),
        ("GET", "http://testserver/health", 200),
        ("GET", "http://testserver/no-such-path", 404),
        ("GET", "http://testserver/docs/", 200),
        ("GET", "http://testserver/errors", 200),
        ("GET", "http://testserver/docs/css/swagger-ui.css", 200),
    ],
)
def test_every_response_has_them(client: TestClient, method: str, path: str, status: int) -> None:
    answer = client.request(method, path)

    assert answer.status_code == status
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "private, no-cache"
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
