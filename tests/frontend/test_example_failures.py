"""The example's page where something between answers, or Better Auth not as it should."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.frontend.browser import Expected
from tests.frontend.example import Example
from tests.frontend.example_page import add, delete, sign_in, sign_up, write

NO_PROBLEMS = {"nothing": "", "a page": "<h1>Bad Gateway</h1>", "its own": '{"message": "Oops"}'}


@pytest.mark.parametrize("body", NO_PROBLEMS.values(), ids=NO_PROBLEMS)
def test_a_proxys_502_is_told_and_deletes_no_task(
    page: Page, running: Example, expected: Expected, body: str
) -> None:
    expected.add(502)
    sign_up(page, running)
    task = add(page, "Buy milk")
    page.route("**/tasks/*", in_between(running, 502, body, method="DELETE"))
    delete(task)
    expect(task.get_by_role("alert")).to_contain_text("no proper answer (status 502)")
    expect(page.get_by_role("status")).to_have_text("1 to do, 0 done")


def in_between(
    running: Example, status: int, body: str, method: str = "GET"
) -> Callable[[Route], None]:
    """Answer as something between the page and the API would, which allows the page to read it."""
    headers = {"Access-Control-Allow-Origin": running.page, "Content-Length": str(len(body))}

    def answer(route: Route) -> None:
        if route.request.method == method:
            route.fulfill(status=status, headers=headers, body=body)
        else:
            route.continue_()

    return answer


def test_better_auths_silent_500_is_told(page: Page, running: Example, expected: Expected) -> None:
    expected.add(500)
    page.route("**/api/auth/sign-in/email", lambda route: route.fulfill(status=500, body=""))
    page.goto(running.page)
    sign_in(page, "ada@example.com")
    expect(page.locator("#account").get_by_role("alert")).to_contain_text("(status 500)")


def test_where_better_auth_fails_at_load_the_sign_in_says_so(
    page: Page, running: Example, expected: Expected
) -> None:
    expected.add(500)
    email = sign_up(page, running)
    page.route("**/get-session", lambda route: route.fulfill(status=500, body=""), times=1)
    page.reload()
    expect(page.get_by_role("heading")).to_have_text("Welcome back")
    expect(page.locator("#account").get_by_role("alert")).to_contain_text("(status 500)")
    expect(page.get_by_label("Name")).to_be_hidden()
    sign_in(page, email)
    expect(page.get_by_role("status")).to_contain_text("Nothing to do")


def test_a_better_auth_that_is_away_at_load_is_told(
    page: Page, running: Example, expected: Expected
) -> None:
    expected.add("net::ERR_FAILED")
    page.route("**/get-session", lambda route: route.abort())
    page.goto(running.page)
    expect(page.locator("#account").get_by_role("alert")).to_contain_text("can't be reached")


def test_what_nobody_thought_of_is_told_as_well(browser: Browser, running: Example) -> None:
    with browser.new_context() as context:  # unwatched: the console shows the error as well
        page = context.new_page()
        page.route("**/tasks?*", in_between(running, 200, "<h1>Another service</h1>"))
        sign_up(page, running, finds="Something went wrong")


def test_two_faults_of_one_field_are_read_in_their_order(
    page: Page, running: Example, expected: Expected
) -> None:
    expected.add(422)
    faults = [{"pointer": "/title", "detail": words} for words in ("Too long.", "Too loud.")]
    told = {"detail": "No.", "error_code": "VALIDATION_ERROR", "errors": faults}
    sign_up(page, running)
    page.route("**/tasks", in_between(running, 422, json.dumps(told), method="POST"))
    form = page.locator("#add")
    form.get_by_label("Title").fill("Buy milk")
    form.get_by_role("button", name="Add").click()
    title = form.get_by_label("Title")
    expect(title).to_have_accessible_description("Too long. Too loud.")


def test_a_due_date_that_the_api_refuses_is_told_beside_its_field(
    page: Page, running: Example, expected: Expected
) -> None:
    """The browser's own field refuses all that the API does: no real answer says so."""
    expected.add(422)
    faults = [{"pointer": "/due_date", "detail": "No day."}]
    told = {"detail": "No.", "error_code": "VALIDATION_ERROR", "errors": faults}
    sign_up(page, running)
    page.route("**/tasks", in_between(running, 422, json.dumps(told), method="POST"))
    form = page.locator("#add")
    write(form, title="Buy milk", due_date="2026-12-01T09:30")
    form.get_by_role("button", name="Add").click()
    expect(form.get_by_label("Due date")).to_have_accessible_description("No day.")
    expect(form.get_by_label("Due date")).to_be_focused()


def test_a_list_that_never_ends_is_read_only_as_far_as_asked(page: Page, running: Example) -> None:
    endless = {"tasks": [], "count": 0, "next_cursor": "AAAAAAAAACkSan0Jcu9bqg"}
    sent: list[str] = []
    page.on(
        "request", lambda request: sent.append(request.url) if "/tasks?" in request.url else None
    )
    page.route("**/tasks?*", in_between(running, 200, json.dumps(endless)))
    sign_up(page, running, finds="0 tasks shown, and there are more")
    assert len(sent) == 1
    page.get_by_role("button", name="Show more").click()
    expect(page.locator("#rest")).to_have_attribute("aria-busy", "false")
    assert len(sent) == 2
