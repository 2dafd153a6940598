"""Which addresses are taken, and what is said of those that can't be had."""

import errno
import socket
from contextlib import ExitStack
from typing import Any

import pytest

from todo_api.__main__ import _taken
from todo_api.listeners import CantListen, NoIPv6, listeners

FREE = 0  # the system chooses a port


def families(host: str) -> list[socket.AddressFamily]:
    with ExitStack() as stack:
        return [stack.enter_context(each).family for each in listeners(host, FREE)]


@pytest.fixture
def no_ipv6(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a kernel without IPv6 says."""
    real = socket.socket

    def make(family: int = -1, *arguments: Any, **named: Any) -> socket.socket:
        if family == socket.AF_INET6:
            raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")
        return real(family, *arguments, **named)

    monkeypatch.setattr(socket, "socket", make)


@pytest.fixture
def localhost_of_both(monkeypatch: pytest.MonkeyPatch) -> None:
    """What many a file /etc/hosts says."""
    found = [
        (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", FREE, 0, 0)),
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", FREE)),
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("::", [socket.AF_INET6, socket.AF_INET]),
        ("::1", [socket.AF_INET6]),
        ("0.0.0.0", [socket.AF_INET]),
        ("127.0.0.1", [socket.AF_INET]),
    ],
)
def test_each_host_has_its_families(host: str, expected: list[socket.AddressFamily]) -> None:
    assert families(host) == expected


@pytest.mark.usefixtures("localhost_of_both")
def test_a_name_is_all_of_its_addresses() -> None:
    assert families("localhost") == [socket.AF_INET6, socket.AF_INET]


@pytest.mark.usefixtures("localhost_of_both", "no_ipv6")
def test_a_name_is_those_of_its_addresses_that_the_machine_has() -> None:
    assert families("localhost") == [socket.AF_INET]


@pytest.mark.usefixtures("no_ipv6")
@pytest.mark.parametrize("host", ["::", "::1"])
def test_a_machine_without_ipv6_is_told_so(host: str) -> None:
    with pytest.raises(NoIPv6):
        listeners(host, FREE)
    with pytest.raises(Exception, match=r"this machine has no IPv6: .* HOST=0\.0\.0\.0"):
        _taken(host, 8000)


def test_an_address_of_another_machine_is_no_lack_of_ipv6() -> None:
    with pytest.raises(CantListen, match="Cannot assign requested address") as refused:
        listeners("2001:db8::1", FREE)
    assert refused.type is CantListen


def test_nothing_is_kept_where_one_of_two_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(CantListen, match="in use"):
            listeners("::", port)
    with ExitStack() as stack:
        assert len([stack.enter_context(each) for each in listeners("::", port)]) == 2
