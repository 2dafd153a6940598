"""What a running server logs: whom it answered, and why it did not."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2

from tests.conftest import SECRET
from tests.live.conftest import Server, serving
from tests.live.wire import exchange

FORWARDED = {"X-Forwarded-For": "203.0.113.9, 127.0.0.1"}
TITLE = "Surprise"


def lines(server: Server, logger: str = "todo_api.requests") -> list[dict[str, Any]]:
    """Return what a server that has ended wrote to one logger."""
    written = [json.loads(line) for line in server.log().splitlines() if line.startswith("{")]
    return [line for line in written if line["logger"] == logger]


def test_what_is_not_http_has_an_address_and_an_error_code(
    database_url: str, tmp_path: Path
) -> None:
    settings = {"DATABASE_URL": database_url, "JWT_SECRET_KEY": SECRET}
    with serving(tmp_path / "output", **settings) as server:
        exchange(server, b"hello\r\n\r\n")
        server.stop()
    [line] = [line for line in lines(server) if line["method"] == "-"]

    assert (line["client"], line["status"]) == ("127.0.0.1", 400)
    assert (line["error_code"], line["path"]) == ("VALIDATION_ERROR", None)


def test_a_proxys_word_for_the_client_is_logged_where_the_proxy_is_believed(
    database_url: str, tmp_path: Path
) -> None:
    settings = {"DATABASE_URL": database_url, "JWT_SECRET_KEY": SECRET}
    for number, (proxies, client) in enumerate(
        {"127.0.0.1": "203.0.113.9", "192.0.2.1": "127.0.0.1"}.items()
    ):
        output = tmp_path / f"output-{number}"
        with serving(output, FORWARDED_ALLOW_IPS=proxies, **settings) as server:
            for path in ("/api/alice/tasks", "/no/such/path"):
                httpx2.get(f"{server.url}{path}", headers=FORWARDED)
            server.stop()
        told = {line["path"]: line["client"] for line in lines(server)}

        assert told["/api/{user_id}/tasks"] == told["/no/such/path"] == client


def test_a_quiet_log_has_slow_statements_by_name_and_no_requests(
    database_url: str, tmp_path: Path, user: str, token: Callable[[str], str]
) -> None:
    with serving(
        tmp_path / "output",
        DATABASE_URL=database_url,
        JWT_SECRET_KEY=SECRET,
        LOG_LEVEL="warning",
        LOG_SLOW_STATEMENTS="0.001",
    ) as server:
        created = httpx2.post(
            f"{server.url}/api/{user}/tasks",
            json={"title": TITLE},
            headers={"Authorization": f"Bearer {token(user)}"},
        )
        server.stop()

    assert created.status_code == 201
    assert lines(server) == []
    assert [line["statement"] for line in lines(server, "todo_api.database")] == ["create"]
    assert TITLE not in server.log()
    assert user not in server.log()
