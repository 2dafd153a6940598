"""Due dates on the example's page, west and east of Greenwich: days are the browser's own."""

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from tests.frontend.example import Example, Person
from tests.frontend.example_page import (
    add,
    choice,
    enter,
    is_list,
    keep,
    patches,
    query,
    record_patches,
    tasks,
    titles,
)

LOS_ANGELES, AUCKLAND = "America/Los_Angeles", "Pacific/Auckland"
BEFORE_MIDNIGHT = datetime(2026, 12, 1, 7, 45, tzinfo=UTC)
"""23:45 on 30 November in Los Angeles, 20:45 on 1 December in Auckland."""
AFTER_MIDNIGHT = datetime(2026, 12, 1, 11, 15, tzinfo=UTC)
"""03:15 on 1 December in Los Angeles, 00:15 on 2 December in Auckland."""

both = pytest.mark.parametrize("timezone", [LOS_ANGELES, AUCKLAND])


@pytest.mark.parametrize(
    ("timezone", "now", "shown"),
    [
        (LOS_ANGELES, BEFORE_MIDNIGHT, "Due Dec 1, 2026"),
        (AUCKLAND, BEFORE_MIDNIGHT, "Due today"),
        (LOS_ANGELES, AFTER_MIDNIGHT, "Due today"),
        (AUCKLAND, AFTER_MIDNIGHT, "Overdue: Dec 1, 2026"),
    ],
)
def test_a_day_is_stored_and_shown_as_it_was_entered(
    page: Page, running: Example, person: Person, now: datetime, shown: str
) -> None:
    page.clock.set_fixed_time(now)
    enter(page, running, person)

    task = add(page, "Buy milk", due_date="2026-12-01")

    expect(task.locator(".due")).to_have_text(shown)
    assert [task["due_date"] for task in tasks(running, person)] == ["2026-12-01"]
    page.reload()
    expect(task.locator(".due")).to_have_text(shown)
    task.get_by_role("button", name="Edit").click()
    expect(task.get_by_label("Due date")).to_have_value("2026-12-01")
    expect(task.get_by_label("Time")).to_have_value("")


@both
def test_a_day_and_a_time_that_are_typed_are_stored_as_they_are(
    page: Page, running: Example, person: Person
) -> None:
    page.clock.set_fixed_time(BEFORE_MIDNIGHT)
    enter(page, running, person)
    form = page.locator("#add")
    form.get_by_label("Title").fill("Call the dentist")
    expect(form.get_by_label("Time")).to_be_disabled()

    form.get_by_label("Due date").press_sequentially("12312026")
    form.get_by_label("Time").press_sequentially("1159PM")
    page.keyboard.press("Enter")

    due = page.get_by_role("listitem").locator(".due")
    expect(due).to_have_text(re.compile(r"Due Dec 31, 2026, 11:59\sPM"))
    expect(due).to_have_attribute("datetime", "2026-12-31T23:59")
    assert tasks(running, person)[0]["due_date"] == "2026-12-31T23:59"
    expect(form.get_by_label("Time")).to_be_disabled()


@both
def test_a_time_stays_where_only_the_day_is_changed(
    page: Page, running: Example, person: Person
) -> None:
    keep(running, person, {"title": "Call the dentist", "due_date": "2026-12-01T00:05"})
    record_patches(page)
    enter(page, running, person)
    task = page.get_by_role("listitem")
    task.get_by_role("button", name="Edit").click()
    expect(task.get_by_label("Time")).to_have_value("00:05")
    task.get_by_label("Due date").fill("2027-01-01")

    task.get_by_role("button", name="Save").click()

    expect(task.locator(".due")).to_have_attribute("datetime", "2027-01-01T00:05")
    assert patches(page) == [['"1"', {"due_date": "2027-01-01T00:05"}]]


def test_a_due_date_is_cleared_with_its_time(page: Page, running: Example, person: Person) -> None:
    keep(running, person, {"title": "Call the dentist", "due_date": "2026-12-01T09:30"})
    record_patches(page)
    enter(page, running, person)
    task = page.get_by_role("listitem")
    task.get_by_role("button", name="Edit").click()

    task.get_by_label("Due date").fill("")
    expect(task.get_by_label("Time")).to_be_disabled()
    task.get_by_role("button", name="Save").click()

    expect(task.locator(".due")).to_be_hidden()
    assert patches(page) == [['"1"', {"due_date": None}]]
    assert tasks(running, person)[0]["due_date"] is None


def test_a_day_that_does_not_exist_is_not_sent(
    page: Page, running: Example, person: Person
) -> None:
    enter(page, running, person)
    form = page.locator("#add")
    form.get_by_label("Title").fill("Buy milk")
    form.get_by_label("Due date").press_sequentially("02302026")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.validity.badInput")
    expect(page.get_by_role("listitem")).to_have_count(0)
    assert not tasks(running, person)


