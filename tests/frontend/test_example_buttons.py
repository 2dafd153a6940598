"""What the example's page does on a small phone, and before it deletes."""

from playwright.sync_api import Page, expect

from tests.frontend.example import Example
from tests.frontend.example_page import add, sign_up


def test_a_task_is_not_deleted_before_a_person_confirms_it(page: Page, running: Example) -> None:
    sign_up(page, running)
    task = add(page, "Buy milk")
    page.once("dialog", lambda dialog: dialog.dismiss())

    task.get_by_role("button", name="Delete").click()

    page.reload()
    expect(page.get_by_role("listitem")).to_contain_text("Buy milk")


def test_on_a_small_phone_the_buttons_stand_below_the_text(page: Page, running: Example) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    sign_up(page, running)
    task = add(page, "Buy milk", "Two litres, whole")

    text, button = (
        part.bounding_box()
        for part in (task.locator(".view label"), task.get_by_role("button", name="Edit"))
    )

    assert text
    assert button
    assert button["y"] >= text["y"] + text["height"]
    assert page.evaluate("document.documentElement.scrollWidth") == 320
