"""Debian's Chromium, and a watch over all that happens in it and should not."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Request,
    Response,
    sync_playwright,
)

from tests.debian import debian_file

Expected = set[int | str]
"""Statuses (412) and Chromium's names of network failures (net::ERR_FAILED)."""

_FLAGS = (
    "--no-sandbox",  # the tests may run as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=LocalNetworkAccessChecks",  # nobody is there to permit them
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)
_OURS = {"localhost", "127.0.0.1"}
_TOLD_BY_THE_REQUEST = "Failed to load resource: "
_LEFT = "net::ERR_ABORTED"  # the page was left, or gave the request up itself


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run Chromium, with a profile of its own, until the block ends."""
    program = debian_file("chromium")
    debian_file("fonts-liberation")
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=program, args=_FLAGS) as browser,
    ):
        yield browser


class Watch:
    """Note each error and each request to another host, in all pages of a context."""

    def __init__(self, context: BrowserContext, expected: Expected) -> None:
        self.faults: list[str] = []
        self._expected = expected
        self._came: Expected = set()
        context.on("console", self._console)
        context.on("weberror", lambda error: self.faults.append(f"uncaught: {error.error}"))
        context.on("request", self._request)
        context.on("requestfailed", self._failed)
        context.on("response", self._response)

    @property
    def missing(self) -> Expected:
        """What was expected and never came."""
        return self._expected - self._came

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(_TOLD_BY_THE_REQUEST):
            self.faults.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in {"data", "blob"} and address.hostname not in _OURS:
            self.faults.append(f"another host: {request.method} {request.url}")

    def _failed(self, request: Request) -> None:
        if request.failure != _LEFT:
            self._judge(request.failure or "failed", request)

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self._judge(response.status, response.request)

    def _judge(self, outcome: int | str, request: Request) -> None:
        self._came.add(outcome)
        if outcome not in self._expected:
            self.faults.append(f"{outcome}: {request.method} {request.url}")