DUE = [
    "2026-11-30",
    "2026-11-30T23:40",
    "2026-11-30T23:50",
    "2026-12-01",
    "2026-12-01T20:40",
    "2026-12-01T20:50",
    "2026-12-02",
]


@pytest.mark.parametrize(
    ("timezone", "days", "today", "overdue"),
    [
        (LOS_ANGELES, ["2026-11-30"], DUE[:3], DUE[1:2]),
        (AUCKLAND, ["2026-12-01"], DUE[3:6], [*DUE[:3], DUE[4]]),
    ],
)
def test_today_and_overdue_are_by_the_browsers_clock(
    page: Page,
    running: Example,
    person: Person,
    days: list[str],
    today: list[str],
    overdue: list[str],
) -> None:
    keep(running, person, *({"title": due, "due_date": due} for due in DUE), "No date")
    keep(running, person, {"title": "Done long ago", "due_date": "2026-01-01"})
    page.clock.set_fixed_time(BEFORE_MIDNIGHT)
    enter(page, running, person, "?sort=created_at")
    page.get_by_role("checkbox", name="Done long ago").click()
    expect(page.get_by_role("status")).to_have_text("8 to do, 1 done")
    late = page.get_by_role("listitem").filter(has=page.locator(".overdue"))
    assert late.locator(".title").all_inner_texts() == overdue
    expect(page.locator(".due", has_text="today")).to_have_count(len(today))

    due = choice(page, "Due")
    with page.expect_request(is_list) as sent:
        due.select_option("Today")
    expect(page.get_by_role("status")).to_have_text(f"{len(today)} tasks due today")
    assert titles(page) == today
    assert query(sent.value)["due_from"] == query(sent.value)["due_to"] == days
    with page.expect_request(is_list) as sent:
        due.select_option("Overdue")
    expect(page.get_by_role("status")).to_contain_text("overdue task")
    assert query(sent.value)["due_to"] == days
    assert query(sent.value)["complete"] == ["false"]
    assert titles(page) == overdue
    due.select_option("No date")
    expect(page.get_by_role("status")).to_have_text("1 task without a due date")
    assert titles(page) == ["No date"]


@both
def test_an_address_that_was_kept_means_the_day_on_which_it_is_opened(
    page: Page, running: Example, person: Person
) -> None:
    keep(running, person, *({"title": due, "due_date": due} for due in DUE))
    page.clock.set_fixed_time(datetime(2026, 12, 1, 12, 0, tzinfo=UTC))
    enter(page, running, person, "?due=overdue&sort=due_date")
    expect(page.get_by_role("status")).to_contain_text("overdue tasks")
    before = titles(page)
    page.clock.set_fixed_time(datetime(2026, 12, 4, 12, 0, tzinfo=UTC))

    page.reload()

    expect(page.get_by_role("status")).to_have_text("7 overdue tasks")
    assert len(before) < 7
    expect(choice(page, "Due")).to_have_value("overdue")
    expect(choice(page, "Sort by")).to_have_value("due_date")


@pytest.mark.parametrize(("timezone", "midnight"), [(LOS_ANGELES, 8), (AUCKLAND, 11)])
def test_a_page_that_stays_open_over_midnight_says_overdue(
    page: Page, running: Example, person: Person, midnight: int
) -> None:
    page.clock.install(time=datetime(2026, 12, 1, midnight - 1, 58, tzinfo=UTC))
    enter(page, running, person)
    day = "2026-11-30" if midnight == 8 else "2026-12-01"
    task = add(page, "Buy milk", due_date=day)
    expect(task.locator(".due")).to_have_text("Due today")

    page.clock.fast_forward("03:00")

    expect(task.locator(".due")).to_contain_text("Overdue: ")


def test_a_done_task_says_when_and_is_not_overdue(
    page: Page, running: Example, person: Person
) -> None:
    keep(running, person, {"title": "Buy milk", "due_date": "2026-01-01"})
    enter(page, running, person)
    task = page.get_by_role("listitem")
    expect(task.locator(".due")).to_have_text("Overdue: Jan 1, 2026")

    task.get_by_role("checkbox").click()

    expect(task.locator(".due")).to_have_text("Due Jan 1, 2026")
    expect(task.locator(".completed")).to_contain_text("Done ")
    expect(task.get_by_role("checkbox")).to_have_accessible_description(
        re.compile(r"^Due Jan 1, 2026 Done \w+ \d")
    )
    task.get_by_role("checkbox").click()
    expect(task.locator(".completed")).to_be_hidden()
