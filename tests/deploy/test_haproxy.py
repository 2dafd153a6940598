"""What HAProxy, as deploy/ has it, tells the service and its clients."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.conftest import problem
from tests.deploy.entrance import Entrance
from tests.deploy.haproxy import haproxy
from tests.deploy.replica import Echo, Replica, answering
from tests.live.conftest import free_port, until

CHECKS = 5  # more than HAProxy needs to leave a replica alone


@pytest.fixture
def echo(tmp_path: Path) -> Iterator[Entrance]:
    with answering(Echo) as address, haproxy(tmp_path, [address] * 3) as entrance:
        yield entrance


def test_a_replica_is_told_the_truth_about_a_client_that_lies(echo: Entrance) -> None:
    lies = {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "http"}
    answer = httpx2.get(f"{echo.url}/headers", headers=lies, verify=echo.trust())

    told = [field for field in answer.json() if field[0].lower().startswith("x-forwarded-")]
    assert sorted(told) == [["x-forwarded-for", "127.0.0.1"], ["x-forwarded-proto", "https"]]


def test_a_replica_is_told_the_request_id_that_its_log_will_have(echo: Entrance) -> None:
    ids = []
    for sent in ("mine", "not allowed"):
        headers = {"X-Request-ID": sent}
        fields = httpx2.get(f"{echo.url}/", headers=headers, verify=echo.trust()).json()
        ids += [value for name, value in fields if name.lower() == "x-request-id"]

    assert ids[0] == "mine"
    assert re.fullmatch(r"[0-9a-f-]{36}", ids[1])


@pytest.fixture
def unready(tmp_path: Path) -> Iterator[Entrance]:
    """Two replicas without their database, and a dead one."""
    away = "postgresql://todo:todo@127.0.0.1:1/todo"
    replica = Replica("127.0.0.4", tmp_path / "output", DATABASE_URL=away)
    replica.start()
    try:
        until(replica.listens)
        dead = f"127.0.0.1:{free_port()}"
        with haproxy(tmp_path, [dead, replica.address, replica.address]) as entrance:
            until(lambda: replica.log().count('"status":503') >= CHECKS)
            yield entrance
    finally:
        replica.kill()


def test_where_no_replica_is_ready_one_that_lives_says_so_itself(unready: Entrance) -> None:
    for _ in range(3):  # one for each replica
        answer = httpx2.get(f"{unready.url}/ready", verify=unready.trust())

        assert problem(answer) == (503, "DATABASE_ERROR")
        assert answer.headers["Retry-After"] == "1"
        assert "Strict-Transport-Security" in answer.headers
