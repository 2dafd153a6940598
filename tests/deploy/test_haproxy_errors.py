"""What HAProxy answers by itself is a problem document of the contract."""

import socket
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.deploy.entrance import Entrance
from tests.deploy.haproxy import haproxy
from tests.deploy.problems import assert_of_the_contract
from tests.deploy.replica import Ending, answering
from tests.live.conftest import free_port

HASTE = {"timeout server 30s": "timeout server 100ms"}
FAULT = {
    "    default_backend": "    http-request deny deny_status 500 if { path /fault }\n"
    "    default_backend"
}


def ask(entrance: Entrance, path: str = "/api/alice/tasks", **headers: str) -> httpx2.Response:
    return httpx2.get(f"{entrance.url}{path}", headers=headers, verify=entrance.trust())


@pytest.fixture(scope="module")
def dead(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Entrance]:
    replicas = [f"127.0.0.1:{free_port()}" for _ in range(3)]
    with haproxy(tmp_path_factory.mktemp("dead"), replicas, FAULT) as entrance:
        yield entrance


def test_where_no_replica_lives_it_says_so_and_when_to_come_again(dead: Entrance) -> None:
    answer = ask(dead)

    assert_of_the_contract(answer, 503, "OVERLOADED")
    assert answer.headers["Retry-After"] == "1"


@pytest.mark.parametrize("sent", ["mine", "a.b_c-" + "1" * 58])
def test_an_answer_of_its_own_has_the_clients_request_id(dead: Entrance, sent: str) -> None:
    assert ask(dead, **{"X-Request-ID": sent}).json()["request_id"] == sent


@pytest.mark.parametrize("sent", ['a"b', "", "a b", "a" * 65, "a,b"])
def test_an_id_that_the_contract_does_not_allow_is_replaced(dead: Entrance, sent: str) -> None:
    answer = ask(dead, **{"X-Request-ID": sent})

    assert_of_the_contract(answer, 503, "OVERLOADED")
    assert answer.json()["request_id"] != sent


def test_a_fault_of_its_own_is_an_internal_error(dead: Entrance) -> None:
    assert_of_the_contract(ask(dead, "/fault"), 500, "INTERNAL_ERROR")


def test_a_replica_that_ends_in_the_middle_is_502(tmp_path: Path) -> None:
    with answering(Ending) as address, haproxy(tmp_path, [address] * 3) as entrance:
        assert_of_the_contract(ask(entrance), 502, "INTERNAL_ERROR")


def test_a_replica_that_keeps_silent_is_504(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # the system itself takes connections
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        with haproxy(tmp_path, [address] * 3, HASTE) as entrance:
            assert_of_the_contract(ask(entrance), 504, "INTERNAL_ERROR")
