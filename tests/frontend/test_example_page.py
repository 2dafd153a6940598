"""The example's page in a real browser, with a real Better Auth, on another origin than the API."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Locator, Page, Request, Response, Route, expect

from tests.conftest import problem
from tests.frontend.browser import Expected
from tests.frontend.example import Example, Person, example, free_ports, signed_up
from tests.frontend.example_page import add, delete, sign_in, sign_up


@pytest.fixture(scope="module")
def ports() -> dict[str, str]:
    return free_ports()


@pytest.fixture(scope="module")
def late(open_directory: Path, ports: dict[str, str]) -> tuple[Person, str]:
    """Somebody, and a token of theirs that has expired: of a run whose tokens are born so."""
    with (
        example(open_directory / "example", TOKEN_LIFE="-1h", **ports) as before,
        signed_up(before) as person,
    ):
        return person, person.token()


@pytest.fixture(scope="module")
def running(
    open_directory: Path,
    ports: dict[str, str],
    late: tuple[Person, str],  # noqa: ARG001 (it has to be over)
) -> Iterator[Example]:
    """The example, after the run that `late` is of: by its ports it is the same issuer."""
    with example(open_directory / "example", **ports) as running:
        yield running


def edit(task: Locator, title: str) -> None:
    task.get_by_role("button", name="Edit").click()
    task.get_by_label("Title").fill(title)
    task.get_by_role("button", name="Save").click()


def change_behind_its_back(request: Request, changes: dict[str, str]) -> None:
    """Change the task that the page has sent a request for, with its token."""
    headers = {"Authorization": request.headers["authorization"]}
    httpx2.patch(request.url, headers=headers, json=changes).raise_for_status()


def test_a_person_keeps_tasks(page: Page, running: Example) -> None:
    email = sign_up(page, running)
    add(page, "Water the plants")
    task = add(page, "Buy milk", "Two litres, whole")
    task.get_by_role("checkbox").click()
    expect(page.get_by_role("status")).to_have_text("1 to do, 1 done")
    edit(task, "Buy oat milk")
    expect(page.get_by_role("listitem").first).to_contain_text("Buy oat milk")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading")).to_have_text("Welcome back")

    sign_in(page, email)
    task = page.get_by_role("listitem").filter(has_text="Buy oat milk")
    expect(task).to_contain_text("Two litres, whole")
    expect(task.get_by_role("checkbox")).to_be_checked()
    delete(task)
    expect(page.get_by_role("status")).to_have_text("1 to do, 0 done")
    page.reload()
    expect(page.get_by_role("listitem")).to_have_count(1)
    expect(page.get_by_role("listitem")).to_contain_text("Water the plants")


def test_a_wrong_password_is_told(page: Page, running: Example, expected: Expected) -> None:
    expected.add(401)
    page.goto(running.page)
    sign_in(page, "nobody@example.com")
    expect(page.get_by_role("alert").filter(visible=True)).to_have_text("Invalid email or password")


def test_an_edit_that_came_second_is_told_and_not_lost(
    page: Page, running: Example, expected: Expected, screenshot: Callable[[Page, str], None]
) -> None:
    expected.add(412)
    sign_up(page, running)
    add(page, "Buy milk")
    with page.expect_request(lambda request: request.method == "PATCH") as ticked:
        page.get_by_role("checkbox").click()
    expect(page.get_by_role("checkbox")).to_be_checked()
    change_behind_its_back(ticked.value, {"title": "Buy bread"})

    task = page.get_by_role("listitem")
    edit(task, "Buy oat milk")
    expect(task.get_by_role("alert")).to_contain_text("Somebody has changed this task")
    expect(task.locator(".title")).to_have_text("Buy bread")
    expect(task.get_by_label("Title")).to_have_value("Buy oat milk")
    screenshot(page, "example-conflict")
    task.get_by_role("button", name="Save").click()
    expect(task.locator(".title")).to_have_text("Buy oat milk")
    expect(task.get_by_role("alert")).to_be_empty()


def test_a_title_that_is_too_long_is_told_in_the_apis_words(
    page: Page, running: Example, expected: Expected
) -> None:
    expected.add(422)
    sign_up(page, running)
    form = page.locator("#add")
    form.get_by_label("Title").fill("x" * 201)
    form.get_by_role("button", name="Add").click()
    expect(form.get_by_role("alert")).to_have_text("The request is not valid: /title.")
    title = form.get_by_label("Title")
    expect(title).to_be_focused()
    expect(title).to_have_accessible_description("Must have at most 200 characters.")
    title.fill("x" * 200)
    title.press("Enter")
    expect(page.get_by_role("listitem")).to_have_count(1)
    expect(form.get_by_role("alert")).to_be_empty()


def test_adding_again_after_a_lost_answer_adds_one_task(
    page: Page, running: Example, expected: Expected
) -> None:
    expected.add("net::ERR_FAILED")
    sign_up(page, running)

    def lose_the_answer(route: Route) -> None:
        assert route.fetch().status == 201
        route.abort()

    page.route("**/tasks", lose_the_answer, times=1)
    form = page.locator("#add")
    form.get_by_label("Title").fill("Buy milk")
    form.get_by_role("button", name="Add").click()
    expect(form.get_by_role("alert")).to_contain_text("can't be reached")
    form.get_by_role("button", name="Add").click()
    expect(page.get_by_role("listitem")).to_have_count(1)
    page.reload()
    expect(page.get_by_role("listitem")).to_have_count(1)


def test_an_expired_token_is_renewed_unseen(
    page: Page, running: Example, late: tuple[Person, str], expected: Expected
) -> None:
    expected.add(401)
    person, expired = late
    tasks = f"{running.api}/api/{person.id}/tasks"
    refused = httpx2.get(tasks, headers={"Authorization": f"Bearer {expired}"})
    assert problem(refused) == (401, "AUTH_INVALID")
    assert refused.json()["detail"] == "The token has expired."

    listed: list[int] = []
    page.on("response", lambda answer: _note(answer, tasks, listed))
    left = [expired]

    def expired_at_first(route: Route) -> None:
        """Stay in place, as removing a route, which `times=1` does, can lose the next request."""
        if left:
            route.fulfill(json={"token": left.pop()})
        else:
            route.continue_()

    page.route("**/api/auth/token", expired_at_first)
    page.goto(running.page)
    sign_in(page, person.email)
    expect(page.get_by_role("status")).to_contain_text("Nothing to do")
    assert listed == [401, 200]
    expect(page.get_by_role("alert").filter(has_text=re.compile("."))).to_have_count(0)


def _note(answer: Response, url: str, statuses: list[int]) -> None:
    if answer.url.startswith(f"{url}?"):
        statuses.append(answer.status)


def test_a_token_is_renewed_ahead_of_its_end(page: Page, running: Example) -> None:
    page.clock.install()
    sign_up(page, running)
    add(page, "Buy milk")
    page.clock.fast_forward("15:01")
    with page.expect_request("**/api/auth/token"):
        page.get_by_role("checkbox").click()
    expect(page.get_by_role("checkbox")).to_be_checked()


def test_who_has_been_signed_out_elsewhere_is_asked_to_sign_in(
    page: Page, running: Example, expected: Expected
) -> None:
    expected.add(401)
    page.clock.install()
    sign_up(page, running)
    page.context.clear_cookies()
    page.clock.fast_forward("15:01")
    page.locator("#add").get_by_label("Title").fill("Buy milk")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading")).to_have_text("Welcome back")
    expect(page.locator("#account").get_by_role("alert")).to_contain_text("signed out")


def test_it_is_pleasant_to_look_at(
    page: Page,
    running: Example,
    screenshot: Callable[[Page, str], None],
    expected: Expected,
) -> None:
    expected.add(422)
    page.clock.set_fixed_time("2026-12-01T10:00:00Z")
    page.goto(running.page)
    expect(page.get_by_label("E-mail")).to_be_visible()
    screenshot(page, "example-sign-in")
    sign_up(page, running)
    for fields in TASKS:
        add(page, **fields)
    page.get_by_role("checkbox", name="Water").click()
    expect(page.get_by_role("status")).to_contain_text("1 done")
    page.set_viewport_size({"width": 1280, "height": 1190})
    screenshot(page, "example-light")
    task = page.get_by_role("listitem").filter(has_text="Buy milk")
    edit(task, "Buy milk and " * 16)
    expect(task.get_by_role("alert")).to_contain_text("/title")
    page.emulate_media(color_scheme="dark")
    screenshot(page, "example-dark")
    page.set_viewport_size({"width": 390, "height": 844})
    wider = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not page.evaluate(wider)
    screenshot(page, "example-phone")


TASKS = [
    {"title": "Water the plants", "description": "The ferns on the balcony as well"},
    {
        "title": "Buy milk",
        "description": "Two litres, whole",
        "due_date": "2026-12-04",
        "tags": "food",
    },
    {
        "title": "Send the invoice",
        "due_date": "2026-11-27",
        "priority": "urgent",
        "tags": "work, money",
    },
    {"title": "Call Grace", "due_date": "2026-12-01T16:30", "priority": "high"},
]
