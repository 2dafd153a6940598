"""Searching and filtering on the example's page."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Request, expect

from tests.frontend.browser import Expected
from tests.frontend.example import Example, Person
from tests.frontend.example_page import (
    add,
    change,
    enter,
    is_list,
    keep,
    query,
    sign_in,
    sign_up,
    titles,
)


def test_a_search_shows_what_it_finds_and_how_many(
    page: Page, running: Example, person: Person
) -> None:
    keep(running, person, "Buy milk", "Call Grace", "Warm the MILK")
    enter(page, running, person)
    expect(page.get_by_role("status")).to_have_text("3 to do, 0 done")

    page.get_by_role("searchbox", name="Search").fill("milk")

    expect(page.get_by_role("status")).to_have_text("2 tasks with “milk”")
    assert titles(page) == ["Warm the MILK", "Buy milk"]


def test_a_search_without_a_match_says_so(page: Page, running: Example, person: Person) -> None:
    keep(running, person, "Buy milk")
    enter(page, running, person)

    page.get_by_role("searchbox").fill("bread")

    expect(page.get_by_role("status")).to_have_text("Nothing found: no tasks with “bread”")
    expect(page.get_by_role("listitem")).to_have_count(0)
    page.get_by_role("radio", name="Done").check()
    expect(page.get_by_role("status")).to_have_text("Nothing found: no done tasks with “bread”")


def test_letters_typed_without_a_pause_are_one_request(
    page: Page, running: Example, person: Person
) -> None:
    page.clock.install()
    keep(running, person, "Buy milk", "Call Grace")
    enter(page, running, person)
    page.clock.pause_at(datetime.now(UTC) + timedelta(minutes=1))
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request) if is_list(request) else None)

    page.get_by_role("searchbox").press_sequentially("milk")
    page.clock.run_for(249)
    assert not sent
    page.clock.run_for(1)

    expect(page.get_by_role("status")).to_have_text("1 task with “milk”")
    assert [query(request)["q"] for request in sent] == [["milk"]]


def test_the_enter_key_does_not_wait_for_the_pause(
    page: Page, running: Example, person: Person
) -> None:
    page.clock.install()
    keep(running, person, "Buy milk", "Call Grace")
    enter(page, running, person)
    page.clock.pause_at(datetime.now(UTC) + timedelta(minutes=1))

    page.get_by_role("searchbox").fill("milk")
    page.get_by_role("searchbox").press("Enter")

    expect(page.get_by_role("status")).to_have_text("1 task with “milk”")


def test_a_slow_answer_does_not_replace_the_one_of_a_later_search(
    page: Page, running: Example, person: Person
) -> None:
    keep(running, person, "slow food", "quick bread")
    enter(page, running, person)
    page.route("**/tasks?q=slow*", lambda _: None)  # no answer comes
    search = page.get_by_role("searchbox")
    with page.expect_request(lambda request: is_list(request) and query(request)["q"] == ["slow"]):
        search.fill("slow")

    with page.expect_event("requestfailed") as given_up:
        search.fill("quick")
    expect(page.get_by_role("status")).to_have_text("1 task with “quick”")
    assert query(given_up.value)["q"] == ["slow"]
    assert given_up.value.failure == "net::ERR_ABORTED"

    assert titles(page) == ["quick bread"]
    expect(page.locator("#filter")).to_have_attribute("aria-busy", "false")
    expect(page.locator("#filter").get_by_role("alert")).to_be_empty()


def test_a_late_answer_is_dropped_where_the_request_could_not_be_aborted(
    page: Page, running: Example, person: Person
) -> None:
    keep(running, person, "slow food", "quick bread")
    # As a browser or a wrapper of fetch that ignores signals: the answer comes nevertheless.
    page.add_init_script(
        "const fetch_ = fetch; let gate = new Promise((open) => { window.open_ = open; });"
        "window.fetch = async (request, init) => {"
        "  const url = new URL(request.url ?? request, location);"
        "  const free = request.signal ? new Request(request, { signal: null }) : request;"
        "  const answer = await fetch_(free, init);"
        "  if (url.searchParams.get('q') === 'slow') await gate;"
        "  return answer; };"
    )
    enter(page, running, person)
    search = page.get_by_role("searchbox")
    with page.expect_response("**/tasks?q=slow*"):
        search.fill("slow")
    search.fill("quick")
    expect(page.get_by_role("status")).to_have_text("1 task with “quick”")

    page.evaluate("window.open_()")
    page.evaluate("new Promise((done) => setTimeout(done, 50))")

    assert titles(page) == ["quick bread"]


SPECIAL = (
    "100 % wool",
    "a_b",
    'Say "hello"',
    "Grüße an Ö",
    "🎉 party 👩‍👩‍👧",
    "C:\\new",
    "a&b=c#d?e+f/g",
)


def test_special_characters_find_only_themselves_and_survive_a_reload(
    page: Page, running: Example, person: Person
) -> None:
    keep(running, person, *SPECIAL)
    enter(page, running, person)
    for text, title in zip(
        ("%", "_", '"', "GRÜSSE", "👩‍👩‍👧", "\\", "&b=c#d?e+f/"), SPECIAL, strict=True
    ):
        page.get_by_role("searchbox").fill(text)
        expect(page.get_by_role("status")).to_have_text(f"1 task with “{text}”")
        assert titles(page) == [title]
        page.reload()
        expect(page.get_by_role("searchbox")).to_have_value(text)
        expect(page.get_by_role("status")).to_have_text(f"1 task with “{text}”")
        assert titles(page) == [title]


def test_spaces_around_a_search_are_no_part_of_it(
    page: Page, running: Example, person: Person
) -> None:
    keep(running, person, "Buy milk")
    enter(page, running, person)
    with page.expect_request(is_list) as sent:
        page.get_by_role("searchbox").fill(" milk ")
    assert query(sent.value)["q"] == ["milk"]
    expect(page.get_by_role("status")).to_have_text("1 task with “milk”")


def test_escape_clears_the_search_and_keeps_the_filter(
    page: Page, running: Example, person: Person
) -> None:
    keep(running, person, "Buy milk", "Call Grace")
    enter(page, running, person, "?q=milk&complete=false")
    search = page.get_by_role("searchbox")
    expect(search).to_have_value("milk")
    expect(page.get_by_role("status")).to_have_text("1 open task with “milk”")

    search.press("Escape")

    expect(search).to_have_value("")
    expect(page.get_by_role("status")).to_have_text("2 open tasks")
    expect(search).to_be_focused()
    assert urlsplit(page.url).query == "complete=false"


def test_the_filter_is_kept_by_a_reload_and_by_none_after_a_sign_out(
    page: Page, running: Example
) -> None:
    email = sign_up(page, running)
    add(page, "Water the plants").get_by_role("checkbox").click()
    add(page, "Buy milk")
    expect(page.get_by_role("status")).to_have_text("1 to do, 1 done")
    page.get_by_role("radio", name="Done").check()
    expect(page.get_by_role("status")).to_have_text("1 done task")
    page.reload()
    expect(page.get_by_role("status")).to_have_text("1 done task")
    expect(page.get_by_role("radio", name="Done")).to_be_checked()
    assert titles(page) == ["Water the plants"]

    page.get_by_role("button", name="Sign out").click()
    sign_in(page, email)
    expect(page.get_by_role("status")).to_have_text("1 to do, 1 done")
    expect(page.get_by_role("radio", name="All")).to_be_checked()
    assert not urlsplit(page.url).query


def test_an_address_that_names_no_view_shows_all(
    page: Page, running: Example, person: Person
) -> None:
    keep(running, person, "Buy milk")
    enter(page, running, person, "?complete=maybe&q=%20&cursor=x&other=1")
    expect(page.get_by_role("status")).to_have_text("1 to do, 0 done")
    assert not urlsplit(page.url).query


def test_more_tasks_come_within_the_filter(page: Page, running: Example, person: Person) -> None:
    names = [f"{'milk' if number % 2 else 'bread'} {number}" for number in range(104)]
    keep(running, person, *names)
    enter(page, running, person, "?q=milk&complete=false")
    status = page.get_by_role("status")
    expect(status).to_have_text("50 open tasks with “milk” shown, and there are more")
    more = page.get_by_role("button", name="Show more")

    with page.expect_request(is_list) as sent:
        more.press("Enter")

    expect(status).to_have_text("52 open tasks with “milk”")
    expect(more).to_be_hidden()
    assert query(sent.value).keys() == {"q", "complete", "cursor", "limit"}
    assert titles(page) == [name for name in reversed(names) if "milk" in name]
    expect(page.get_by_role("checkbox", name="milk 3", exact=True)).to_be_focused()


def test_more_of_the_filter_before_is_dropped(page: Page, running: Example, person: Person) -> None:
    keep(running, person, *(f"Task {number}" for number in range(51)), "Buy milk")
    enter(page, running, person)
    expect(page.get_by_role("status")).to_have_text("50 tasks shown, and there are more")
    page.route("**/tasks?*cursor=*", lambda _: None)
    with page.expect_request("**/tasks?*cursor=*"):
        page.get_by_role("button", name="Show more").click()

    page.get_by_role("searchbox").fill("milk")

    expect(page.get_by_role("status")).to_have_text("1 task with “milk”")
    assert titles(page) == ["Buy milk"]


def test_more_that_did_not_come_can_be_asked_for_again(
    page: Page, running: Example, person: Person, expected: Expected
) -> None:
    expected.add("net::ERR_FAILED")
    keep(running, person, *(f"Task {number}" for number in range(51)))
    enter(page, running, person)
    page.route("**/tasks?*cursor=*", lambda route: route.abort(), times=1)
    more = page.get_by_role("button", name="Show more")
    more.click()
    expect(page.locator("#rest").get_by_role("alert")).to_contain_text("can't be reached")
    assert len(titles(page)) == 50

    more.click()

    expect(page.get_by_role("status")).to_have_text("51 to do, 0 done")
    expect(page.locator("#rest [role=alert]")).to_be_empty()


def test_a_search_that_fails_shows_no_tasks_of_another_and_can_be_sent_again(
    page: Page, running: Example, person: Person, expected: Expected
) -> None:
    expected.add("net::ERR_FAILED")
    keep(running, person, "Buy milk", "Call Grace")
    enter(page, running, person)
    page.route("**/tasks?q=*", lambda route: route.abort(), times=1)
    search = page.get_by_role("searchbox")
    search.fill("milk")
    expect(page.locator("#filter").get_by_role("alert")).to_contain_text("can't be reached")
    expect(page.get_by_role("listitem")).to_have_count(0)
    expect(page.get_by_role("status")).to_be_empty()

    search.press("Enter")

    expect(page.get_by_role("status")).to_have_text("1 task with “milk”")
    expect(page.locator("#filter").get_by_role("alert")).to_be_empty()


def test_a_search_that_is_too_long_is_told_beside_it_in_the_apis_words(
    page: Page, running: Example, person: Person, expected: Expected
) -> None:
    expected.add(400)
    enter(page, running, person)
    search = page.get_by_role("searchbox")
    search.fill("🎉" * 201)
    expect(search).to_have_accessible_description("Must have at most 200 characters.")
    search.fill("🎉" * 200)
    expect(page.get_by_role("status")).to_contain_text("Nothing found")
    expect(search).to_have_accessible_description("")


def test_a_task_that_is_ticked_leaves_the_open_ones_and_none_moves(
    page: Page, running: Example, person: Person, screenshot: Callable[[Page, str], None]
) -> None:
    keep(running, person, "Call Grace", "Buy milk", "Water the plants")
    enter(page, running, person, "?complete=false")
    below = page.get_by_role("checkbox", name="Call Grace")
    before = page.get_by_role("checkbox", name="Buy milk").bounding_box()
    assert before

    page.get_by_role("checkbox", name="Buy milk").press("Space")

    expect(page.get_by_role("status")).to_have_text("2 open tasks")
    assert titles(page) == ["Water the plants", "Call Grace"]
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_focused()
    expect(undo).to_have_accessible_description("“Buy milk” is done.")
    assert not page.get_by_role("checkbox").and_(page.locator(":focus")).count()
    row = page.locator(".left").bounding_box()
    assert row
    assert row["y"] <= before["y"] <= row["y"] + row["height"]  # a second click hits no other task
    screenshot(page, "example-undo")
    page.keyboard.press("Tab")
    expect(below).to_be_focused()

    page.reload()
    expect(page.get_by_role("status")).to_have_text("2 open tasks")
    expect(undo).to_have_count(0)


def test_undo_brings_a_task_back_to_its_place(page: Page, running: Example, person: Person) -> None:
    keep(running, person, "Call Grace", "Buy milk", "Water the plants")
    enter(page, running, person, "?complete=false")
    task = page.get_by_role("checkbox", name="Buy milk")
    task.press("Space")

    page.get_by_role("button", name="Undo").press("Space")

    expect(page.get_by_role("status")).to_have_text("3 open tasks")
    assert titles(page) == ["Water the plants", "Buy milk", "Call Grace"]
    expect(task).to_be_focused()
    expect(task).not_to_be_checked()
    page.reload()
    expect(page.get_by_role("status")).to_have_text("3 open tasks")


def test_an_edit_of_a_task_that_somebody_else_has_ticked_is_not_taken_away(
    page: Page, running: Example, person: Person, expected: Expected
) -> None:
    expected.add(412)
    keep(running, person, "Buy milk")
    enter(page, running, person, "?complete=false")
    task = page.get_by_role("listitem")
    task.get_by_role("button", name="Edit").click()
    task.get_by_label("Title").fill("Buy oat milk")
    change(running, person, "Buy milk", complete=True)

    task.get_by_role("button", name="Save").click()
    expect(task.get_by_role("alert")).to_contain_text("Somebody has changed this task")
    expect(task.get_by_label("Title")).to_have_value("Buy oat milk")
    task.get_by_role("button", name="Save").click()

    expect(page.locator(".left")).to_contain_text("“Buy oat milk” is done.")


@pytest.mark.parametrize("view", ["?complete=true", "?q=milk"])
def test_a_new_task_is_seen_whatever_was_shown(
    page: Page, running: Example, person: Person, view: str
) -> None:
    keep(running, person, "Buy milk")
    enter(page, running, person, view)

    add(page, "Call Grace")

    expect(page.get_by_role("status")).to_have_text("2 to do, 0 done")
    expect(page.get_by_role("radio", name="All")).to_be_checked()
    expect(page.get_by_role("searchbox")).to_have_value("")
    assert not urlsplit(page.url).query


def test_the_filter_works_with_the_keyboard_alone(
    page: Page, running: Example, person: Person
) -> None:
    keep(running, person, "Buy milk")
    enter(page, running, person)
    page.get_by_role("searchbox").focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("radio", name="All")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("status")).to_have_text("1 open task")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("status")).to_have_text("Nothing found: no done tasks")
    expect(page.get_by_role("radio", name="Done")).to_be_focused()


def test_a_screen_reader_finds_names_for_all_of_it(
    page: Page, running: Example, person: Person
) -> None:
    enter(page, running, person)
    expect(page.get_by_role("search")).to_match_aria_snapshot("""
      - search:
        - text: Search
        - searchbox "Search"
        - group "Show":
          - text: Show
          - radio "All" [checked]
          - radio "Open"
          - radio "Done"
        - text: Due
        - combobox "Due":
          - option "Any time" [selected]
          - option "Today"
          - option "Overdue"
          - option "No date"
        - text: Priority
        - combobox "Priority":
          - option "Any" [selected]
          - option "Low or higher"
          - option "Medium or higher"
          - option "High or higher"
          - option "Urgent"
        - text: Sort by
        - combobox "Sort by":
          - option "Newest" [selected]
          - option "Oldest"
          - option "Due date"
          - option "Priority"
        - alert
    """)
    expect(page.get_by_role("list", name="Tasks")).to_be_attached()


def test_the_filter_fits_a_small_phone(
    page: Page, running: Example, person: Person, screenshot: Callable[[Page, str], None]
) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    keep(running, person, "Buy milk", *(f"milk {number}" for number in range(50)))
    enter(page, running, person, "?complete=false")
    expect(page.get_by_role("button", name="Show more")).to_be_visible()
    page.get_by_role("checkbox").first.click()
    expect(page.locator(".left")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    for label in ("All", "Open", "Done"):
        box = page.get_by_text(label, exact=True).bounding_box()
        assert box
        assert box["height"] >= 44  # a finger's
        assert box["x"] + box["width"] <= 320
    page.get_by_role("searchbox").fill("x" * 200)
    expect(page.get_by_role("status")).to_contain_text("Nothing found")
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    page.get_by_role("searchbox").fill("milk")
    expect(page.get_by_role("status")).to_contain_text("with “milk”")
    screenshot(page, "example-phone-filter")
