"""The site as it is built: every link leads somewhere, and nothing comes from elsewhere.

Links to other hosts can't be followed where these tests run: they are listed, and only their form
is checked.
"""

import re
from collections.abc import Callable, Iterator
from functools import partial
from html import unescape
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Page

from todo_api.problems.causes import CAUSES, type_of

USE = (
    *("index", "contract", "due-dates", "clients", "http"),
    *("errors", "concurrency", "local-copy", "browsers", "ci"),
)
RUN = ("configuration", "identity", "upgrading", "platforms", "troubleshooting")
PAGES = (*USE, *RUN, "promises", "comparison")
_LINKS = {"a": "href", "link": "href", "script": "src", "img": "src", "source": "src"}
_LOCAL = ("localhost", "127.0.0.1")


class Read(HTMLParser):
    """A page's anchors, and what it links to, by the kind of element."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.anchors = {"", "top"}
        self.links: list[tuple[str, str]] = []
        self.feed(path.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.anchors |= {attributes.get("id") or ""}
        if target := attributes.get(_LINKS.get(tag, "")):
            self.links.append((tag, target))


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Read]:
    return {path: Read(path) for path in site.rglob("*.html")}


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    """Where a web server has the site."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=site)) as server:
        server.block_on_close = False
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_every_page_is_there(pages: dict[Path, Read], site: Path) -> None:
    assert {site / f"{name}.html" for name in PAGES} <= set(pages)


def test_each_link_leads_to_a_page_and_to_an_anchor_on_it(pages: dict[Path, Read]) -> None:
    dead = [
        f"{path.name}: {target}"
        for path, page in pages.items()
        for _, target in page.links
        if not urlsplit(target).scheme and not _is_there(path, target, pages)
    ]

    assert not dead


def _is_there(path: Path, target: str, pages: dict[Path, Read]) -> bool:
    parts = urlsplit(target)
    file = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    return file.exists() and (not parts.fragment or unquote(parts.fragment) in pages[file].anchors)


def test_links_to_other_hosts_are_whole(
    pages: dict[Path, Read], figure: Callable[[str], None]
) -> None:
    others = {
        target for page in pages.values() for _, target in page.links if urlsplit(target).scheme
    }

    for link in others:
        parts = urlsplit(link)
        assert parts.hostname in _LOCAL or (parts.scheme == "https" and parts.hostname), link
    figure(f"not followed: {', '.join(sorted(others))}")


def test_nothing_is_loaded_from_another_host(pages: dict[Path, Read]) -> None:
    loaded = {target for page in pages.values() for tag, target in page.links if tag != "a"}

    assert loaded
    assert not [target for target in loaded if urlsplit(target).netloc]


def test_each_error_code_has_the_anchor_that_its_type_names(
    pages: dict[Path, Read], site: Path
) -> None:
    anchors = {urlsplit(type_of(code)).fragment for code in CAUSES}

    assert anchors <= pages[site / "errors.html"].anchors


def test_each_example_of_an_error_is_shown_by_the_name_that_a_mock_takes(site: Path) -> None:
    page = unescape(re.sub(r"<[^>]+>", "", (site / "errors.html").read_text()))
    shown = set(re.findall(r"Prefer: code=(\d+), example=(\w+)", page))

    assert {("404", "noTask"), ("422", "severalFields"), ("422", "keyReused")} < shown
    assert "InvalidBody" not in page


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_drawn_in_both_themes_and_fits_a_phone(
    name: str, page: Page, address: str, screenshot: Callable[[Page, str], None]
) -> None:
    show(page, f"{address}/{name}.html")

    for diagram in page.locator("pre.mermaid").all():
        diagram.locator("svg[aria-roledescription=sequence]").wait_for()
    for theme in ("light", "dark"):
        page.evaluate("theme => document.body.dataset.theme = theme", theme)
        screenshot(page, f"docs-{name}-{theme}")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.locator(".content").evaluate("content => content.scrollWidth") == 390
    screenshot(page, f"docs-{name}-phone")


def test_one_choice_of_a_language_turns_all_tabs(page: Page, address: str) -> None:
    show(page, f"{address}/contract.html")

    page.get_by_text("Python", exact=True).first.click()

    shown = page.locator(".sd-tab-content:visible")
    assert shown.count() == 8
    assert all("api" in text and "curl" not in text for text in shown.all_inner_texts())


def show(page: Page, url: str) -> None:
    """Go there, and wait for the page's icon too, which Chromium gives up at the page's end."""
    page.goto(url, wait_until="networkidle")
