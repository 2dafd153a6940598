"""What goes wrong in a page fails the test that shows it."""

import pytest
from playwright.sync_api import Browser

from tests.frontend.browser import Watch
from tests.live.conftest import Server

FAULTS = [
    ("console.error('no such thing')", "console: no such thing"),
    (
        "new Promise(go => setTimeout(() => { setTimeout(go); throw new Error('lost') }))",
        "uncaught: lost",
    ),
    ("fetch('http://example.com/').catch(String)", "another host: GET http://example.com/"),
    ("fetch('http://localhost:1/').catch(String)", "net::ERR_UNSAFE_PORT: GET http://localhost:1/"),
]


@pytest.mark.parametrize(("script", "fault"), FAULTS)
def test_a_fault_is_noted(browser: Browser, script: str, fault: str) -> None:
    with browser.new_context() as context:
        watch = Watch(context, set())
        context.new_page().evaluate(f"async () => {{ await {script} }}")

    assert fault in watch.faults


def test_only_what_is_expected_is_no_fault_and_it_has_to_come(
    browser: Browser, server: Server
) -> None:
    with browser.new_context() as context:
        watch = Watch(context, {404, 412})
        page = context.new_page()
        page.goto(f"{server.url}/no-such-path")
        page.goto(f"{server.url}/api/alice/tasks")

    assert watch.faults == [f"401: GET {server.url}/api/alice/tasks"]
    assert watch.missing == {412}
