"""Tags and priorities on the example's page."""

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.frontend.browser import Expected
from tests.frontend.example import Example, Person
from tests.frontend.example_page import (
    add,
    change,
    enter,
    is_list,
    keep,
    patches,
    query,
    record_patches,
    sign_in,
    tasks,
    titles,
    write,
)

ODD = ("a&b=c", "c++", "#home", "100 %", "🎉", 'say "hi"', "C:\\", "Grüße", "?x/y", "<b>")


def tag(place: Locator, name: str) -> Locator:
    return place.get_by_role("group", name="Tags").get_by_role("button", name=name, exact=True)


def test_what_a_person_writes_of_a_task_is_stored_and_shown(
    page: Page, running: Example, person: Person
) -> None:
    enter(page, running, person)

    task = add(page, "Buy milk", priority="high", tags=" errands,home , errands,, ")

    (stored,) = tasks(running, person)
    assert (stored["priority"], stored["tags"]) == ("high", ["errands", "home"])
    expect(task).to_contain_text("High priority")
    expect(task.locator(".tag")).to_have_text(["errands", "home"])
    form = page.locator("#add")
    expect(form.get_by_role("combobox", name="Priority")).to_have_value("none")
    expect(form.get_by_label("Tags")).to_have_value("")
    expect(add(page, "Call Grace").locator(".facts")).to_be_hidden()


def test_a_click_on_a_tag_lists_the_tasks_with_it_whatever_its_characters(
    page: Page, running: Example, person: Person
) -> None:
    for name in ODD:
        keep(running, person, {"title": f"With {name}", "tags": [name]})
    enter(page, running, person)
    edited = page.get_by_role("listitem").filter(has_text="With #home")
    edited.get_by_role("button", name="Edit").click()
    write(edited, tags=", ".join(ODD))
    edited.get_by_role("button", name="Save").click()
    expect(edited.locator(".tag")).to_have_text(list(ODD))

    for name in ODD:
        tag(page.get_by_role("listitem").filter(has_text="With #home"), name).click()
        found = "1 task" if name == "#home" else "2 tasks"
        expect(page.get_by_role("status")).to_have_text(f"{found} tagged “{name}”")
        assert set(titles(page)) == {f"With {name}", "With #home"}
        page.reload()
        expect(page.get_by_role("status")).to_have_text(f"{found} tagged “{name}”")
        assert parse_qs(urlsplit(page.url).query) == {"tag": [name]}
        page.get_by_role("search").get_by_role("checkbox", name=name, exact=True).uncheck()
        expect(page.get_by_role("status")).to_have_text(f"{len(ODD)} to do, 0 done")
        assert not urlsplit(page.url).query


def test_two_tags_list_the_tasks_that_have_both(
    page: Page, running: Example, person: Person
) -> None:
    for title, names in (("One", ["a"]), ("Both", ["b", "a", "c"]), ("Another", ["b"])):
        keep(running, person, {"title": title, "tags": names})
    enter(page, running, person, "?sort=created_at")
    tag(page.get_by_role("listitem").first, "a").click()
    expect(page.get_by_role("status")).to_have_text("2 tasks tagged “a”")
    with page.expect_request(is_list) as sent:
        tag(page.get_by_role("listitem").last, "b").click()
    expect(page.get_by_role("status")).to_have_text("1 task tagged “a” and “b”")
    assert titles(page) == ["Both"]
    assert query(sent.value)["tag"] == ["a", "b"]
    assert urlsplit(page.url).query == "tag=a&tag=b&sort=created_at"

    page.get_by_role("search").get_by_role("checkbox", name="a").uncheck()

    expect(page.get_by_role("status")).to_have_text("2 tasks tagged “b”")
    assert titles(page) == ["Both", "Another"]


def test_the_tags_work_with_the_keyboard_alone(
    page: Page, running: Example, person: Person
) -> None:
    keep(running, person, {"title": "Buy milk", "tags": ["errands"]}, "Call Grace")
    enter(page, running, person)
    page.get_by_role("checkbox", name="Buy milk").focus()
    page.keyboard.press("Tab")
    expect(tag(page.get_by_role("listitem").last, "errands")).to_be_focused()

    page.keyboard.press("Enter")

    expect(page.get_by_role("status")).to_have_text("1 task tagged “errands”")
    box = page.get_by_role("group", name="Tags").get_by_role("checkbox", name="errands")
    expect(box).to_be_focused()
    page.keyboard.press("Space")
    expect(page.get_by_role("status")).to_have_text("2 to do, 0 done")
    expect(box).to_be_focused()
    page.keyboard.press("Space")
    expect(page.get_by_role("status")).to_have_text("1 task tagged “errands”")


