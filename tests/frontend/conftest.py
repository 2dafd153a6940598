"""A page of a real browser, and a server to show in it.

Playwright keeps the thread's event loop from the first page to the module's end: the tests of a
module that asks for a page are plain functions.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.frontend.browser import Expected, Watch, chromium
from tests.frontend.example import Example, Person, example, signed_up
from tests.live.conftest import server

__all__ = ["server"]

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def expected() -> Expected:
    """The failures that a test provokes; it adds them: `expected.add(412)`."""
    return set()


@pytest.fixture
def timezone() -> str:
    """The browser's time zone; a test chooses another with `parametrize`."""
    return "UTC"


@pytest.fixture
def page(browser: Browser, expected: Expected, timezone: str) -> Iterator[Page]:
    """A page that has seen nothing yet, and whose every error fails the test.

    Pages that a test opens besides in `page.context` are watched as well.
    """
    with browser.new_context(
        viewport={"width": 1280, "height": 800}, reduced_motion="reduce", timezone_id=timezone
    ) as context:
        watch = Watch(context, expected)
        yield context.new_page()
    assert not watch.faults, "\n".join(watch.faults)
    assert not watch.missing, f"expected, but never seen: {watch.missing}"


@pytest.fixture(scope="module")
def running(open_directory: Path) -> Iterator[Example]:
    """The example, with a Better Auth of its own."""
    with example(open_directory / "example") as running:
        yield running


@pytest.fixture
def person(running: Example) -> Iterator[Person]:
    """Somebody who has just signed up."""
    with signed_up(running) as person:
        yield person


@pytest.fixture
def screenshot() -> Callable[[Page, str], None]:
    """Keep what a page shows as `<name>.png`, in TODO_API_SCREENSHOTS or `screenshots`."""
    folder = Path(os.environ.get("TODO_API_SCREENSHOTS", ROOT / "screenshots"))

    def screenshot(page: Page, name: str) -> None:
        page.screenshot(path=folder / f"{name}.png", animations="disabled")

    return screenshot
