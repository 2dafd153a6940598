"""A rolling restart loses nobody: HAProxy, as deploy/ has it, before three replicas."""

import os
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.deploy.clients import Load
from tests.deploy.entrance import Entrance
from tests.deploy.haproxy import DRAIN, haproxy
from tests.deploy.replica import HOSTS, Replica
from tests.live.conftest import PATIENCE, until

ROLLS = int(os.environ.get("CAMPAIGN_ROLLS", "1"))
WORKERS = ("1", "1", "2")


@pytest.fixture(scope="module")
def replicas(
    database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Replica]]:
    directory = tmp_path_factory.mktemp("replicas")
    variables = {"DATABASE_URL": database_url, "SHUTDOWN_DRAIN": DRAIN, "DB_POOL_SIZE": "4"}
    with ExitStack() as stack:
        replicas = [
            Replica(host, directory / host, WORKERS=workers, **variables)
            for host, workers in zip(HOSTS.values(), WORKERS, strict=True)
        ]
        for replica in replicas:
            stack.callback(replica.kill)
            replica.start()
        for replica in replicas:
            replica.wait_until_ready()
        yield replicas


@pytest.fixture(scope="module")
def entrance(
    replicas: list[Replica], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Entrance]:
    addresses = [replica.address for replica in replicas]
    with haproxy(tmp_path_factory.mktemp("haproxy"), addresses) as entrance:
        yield entrance


@pytest.fixture(scope="module")
def unfinished(entrance: Entrance) -> Iterator[ssl.SSLSocket]:
    """A connection of a client that does not come to the end of its request's head."""
    with (
        socket.create_connection(("127.0.0.1", entrance.port), PATIENCE) as plain,
        entrance.trust().wrap_socket(plain, server_hostname="127.0.0.1") as connection,
    ):
        connection.sendall(b"GET /health HTTP/1.1\r\nHost:")
        yield connection


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("unfinished")
def test_a_rolling_restart_under_load_fails_no_request(
    replicas: list[Replica],
    entrance: Entrance,
    sql: Callable[..., Any],
    user: str,
    figure: Callable[[str], None],
) -> None:
    load = Load(user, entrance)
    with load.running():
        for replica in replicas * ROLLS:
            until(replica.serves)
            assert replica.stop() == 0
            load.goes_on(10)
            replica.start()
            replica.wait_until_ready()
        until(replicas[-1].serves)

    stored = sql("SELECT title, version FROM tasks WHERE user_id = %s ORDER BY title", (user,))
    figure(
        f"{ROLLS} rolling restarts of {len(replicas)} replicas: {load.answered} requests, "
        f"{len(stored)} tasks created, {len(load.failed)} requests failed"
    )
    assert load.failed == []
    assert stored == sorted(load.tasks)


def test_a_head_that_does_not_arrive_is_given_up(unfinished: ssl.SSLSocket) -> None:
    assert unfinished.recv(1024).startswith(b"HTTP/1.1 408 ")
