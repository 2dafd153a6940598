"""Connect to the server of a DSN that answers first."""

import asyncio
import random
import socket
from collections.abc import Iterable
from itertools import chain, zip_longest

import psycopg2

from db.errors import DatabaseUnavailable
from db.pool.dialing.dsn import Target, connect_timeout_of, is_shuffled, parameters_of, targets_of
from db.pool.dialing.link import Link, linked
from db.pool.dialing.race import Race

_MEMORY = 60.0  # seconds, after which the DSN's order applies again: its first server may be back


class Dialer:
    """Connects to the first server of a DSN that can be used.

    Each address has `connect_timeout` of the DSN, else `patience` seconds; the next one is tried
    before that ends. Servers that failed while another was used are tried last for a minute.
    """

    def __init__(self, dsn: str, *, patience: float) -> None:
        self._dsn = dsn
        self._patience = patience
        self._passed_over: dict[Target, float] = {}

    async def dial(self) -> Link:
        """Return a psycopg2 connection; raises `DatabaseUnavailable`."""
        try:
            parameters = parameters_of(self._dsn)
            seconds = connect_timeout_of(parameters) or self._patience
            return await self._first(parameters, seconds)
        except (psycopg2.Error, OSError, ValueError) as error:
            raise DatabaseUnavailable("The database could not be reached.") from error

    async def _first(self, parameters: dict[str, str], seconds: float) -> Link:
        async def attempt(target: Target) -> Link | list[Target]:
            async with asyncio.timeout(seconds):
                if target.is_name:
                    addresses = await _addresses(target, shuffled=is_shuffled(parameters))
                    return self._in_order(addresses)
                return await linked(target.added_to(parameters))

        race = Race(self._in_order(targets_of(parameters)), attempt)
        link, winner = await race.run()
        self._remember(winner, race.begun)
        return link

    def _in_order(self, targets: Iterable[Target]) -> list[Target]:
        now = asyncio.get_running_loop().time()
        return sorted(targets, key=lambda target: self._passed_over.get(target, now) > now)

    def _remember(self, winner: Target, begun: Iterable[Target]) -> None:
        """Note which servers failed (silent, refused or of the wrong kind) and which work again."""
        now = asyncio.get_running_loop().time()
        noted = {target: until for target, until in self._passed_over.items() if until > now}
        noted |= dict.fromkeys(begun, now + _MEMORY)
        for target in (winner, winner._replace(hostaddr="")):
            noted.pop(target, None)
        self._passed_over = noted


async def _addresses(target: Target, *, shuffled: bool) -> list[Target]:
    """Look the name up, because libpq would block on it; TLS still needs the name.

    The address families alternate, so that an unreachable one costs a single address (RFC 8305,
    section 4).
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(target.host, None, type=socket.SOCK_STREAM)
    if shuffled:
        random.shuffle(found)
    families: dict[int, list[str]] = {}
    for family, *_, address in found:
        families.setdefault(family, []).append(str(address[0]))
    turns = chain.from_iterable(zip_longest(*families.values()))
    return [target._replace(hostaddr=address) for address in turns if address]
