"""What a person does on the example's page."""

from playwright.sync_api import Locator, Page, expect

from tests.frontend.example import PASSWORD, Example, new_email


def sign_up(page: Page, running: Example, finds: str = "Nothing to do") -> str:
    page.goto(running.page)
    page.get_by_role("button", name="Create an account").click()
    email = new_email()
    page.get_by_label("Name").fill("Ada")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    expect(page.locator("#listing")).to_contain_text(finds)
    return email


def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def add(page: Page, title: str, description: str = "") -> Locator:
    form = page.locator("#add")
    form.get_by_label("Title").fill(title)
    form.get_by_label("Description").fill(description)
    form.get_by_label("Description").press("Enter")
    task = page.get_by_role("listitem").filter(has_text=title)
    expect(task).to_be_visible()
    return task


def delete(task: Locator) -> None:
    """Press the button, and confirm it."""
    task.page.once("dialog", lambda dialog: dialog.accept())
    task.get_by_role("button", name="Delete").click()
