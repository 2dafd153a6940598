"""Orders and priorities of the list on the example's page, and how all of it fits."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.frontend.example import Example, Person
from tests.frontend.example_page import add, change, choice, enter, is_list, keep, query, titles

TASKS = [
    {"title": "Someday", "priority": "low"},
    {"title": "That day", "due_date": "2026-12-01", "priority": "high"},
    {"title": "That morning", "due_date": "2026-12-01T09:30", "priority": "urgent"},
    {"title": "Sooner", "due_date": "2026-11-30T23:59", "priority": "high"},
    {"title": "Whenever"},
]
ORDERS = {
    "Oldest": ("created_at", ["Someday", "That day", "That morning", "Sooner", "Whenever"]),
    "Due date": ("due_date", ["Sooner", "That morning", "That day", "Someday", "Whenever"]),
    "Priority": ("-priority", ["That morning", "Sooner", "That day", "Someday", "Whenever"]),
}

PLACED = {
    "Oldest": ["Someday", "That morning", "Sooner", "Whenever", "That day"],
    "Due date": ["Sooner", "That morning", "That day", "Someday", "Whenever"],
    "Priority": ["That morning", "That day", "Sooner", "Someday", "Whenever"],
}
"""The orders where "That day" is the newest."""


def test_an_order_is_kept_by_the_address(page: Page, running: Example, person: Person) -> None:
    keep(running, person, *TASKS)
    enter(page, running, person)
    newest = titles(page)
    sort = choice(page, "Sort by")
    for label, (name, order) in ORDERS.items():
        sort.select_option(label)
        expect(page.locator("#list .title")).to_have_text(order)
        assert parse_qs(urlsplit(page.url).query) == {"sort": [name]}
        page.reload()
        expect(page.locator("#list .title")).to_have_text(order)
        expect(sort).to_have_value(name)

    sort.select_option("Newest")

    expect(page.locator("#list .title")).to_have_text(newest)
    assert not urlsplit(page.url).query


def test_a_priority_lists_the_tasks_that_have_it_or_a_higher_one(
    page: Page, running: Example, person: Person
) -> None:
    keep(running, person, *TASKS)
    enter(page, running, person, "?sort=-priority")
    choice(page, "Priority").select_option("High or higher")
    expect(page.get_by_role("status")).to_have_text("3 tasks of high priority or higher")
    assert titles(page) == ["That morning", "Sooner", "That day"]
    assert urlsplit(page.url).query == "min_priority=high&sort=-priority"


def test_all_filters_together_are_kept_by_a_reload(
    page: Page, running: Example, person: Person
) -> None:
    due = {"title": "Buy milk", "tags": ["a", "b"], "priority": "high", "due_date": "2020-01-01"}
    keep(running, person, due, {**due, "tags": ["a"]}, {**due, "priority": "low"}, *TASKS)
    view = "q=milk&complete=false&tag=a&tag=b&min_priority=high&due=overdue&sort=due_date"
    enter(page, running, person, f"?{view}")
    found = "1 open overdue task of high priority or higher tagged “a” and “b” with “milk”"
    expect(page.get_by_role("status")).to_have_text(found)
    page.reload()
    expect(page.get_by_role("status")).to_have_text(found)
    assert urlsplit(page.url).query == view
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(f"{running.page}/")


def test_an_address_with_words_that_mean_nothing_shows_all(
    page: Page, running: Example, person: Person
) -> None:
    keep(running, person, "Buy milk")
    enter(page, running, person, "?due=soon&sort=title&min_priority=none&tag=&due_from=2026-12-01")
    expect(page.get_by_role("status")).to_have_text("1 to do, 0 done")
    assert not urlsplit(page.url).query


@pytest.mark.parametrize("label", ORDERS)
def test_a_new_task_takes_its_place_in_the_order(
    page: Page, running: Example, person: Person, label: str
) -> None:
    name, _ = ORDERS[label]
    keep(running, person, TASKS[0], *TASKS[2:])
    enter(page, running, person, f"?sort={name}")

    add(page, "That day", due_date="2026-12-01", priority="high")

    shown = titles(page)
    assert shown == PLACED[label]
    page.reload()
    expect(page.locator("#list .title")).to_have_text(shown)


def test_a_new_task_is_seen_where_its_place_is_further_on(
    page: Page, running: Example, person: Person
) -> None:
    keep(running, person, *(f"Task {number}" for number in range(51)))
    enter(page, running, person, "?sort=created_at")

    add(page, "Buy milk")

    assert titles(page)[0] == "Buy milk"
    expect(choice(page, "Sort by")).to_have_value("")
    assert not urlsplit(page.url).query


def test_a_task_that_has_moved_to_a_further_page_is_listed_once(
    page: Page, running: Example, person: Person
) -> None:
    keep(running, person, *({"title": f"Task {number}", "priority": "low"} for number in range(52)))
    enter(page, running, person, "?sort=-priority")
    change(running, person, "Task 51", priority="none")

    page.get_by_role("button", name="Show more").click()

    expect(page.get_by_role("status")).to_have_text("52 to do, 0 done")
    assert len(set(titles(page))) == 52


def test_more_tasks_come_in_the_order_and_of_the_day_that_was_chosen(
    page: Page, running: Example, person: Person
) -> None:
    page.clock.install(time="2026-11-30T23:59:00Z")
    due = ({"title": f"Task {number:02}", "due_date": "2026-11-30"} for number in range(52))
    keep(running, person, *due)
    enter(page, running, person, "?due=today&sort=due_date")
    page.clock.fast_forward("02:00")
    expect(page.locator(".overdue")).to_have_count(50)

    with page.expect_request(is_list) as sent:
        page.get_by_role("button", name="Show more").click()

    expect(page.get_by_role("status")).to_have_text("52 tasks due today")
    assert query(sent.value)["due_to"] == ["2026-11-30"]
    assert titles(page) == [f"Task {number:02}" for number in range(52)]


def test_a_slow_order_does_not_replace_a_later_one(
    page: Page, running: Example, person: Person
) -> None:
    keep(running, person, *TASKS)
    enter(page, running, person)
    page.route("**/tasks?sort=created_at*", lambda _: None)  # no answer comes
    sort = choice(page, "Sort by")
    with page.expect_request("**/tasks?sort=created_at*"):
        sort.select_option("Oldest")
    with page.expect_event("requestfailed") as given_up:
        sort.select_option("Due date")
    expect(page.locator("#list .title")).to_have_text(ORDERS["Due date"][1])
    assert query(given_up.value)["sort"] == ["created_at"]


def test_a_screen_reader_finds_names_for_all_fields(
    page: Page, running: Example, person: Person
) -> None:
    keep(running, person, {**TASKS[1], "due_date": "2020-01-01", "tags": ["errands"]})
    enter(page, running, person, "?tag=errands")
    page.get_by_role("button", name="Edit").click()
    for form in (page.locator("#add"), page.locator("#list form")):
        expect(form.get_by_label("Due date")).to_have_accessible_name("Due date")
        expect(form.get_by_label("Time")).to_have_accessible_name("Time")
        expect(form.get_by_role("combobox", name="Priority")).to_be_visible()
        expect(form.get_by_role("textbox", name="Tags")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("list", name="Tasks")).to_match_aria_snapshot("""
      - list "Tasks":
        - listitem:
          - checkbox "That day"
          - text: "That day"
          - time: "Overdue: Jan 1, 2020"
          - text: High priority
          - group "Tags":
            - button "errands"
          - button "Edit That day"
          - button "Delete That day"
          - alert
    """)
    box = page.get_by_role("search").get_by_role("group", name="Tags").get_by_role("checkbox")
    expect(box).to_have_accessible_name("errands")
    expect(box).to_be_checked()


def test_all_of_it_fits_a_small_phone(
    page: Page, running: Example, person: Person, screenshot: Callable[[Page, str], None]
) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    tags = ["x" * 50, *(f"number {number}" for number in range(19))]
    due = {"due_date": "2026-11-30T23:59", "priority": "urgent", "tags": tags}
    keep(running, person, {"title": "Buy milk", **due})
    enter(page, running, person, "?sort=due_date")
    for name in (tags[0], "number 7"):
        page.get_by_role("listitem").get_by_role("button", name=name, exact=True).click()
        expect(page.get_by_role("status")).to_contain_text(name)
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    page.get_by_role("button", name="Edit").click()
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    for field in page.locator("form:visible").locator("input, select, textarea, button").all():
        box = field.bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 320
    page.locator("#list form").scroll_into_view_if_needed()
    screenshot(page, "example-phone-edit")
