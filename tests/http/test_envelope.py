"""What every answer carries is the same, whether an operation answers or what stands around it."""

from collections.abc import Callable, Iterator

import pytest
from starlette.testclient import TestClient

from tests.conftest import SECRET
from todo_api.app import create_app
from todo_api.settings.settings import Settings

ALLOWED = "https://app.example.com"
OPERATION = "/api/alice/tasks"
AROUND = "/no-such-path"
OF_ITS_OWN = {"content-length", "vary", "www-authenticate"}


@pytest.fixture(params=[[], [ALLOWED], ["*"]], ids=["none", "one", "any"], scope="module")
def origins(request: pytest.FixtureRequest) -> list[str]:
    allowed: list[str] = request.param
    return allowed


@pytest.fixture(scope="module")
def service(database_url: str, origins: list[str]) -> Iterator[TestClient]:
    settings = Settings(database_url=database_url, jwt_secret_key=SECRET, cors_origins=origins)
    with TestClient(create_app(settings)) as client:
        yield client


@pytest.fixture
def headers(service: TestClient) -> Callable[..., list[tuple[str, str]]]:
    """Ask for a URL, and return the headers that its answer shares with all others."""

    def headers(url: str, **sent: str) -> list[tuple[str, str]]:
        answer = service.get(url, headers={"X-Request-ID": "one", **sent})
        return sorted(item for item in answer.headers.multi_items() if item[0] not in OF_ITS_OWN)

    return headers


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"Origin": ALLOWED},
        {"Origin": "https://foreign.example.com"},
        {"Origin": "null"},
        {"Origin": ALLOWED, "Cookie": "session=1"},
    ],
    ids=["no origin", "allowed", "foreign", "opaque", "cookie"],
)
def test_an_operation_answers_with_the_headers_of_all_other_paths(
    headers: Callable[..., list[tuple[str, str]]], scheme: str, sent: dict[str, str]
) -> None:
    answers = [headers(f"{scheme}://testserver{path}", **sent) for path in (OPERATION, AROUND)]

    assert answers[0] == answers[1]
    assert ("x-request-id", "one") in answers[0]
    assert ("strict-transport-security" in dict(answers[0])) is (scheme == "https")


def test_what_an_operation_answers_depends_on_who_asks(
    service: TestClient, headers: Callable[..., list[tuple[str, str]]]
) -> None:
    for sent in ({}, {"Origin": ALLOWED}, {"Origin": "https://foreign.example.com"}):
        assert service.get(OPERATION, headers=sent).headers["Vary"] == "Authorization, Origin"
        assert service.get(AROUND, headers=sent).headers["Vary"] == "Origin"
        assert ("cache-control", "no-store") in headers(OPERATION, **sent)


def test_only_an_origin_that_is_allowed_is_named(
    headers: Callable[..., list[tuple[str, str]]], origins: list[str]
) -> None:
    for path in (OPERATION, AROUND):
        named = dict(headers(path, Origin=ALLOWED)).get("access-control-allow-origin")
        assert named == (origins[0] if origins else None)
        assert "access-control-allow-origin" not in dict(headers(path))
