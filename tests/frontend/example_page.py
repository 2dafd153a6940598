"""What a person does on the example's page."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
from playwright.sync_api import Locator, Page, Request, expect

from tests.frontend.example import PASSWORD, Example, Person, new_email

Task = dict[str, Any]


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


def add(page: Page, title: str, description: str = "", **fields: str) -> Locator:
    form = page.locator("#add")
    write(form, title=title, description=description, **fields)
    form.get_by_label("Description").press("Enter")
    task = page.get_by_role("listitem").filter(has_text=title)
    expect(task).to_be_visible()
    return task


def write(form: Locator, **fields: str) -> None:
    """Write into the fields of a task, named as the API's properties; a due date into its two."""
    for name, text in fields.items():
        if name == "priority":
            form.get_by_role("combobox", name="Priority").select_option(text)
        elif name == "due_date":
            day, _, time = text.partition("T")
            form.get_by_label("Due date").fill(day)
            if time:
                form.get_by_label("Time").fill(time)
        else:
            form.get_by_role("textbox", name=name.capitalize()).fill(text)


def delete(task: Locator) -> None:
    """Press the button, and confirm it."""
    task.page.once("dialog", lambda dialog: dialog.accept())
    task.get_by_role("button", name="Delete").click()


def tasks(running: Example, person: Person) -> list[Task]:
    """Return a person's tasks as the API has them."""
    with _client(person) as client:
        listed: list[Task] = (
            client.get(_address(running, person)).raise_for_status().json()["tasks"]
        )
        return listed


def keep(running: Example, person: Person, *tasks: str | Task) -> None:
    """Create tasks, without the page; some have no more than a title."""
    with _client(person) as client:
        for task in tasks:
            body = {"title": task} if isinstance(task, str) else task
            client.post(_address(running, person), json=body).raise_for_status()


def change(running: Example, person: Person, title: str, **changes: Any) -> None:
    """Change the task with a title, without the page."""
    (task,) = (task for task in tasks(running, person) if task["title"] == title)
    with _client(person) as client:
        url = f"{_address(running, person)}/{task['id']}"
        client.patch(url, json=changes).raise_for_status()


def _client(person: Person) -> httpx2.Client:
    return httpx2.Client(headers={"Authorization": f"Bearer {person.token()}"})


def _address(running: Example, person: Person) -> str:
    return f"{running.api}/api/{person.id}/tasks"


def enter(page: Page, running: Example, person: Person, query: str = "") -> None:
    page.goto(f"{running.page}/{query}")
    sign_in(page, person.email)
    expect(page.get_by_role("status")).not_to_be_empty()


def choice(page: Page, name: str) -> Locator:
    """Return one of the filter's selects."""
    return page.get_by_role("search").get_by_role("combobox", name=name, exact=True)


def titles(page: Page) -> list[str]:
    return page.locator("#list .title").all_inner_texts()


def query(request: Request) -> dict[str, list[str]]:
    return parse_qs(urlsplit(request.url).query)


def is_list(request: Request) -> bool:
    return request.method == "GET" and urlsplit(request.url).path.endswith("/tasks")


def record_patches(page: Page) -> None:
    """Let `patches` tell what the page sends: Playwright does not see the body of a Request."""
    page.add_init_script(
        "const sent = window.fetch; window.patches = [];"
        "window.fetch = async (request, init) => {"
        "  if (request.method === 'PATCH')"
        "    patches.push([request.headers.get('If-Match'), await request.clone().json()]);"
        "  return sent(request, init); };"
    )


def patches(page: Page) -> list[Any]:
    """Return the If-Match and the body of each PATCH since the page was loaded."""
    sent: list[Any] = page.evaluate("window.patches")
    return sent