FAULTS = {
    "too long": ("a, " + "x" * 51, "Number 2: Must have at most 50 characters."),
    "too many": (", ".join(map(str, range(21))), "Must have at most 20 items."),
}


@pytest.mark.parametrize(("tags", "told"), FAULTS.values(), ids=FAULTS)
def test_tags_that_the_api_refuses_are_told_beside_their_field(
    page: Page, running: Example, person: Person, expected: Expected, tags: str, told: str
) -> None:
    expected.add(422)
    enter(page, running, person)
    form = page.locator("#add")
    write(form, title="Buy milk", tags=tags)
    form.get_by_role("button", name="Add").click()
    field = form.get_by_label("Tags")
    expect(field).to_have_accessible_description(told)
    expect(field).to_be_focused()
    write(form, tags="x" * 50)
    form.get_by_role("button", name="Add").click()
    expect(page.get_by_role("listitem").locator(".tag")).to_have_text("x" * 50)
    expect(form.get_by_role("alert")).to_be_empty()


def test_a_tag_in_the_address_that_is_too_long_is_told_beside_its_box(
    page: Page, running: Example, person: Person, expected: Expected
) -> None:
    expected.add(400)
    page.goto(f"{running.page}/?tag=a&tag={'x' * 51}")
    sign_in(page, person.email)
    box = page.get_by_role("search").get_by_role("checkbox", name="x" * 51)
    expect(box).to_have_accessible_description("Must have at most 50 characters.")
    box.uncheck()
    expect(page.get_by_role("status")).to_have_text("Nothing found: no tasks tagged “a”")


def test_a_patch_has_only_what_was_changed(page: Page, running: Example, person: Person) -> None:
    """A tag with a comma, which the field can't hold, stays where the field is not touched."""
    keep(running, person, {"title": "Buy milk", "tags": ["bread, butter"], "priority": "low"})
    record_patches(page)
    enter(page, running, person)
    task = page.get_by_role("listitem")
    for fields in ({}, {"priority": "urgent"}, {"title": "Buy oat milk"}, {"tags": "a, b"}):
        task.get_by_role("button", name="Edit").click()
        write(task, **fields)
        task.get_by_role("button", name="Save").click()
        expect(task.get_by_role("button", name="Save")).to_be_hidden()

    assert patches(page) == [
        ['"1"', {"priority": "urgent"}],
        ['"2"', {"title": "Buy oat milk"}],
        ['"3"', {"tags": ["a", "b"]}],
    ]
    task.get_by_role("button", name="Edit").click()
    write(task, priority="none", tags="")
    task.get_by_role("button", name="Save").click()
    expect(task.locator(".facts")).to_be_hidden()
    assert tasks(running, person)[0]["tags"] == []


def test_what_somebody_else_has_changed_meanwhile_is_kept(
    page: Page, running: Example, person: Person, expected: Expected
) -> None:
    expected.add(412)
    keep(running, person, {"title": "Buy milk", "tags": ["errands"]})
    record_patches(page)
    enter(page, running, person)
    task = page.get_by_role("listitem")
    task.get_by_role("button", name="Edit").click()
    write(task, title="Buy oat milk", priority="high")
    change(running, person, "Buy milk", tags=["shop"], due_date="2026-12-01", priority="low")

    task.get_by_role("button", name="Save").click()

    expect(task.get_by_role("alert")).to_contain_text("Somebody has changed this task")
    expect(task.get_by_role("textbox", name="Tags")).to_have_value("shop")
    expect(task.get_by_label("Due date")).to_have_value("2026-12-01")
    expect(task.get_by_label("Title")).to_have_value("Buy oat milk")
    expect(task.get_by_label("Priority")).to_have_value("high")
    task.get_by_role("button", name="Save").click()
    expect(task.locator(".title")).to_have_text("Buy oat milk")
    expect(task.locator(".tag")).to_have_text("shop")
    mine = {"title": "Buy oat milk", "priority": "high"}
    assert patches(page) == [['"1"', mine], ['"2"', mine]]


def test_a_task_that_loses_the_tag_leaves_the_list_and_undo_brings_it_back(
    page: Page, running: Example, person: Person
) -> None:
    keep(running, person, {"title": "Buy milk", "tags": ["errands", "home"]})
    enter(page, running, person, "?tag=errands")
    task = page.get_by_role("listitem")
    task.get_by_role("button", name="Edit").click()
    write(task, tags="home")
    task.get_by_role("button", name="Save").click()
    expect(page.locator(".left")).to_contain_text("“Buy milk” no longer matches.")
    expect(page.get_by_role("status")).to_have_text("Nothing found: no tasks tagged “errands”")

    page.get_by_role("button", name="Undo").click()

    expect(page.get_by_role("status")).to_have_text("1 task tagged “errands”")
    assert tasks(running, person)[0]["tags"] == ["errands", "home"]
