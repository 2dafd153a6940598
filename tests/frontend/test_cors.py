"""Pages of other origins ask the service in a real browser, which sends their origins itself."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

from tests.conftest import SECRET
from tests.live.conftest import Server, serving
from todo_api.settings.development import token_for

ORIGINS = {
    "http://tauri.localhost": "http://tauri.localhost",
    "https://bücher.example:443": "https://xn--bcher-kva.example",
    "http://APP.example.com:8080": "http://app.example.com:8080",
}
"""What its browser calls the origin of a page, by what is written in CORS_ORIGINS."""
ASK = """async ([url, headers, method]) => {
    try {
        const answer = await fetch(url, {headers, method})
        return {status: answer.status, ...Object.fromEntries(answer.headers)}
    } catch (error) {
        return {failed: String(error)}
    }
}"""


@pytest.fixture(scope="module")
def service(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    output = tmp_path_factory.mktemp("service") / "output"
    variables = {
        "DATABASE_URL": database_url,
        "JWT_SECRET_KEY": SECRET,
        "CORS_ORIGINS": ",".join(ORIGINS),
        "CORS_HEADERS": "baggage, sentry-trace",
    }
    with serving(output, **variables) as server:
        yield server


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[[str], Page]]:
    """Open an empty page of any origin."""

    def empty(route: Route) -> None:
        route.fulfill(
            body='<!DOCTYPE html><link rel="icon" href="data:,">', content_type="text/html"
        )

    with browser.new_context() as context:

        def open_page(origin: str) -> Page:
            page = context.new_page()
            page.route("**/*", empty)
            page.goto(f"{origin}/")
            page.unroute_all()  # Playwright would answer preflights itself
            return page

        yield open_page


def ask(page: Page, service: Server, user: str, method: str = "GET", **sent: str) -> Any:
    headers = {"Authorization": f"Bearer {token_for(user, SECRET, 60)}", **sent}
    return page.evaluate(ASK, [f"{service.url}/api/{user}/tasks", headers, method])


@pytest.mark.parametrize(("written", "origin"), ORIGINS.items())
def test_a_page_whose_origin_is_in_the_list_is_answered(
    open_page: Callable[[str], Page], service: Server, user: str, written: str, origin: str
) -> None:
    page = open_page(written)
    answer = ask(page, service, user, baggage="a=b")

    assert page.evaluate("location.origin") == origin
    assert answer["status"] == 200
    assert answer["etag"]


def test_a_page_can_read_what_it_is_told_to_do(
    open_page: Callable[[str], Page], service: Server, user: str
) -> None:
    page = open_page("http://tauri.localhost")

    assert ask(page, service, user, Authorization="")["www-authenticate"] == "Bearer"
    assert ask(page, service, user, "DELETE")["allow"] == "GET, HEAD, POST"


def test_the_browser_blames_the_header_that_is_not_allowed_and_not_the_origin(
    open_page: Callable[[str], Page], service: Server, user: str
) -> None:
    said: list[str] = []
    page = open_page("http://tauri.localhost")
    page.on("console", lambda message: said.append(message.text))
    refused = ask(page, service, user, **{"X-Requested-With": "XMLHttpRequest"})

    assert refused == {"failed": "TypeError: Failed to fetch"}
    assert "header field x-requested-with is not allowed" in said[0]


def test_a_page_of_another_origin_is_told_nothing(
    open_page: Callable[[str], Page], service: Server, user: str
) -> None:
    page = open_page("http://evil.example")

    assert ask(page, service, user) == {"failed": "TypeError: Failed to fetch"}
