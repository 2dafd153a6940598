"""What the page on browsers says of origins and headers is so."""

import re
from pathlib import Path

import httpx2

from tests.conftest import SECRET
from tests.docs.conftest import DOCS
from tests.live.conftest import Server, serving

PAGE = (DOCS / "browsers.md").read_text()
ALWAYS_SENT = {"Accept", "Accept-Language", "Content-Language"}  # safe by themselves (Fetch, 2.2.2)


def listed(row: str) -> set[str]:
    line = next(line for line in PAGE.splitlines() if line.startswith(f"| {row} |"))
    return set(re.findall("`(.+?)`", line))


def asked(server: Server, origin: str) -> httpx2.Response:
    """Ask as a browser does before it changes a task."""
    return httpx2.options(
        f"{server.url}/api/alice/tasks/42",
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": "PATCH",
            "Access-Control-Request-Headers": "authorization,content-type,if-match",
        },
    )


def test_the_headers_that_a_page_may_send_and_read_are_those_listed(server: Server) -> None:
    origin = "http://localhost:3000"
    allowed = asked(server, origin).headers["Access-Control-Allow-Headers"].split(", ")
    answer = httpx2.get(f"{server.url}/api/alice/tasks", headers={"Origin": origin})

    assert set(allowed) - ALWAYS_SENT == listed("a page may send")
    exposed = answer.headers["Access-Control-Expose-Headers"].split(", ")
    assert set(exposed) == listed("a page may read")


def test_the_command_shown_lets_a_page_of_that_origin_in(examples_url: str, tmp_path: Path) -> None:
    found = re.search(r"^CORS_ORIGINS=(\S+) make run$", PAGE, re.MULTILINE)
    assert found
    settings = {"DATABASE_URL": examples_url, "JWT_SECRET_KEY": SECRET, "CORS_ORIGINS": found[1]}
    with serving(tmp_path / "output", **settings) as server:
        allowed = "Access-Control-Allow-Origin"
        assert asked(server, found[1]).headers[allowed] == found[1]
        assert allowed not in asked(server, "http://localhost:3000").headers
