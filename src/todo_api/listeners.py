"""The addresses to listen on: taken once, by the process that starts all others."""

import errno
import socket
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

EVERY_ADDRESS = "::"
"""Both families: two sockets, as one for both would show IPv4 clients as `::ffff:192.0.2.1`."""
_BOTH = ("::", "0.0.0.0")  # noqa: S104 (what is asked for)
_AWAY = {errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL}


class CantListen(Exception):
    """An address that can't be had, and why."""


class NoIPv6(CantListen):
    """An address of IPv6, on a machine without."""


def listeners(host: str, port: int) -> list[socket.socket]:
    """Return bound sockets for the addresses of `host`, which do not listen yet.

    An address of a name is left out where this machine lacks its family, unless none is left.
    Raises `CantListen`.
    """
    sockets: list[socket.socket] = []
    try:
        for named in _BOTH if host == EVERY_ADDRESS else (host,):
            sockets += _bound(list(_addresses(named, port)))
    except OSError as error:
        for taken in sockets:
            taken.close()
        if ":" in host and error.errno in _AWAY and not _has_ipv6():
            raise NoIPv6 from None
        raise CantListen(error.strerror or str(error)) from None
    return sockets


def _addresses(host: str, port: int) -> Iterator[tuple[socket.AddressFamily, Any]]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    yield from dict.fromkeys((family, address) for family, *_, address in found)


def _bound(addresses: Sequence[tuple[socket.AddressFamily, Any]]) -> list[socket.socket]:
    sockets = []
    failure: OSError | None = None
    for family, address in addresses:
        try:
            sockets.append(_listener(family, address))
        except OSError as error:
            failure = failure or error
            if error.errno not in _AWAY:
                sockets.clear()  # which closes them
                break
    if failure and not sockets:
        raise failure
    return sockets


def _listener(family: socket.AddressFamily, address: Any) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(address)
    except OSError:
        listener.close()
        raise
    return listener


def _has_ipv6() -> bool:
    with suppress(OSError), socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
        probe.bind(("::1", 0))
        return True
    return False
