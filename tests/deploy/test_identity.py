"""Users and tokens as identity providers make them, through each proxy as deploy/ has it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from urllib.parse import quote

import httpx2
import pytest

from tests.conftest import SECRET
from tests.deploy.entrance import Entrance
from tests.deploy.haproxy import haproxy
from tests.deploy.nginx import address_of, nginx
from tests.live.conftest import PATIENCE, Server
from todo_api.settings.development import token_for

SUBJECTS = [
    "Kf3z/Pq7+Zw=",
    "f:4f2c:jane doe",
    "CORP\\jane",
    "jürgen",
    "a//b",
    "..x",
    "%2F",
    "a?b#c",
]
ROLES = "department/read-and-write " * 600  # 21 KB of a token, as Keycloak makes them


@pytest.mark.parametrize("http2", [False, True], ids=["HTTP/1.1", "HTTP/2"])
@pytest.mark.parametrize("proxy", [nginx, haproxy])
def test_every_user_reaches_the_service_with_a_token_of_any_length(
    service: Server,
    tmp_path: Path,
    proxy: Callable[..., AbstractContextManager[Entrance]],
    http2: bool,
) -> None:
    with (
        proxy(tmp_path, [address_of(service)] * 3) as entrance,
        httpx2.Client(
            base_url=entrance.url, verify=entrance.trust(), timeout=PATIENCE, http2=http2
        ) as client,
    ):
        for user in SUBJECTS:
            token = token_for(user, SECRET, 600, roles=ROLES)
            assert len(token) > 20_000
            answer = client.post(
                f"/api/{quote(user, safe='')}/tasks",
                json={"title": "Buy milk"},
                headers={"Authorization": f"Bearer {token}"},
            )
            assert (answer.status_code, answer.json()["user_id"]) == (201, user)
