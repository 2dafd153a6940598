"""The contract, as a frontend developer first meets it: read and tried out in a browser."""

import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.frontend.browser import Expected
from tests.live.conftest import Server
from todo_api.contract import contract

OPERATIONS = [
    operation["operationId"]
    for path in contract()["paths"].values()
    for method, operation in path.items()
    if method != "parameters"
]
Screenshot = Callable[[Page, str], None]


@pytest.fixture
def docs(page: Page, server: Server) -> Page:
    """A page that shows Swagger UI."""
    page.goto(f"{server.url}/docs")
    expect(page.locator(".opblock")).not_to_have_count(0)
    return page


def authorise(page: Page, token: str) -> None:
    page.get_by_role("button", name="Authorize", exact=True).click()
    dialog = page.locator(".dialog-ux")
    dialog.get_by_label("auth-bearer-value").fill(token)
    dialog.get_by_role("button", name="Apply credentials").click()
    dialog.get_by_role("button", name="Close").click()


def opened(page: Page, operation_id: str) -> Locator:
    operation = page.locator(f"#operations-Tasks-{operation_id}")
    operation.locator(".opblock-summary-control").click()
    return operation


def execute(operation: Locator) -> tuple[int, Any]:
    """Send what the form holds, and return the status and the body that are shown."""
    operation.get_by_role("button", name="Execute").click()
    answer = operation.locator(".live-responses-table .response")
    answer.evaluate("answer => answer.scrollIntoView({block: 'end'})")
    status = answer.locator(".response-col_status").inner_text()
    return int(status), json.loads(answer.locator("code").inner_text())


def test_each_operation_of_the_contract_is_shown(docs: Page) -> None:
    shown = docs.locator(".opblock").evaluate_all("blocks => blocks.map(block => block.id)")

    assert shown == [f"operations-Tasks-{operation_id}" for operation_id in OPERATIONS]


def test_a_task_is_created_and_after_a_reload_listed_without_signing_in_again(
    docs: Page, token: Callable[[str], str], screenshot: Screenshot
) -> None:
    authorise(docs, token("alice"))
    status, created = execute(opened(docs, "create_task"))
    screenshot(docs, "swagger-ui-created")
    docs.reload()
    listed = execute(opened(docs, "list_tasks"))

    assert status == 201
    assert (created["user_id"], created["title"]) == ("alice", "Buy milk")
    assert listed[0] == 200
    assert created in listed[1]["tasks"]


def test_who_fills_in_nothing_sees_all_tasks(
    docs: Page, server: Server, token: Callable[[str], str], user: str
) -> None:
    authorise(docs, token(user))
    headers = {"Authorization": f"Bearer {token(user)}"}
    with httpx2.Client(base_url=f"{server.url}/api/{user}/", headers=headers) as client:
        for complete in (False, True):
            task = client.post("tasks", json={"title": "Water the plants"}).json()
            client.patch(f"tasks/{task['id']}", json={"complete": complete}).raise_for_status()
    operation = opened(docs, "list_tasks")
    operation.get_by_placeholder("user_id").fill(user)
    _, listed = execute(operation)

    assert listed["count"] == 2


def test_a_list_of_two_tags_is_asked_for_in_the_form(
    docs: Page, server: Server, token: Callable[[str], str], user: str
) -> None:
    authorise(docs, token(user))
    headers = {"Authorization": f"Bearer {token(user)}"}
    with httpx2.Client(base_url=f"{server.url}/api/{user}/", headers=headers) as client:
        for tags in (["home"], ["a, b & c", "home"], ["a, b & c"]):
            client.post("tasks", json={"title": "Tidy up", "tags": tags}).raise_for_status()
    operation = opened(docs, "list_tasks")
    operation.get_by_placeholder("user_id").fill(user)
    several = operation.locator("[data-param-name=tag]")
    for tag in ("home", "a, b & c"):
        several.get_by_role("button", name="Add string item").click()
        several.locator("input").last.fill(tag)
    operation.locator("[data-param-name=sort] select").select_option("due_date")
    _, listed = execute(operation)

    assert [task["tags"] for task in listed["tasks"]] == [["a, b & c", "home"]]
    sent = operation.locator(".request-url").inner_text()
    assert "tag=home&tag=a%2C%20b%20%26%20c&" in sent


def test_every_field_that_is_wrong_is_named(
    docs: Page, token: Callable[[str], str], expected: Expected, screenshot: Screenshot
) -> None:
    expected.add(422)
    authorise(docs, token("alice"))
    operation = opened(docs, "create_task")
    operation.locator("textarea").fill('{"title": " ", "completed": true}')
    status, problem = execute(operation)
    screenshot(docs, "swagger-ui-problem")

    assert (status, problem["error_code"]) == (422, "VALIDATION_ERROR")
    assert {error["pointer"] for error in problem["errors"]} == {"/title", "/completed"}


def test_who_has_not_signed_in_is_told_where_to_read_on(
    docs: Page, server: Server, expected: Expected, screenshot: Screenshot
) -> None:
    expected.add(401)
    status, problem = execute(opened(docs, "get_task"))
    docs.goto(f"{server.url}{problem['type']}")
    cause = docs.locator(":target")
    screenshot(docs, "errors")

    assert (status, problem["error_code"]) == (401, "AUTH_MISSING")
    expect(cause).to_contain_text("no bearer token")
    expect(cause).to_have_css("background-color", "rgb(255, 243, 196)")  # its style has come


@pytest.mark.parametrize(("theme", "text"), [("light", "59, 65, 81"), ("dark", "210, 214, 215")])
def test_the_page_is_as_dark_as_a_person_likes(
    docs: Page, screenshot: Screenshot, theme: Any, text: str
) -> None:
    title = docs.locator(".info .title")
    docs.emulate_media(color_scheme=theme)
    expect(title).to_have_css("color", f"rgb({text})")
    docs.reload()
    expect(title).to_have_css("color", f"rgb({text})")
    screenshot(docs, f"swagger-ui-{theme}")
