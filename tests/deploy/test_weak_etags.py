"""ETags behind a proxy that compresses: weak there, strong behind what deploy/ has."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import httpx2
import pytest

from tests.conftest import problem
from tests.deploy.entrance import Entrance
from tests.deploy.haproxy import haproxy
from tests.deploy.nginx import address_of, nginx
from tests.live.conftest import PATIENCE, Server

Proxy = Callable[..., AbstractContextManager[Entrance]]
ClientOf = Callable[[Proxy, dict[str, str]], httpx2.Client]

TO_BACKEND = "    default_backend todo-api\n"
COMPRESSION = "    compression algo gzip\n    compression type application/json\n"
COMPRESSING: dict[str, tuple[Proxy, dict[str, str]]] = {
    "nginx": (nginx, {"gzip off;": "gzip on;"}),
    "nginx that names the replica's ETag": (
        nginx,
        {"gzip off;": "gzip on; proxy_hide_header ETag; add_header ETag $upstream_http_etag;"},
    ),
    "HAProxy": (haproxy, {TO_BACKEND: COMPRESSION + TO_BACKEND}),
}
"""Each proxy with the lines that make it compress."""
DONE = {"complete": True}


@pytest.fixture
def client_of(
    service: Server, tmp_path: Path, user: str, token: Callable[[str], str]
) -> Iterator[ClientOf]:
    """Return a client that takes gzip, behind a proxy some of whose lines are changed."""
    with ExitStack() as stack:

        def client_of(proxy: Proxy, changed: dict[str, str]) -> httpx2.Client:
            entrance = stack.enter_context(proxy(tmp_path, [address_of(service)] * 3, changed))
            headers = {"Authorization": f"Bearer {token(user)}", "Accept-Encoding": "gzip"}
            client = httpx2.Client(
                base_url=f"{entrance.url}/api/{user}/",
                headers=headers,
                verify=entrance.trust(),
                timeout=PATIENCE,
            )
            return stack.enter_context(client)

        yield client_of


def made(client: httpx2.Client) -> str:
    """Create a task that is worth compressing, and return its path."""
    return f"tasks/{client.post('tasks', json={'title': 'a' * 200}).json()['id']}"


@pytest.mark.parametrize("proxy", [nginx, haproxy])
def test_a_proxy_as_deploy_has_it_keeps_the_tag_that_a_change_is_made_with(
    client_of: ClientOf, proxy: Proxy
) -> None:
    client = client_of(proxy, {})
    task = made(client)
    got = client.get(task)

    assert got.headers["ETag"] == '"1"'
    assert "Content-Encoding" not in got.headers
    changed = client.patch(task, json=DONE, headers={"If-Match": got.headers["ETag"]})
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"2"')


@pytest.mark.parametrize(("proxy", "changed"), COMPRESSING.values(), ids=COMPRESSING)
def test_a_client_of_a_proxy_that_compresses_is_told_what_to_send(
    client_of: ClientOf, proxy: Proxy, changed: dict[str, str]
) -> None:
    client = client_of(proxy, changed)
    task = made(client)
    got = client.get(task)

    assert (got.headers["Content-Encoding"], got.headers["ETag"]) == ("gzip", 'W/"1"')
    refused = client.patch(task, json=DONE, headers={"If-Match": got.headers["ETag"]})
    assert problem(refused) == (412, "PRECONDITION_FAILED")
    assert '"<version>"' in refused.json()["detail"]
    version = {"If-Match": f'"{got.json()["version"]}"'}
    assert client.patch(task, json=DONE, headers=version).status_code == 200


@pytest.mark.parametrize(("proxy", "changed"), COMPRESSING.values(), ids=COMPRESSING)
def test_a_weak_tag_still_saves_the_body(
    client_of: ClientOf, proxy: Proxy, changed: dict[str, str]
) -> None:
    client = client_of(proxy, changed)
    task = made(client)

    held = {"If-None-Match": client.get(task).headers["ETag"]}
    assert client.get(task, headers=held).status_code == 304
