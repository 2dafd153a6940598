"""Users of every name that an issuer may give them, by percent-encoded paths, over the wire."""

import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, unquote

import httpx2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.conftest import SECRET
from tests.live.conftest import Server, serving, until
from todo_api.settings.development import token_for
from todo_api.wire.head import LONGEST_PATH

SUBJECTS = [
    *("_Hc3vB0jTq1xQm8WkR5uYdZ2nLs7fGpA9eJtXoNiC4M", "-Hc3", "Kf3z/Pq7+Zw=", "o'neil@example.com"),
    *(
        "f:4f2c:jane doe",
        "CORP\\jane",
        "jürgen@example.com",
        "https://id.example.com/users/1?a=b#c",
    ),
    *(
        "...",
        ".well-known",
        "..x",
        " ",
        "%2F",
        "%",
        "a//b",
        "tasks",
        "a;b,c",
        '"',
        "\u2028",
        "\u202e",
    ),
    *("\ufeff", "\U0001f468\u200d\U0001f469", "a" * 255, "\U0010ffff" * 255),
]


@pytest.fixture(scope="module")
def server(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that counts requests, as the user is the key there."""
    output = tmp_path_factory.mktemp("subjects") / "output"
    settings = {"DATABASE_URL": database_url, "JWT_SECRET_KEY": SECRET, "LOG_FORMAT": "json"}
    with serving(output, RATE_LIMIT="100000/second", **settings) as running:
        yield running


def client_of(server: Server, user: str) -> httpx2.Client:
    headers = {"Authorization": f"Bearer {token_for(user, SECRET, 600)}"}
    return httpx2.Client(base_url=server.url, headers=headers)


def path_of(user: str) -> str:
    return f"/api/{quote(user, safe='')}/tasks"


@pytest.mark.parametrize("user", SUBJECTS)
def test_every_operation_works_for_every_user(server: Server, user: str) -> None:
    with client_of(server, user) as client:
        created = client.post(path_of(user), json={"title": "Buy milk"})
        assert created.status_code == 201
        task = created.json()
        assert task["user_id"] == user
        place = created.headers["location"]
        assert unquote(place) == f"/api/{user}/tasks/{task['id']}"
        assert place.isascii()
        assert client.get(place).json() == task
        assert client.put(place, json={"title": "Tea", "complete": True}).status_code == 200
        client.post(path_of(user), json={"title": "Buy bread"})
        first = client.get(path_of(user), params={"limit": 1}).json()
        second = client.get(
            path_of(user), params={"limit": 1, "cursor": first["next_cursor"]}
        ).json()
        assert [each["title"] for each in first["tasks"] + second["tasks"]] == ["Buy bread", "Tea"]
        changed = client.patch(place, json={"title": "Rum"}, headers={"If-Match": '"2"'})
        assert changed.status_code == 200
        assert client.delete(place).status_code == 204


@pytest.mark.parametrize("user", SUBJECTS)
def test_what_is_like_a_user_is_another(server: Server, user: str) -> None:
    others = {unquote(user), quote(user), user.upper(), user.lower(), f"{user}/", f"/{user}"}
    others |= {user.strip(), user.replace("+", " "), user.replace("/", ""), user.replace("\\", "/")}
    others |= {unicodedata.normalize(form, user) for form in ("NFC", "NFD", "NFKC", "NFKD")}
    with client_of(server, user) as client:
        for other in others - {user, "", ".", ".."}:
            status = 403 if len(path_of(other)) <= LONGEST_PATH else 431
            assert client.get(path_of(other)).status_code == status


@pytest.mark.parametrize("user", SUBJECTS)
def test_a_log_line_holds_the_user_and_nothing_that_ends_a_line(server: Server, user: str) -> None:
    with client_of(server, user) as client:
        request_id = client.get(path_of(user)).headers["x-request-id"]
        client.get("/health")
    until(lambda: request_id in server.log())
    log = Path(server.output).read_bytes()
    assert log.isascii()
    [line] = [line for line in log.decode().splitlines() if request_id in line]
    assert json.loads(line)["user"] == user


@given(
    st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=255).filter(
        lambda user: user not in {".", ".."}
    )
)
@example("0")
def test_whatever_is_no_control_character_is_a_user(server: Server, user: str) -> None:
    with client_of(server, user) as client:
        assert client.get(path_of(user), params={"limit": 1}).status_code == 200


@pytest.mark.parametrize(
    "segment", ["%00", "%0A", "a%7F", "%C2%85", "%ED%A0%80", "%FF", "%C0%AF", "a%", "%2E", "%2E%2E"]
)
def test_what_is_no_user_is_nobodys_path(server: Server, segment: str) -> None:
    with client_of(server, "alice") as client:
        answer = client.get(f"/api/{segment}/tasks")
    assert answer.status_code in {400, 403, 404}
