"""One psycopg2 connection in asynchronous mode, driven by the running event loop."""

import asyncio
import select
import socket
from collections.abc import Callable, Mapping
from typing import Any, Self

import psycopg2
from psycopg2.extensions import (
    POLL_OK,
    POLL_READ,
    POLL_WRITE,
    UNICODE,
    new_type,
    parse_dsn,
    register_type,
)

from db.errors import READ_ONLY, ConnectionLost, DatabaseUnavailable, translated

_DEFAULTS = {
    "fallback_application_name": "todo-api",
    "keepalives_idle": "30",  # seconds; sooner than firewalls forget a silent connection
    "keepalives_interval": "5",
    "keepalives_count": "3",
}
_TIMESTAMP = 1114  # the type's OID
_INSTANT = new_type((_TIMESTAMP,), "INSTANT", UNICODE)
"""Timestamps stay text (ISO 8601 but for its T): they are only ever written out again."""

Rows = list[tuple[Any, ...]]


class Connection:
    """Runs one statement at a time, each in its own transaction.

    `on_lost` is called when the server ends the connection while no statement runs. `prepared`
    tells whether its session keeps the statements of `db.prepared`.
    """

    prepared = False

    def __init__(self, link: Any) -> None:
        self.closed = False
        self.on_lost: Callable[[Connection], object] | None = None
        self._link = link
        self._fd = link.fileno()
        self._unasked = select.poll()
        self._unasked.register(self._fd, select.POLLIN)
        self._cursor: Any = None
        self._reply: asyncio.Future[Rows] | None = None
        self._writing = False
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._fd, self._advance)

    @classmethod
    async def open(cls, dsn: str, *, timeout: float = 10.0) -> Self:  # noqa: ASYNC109 - for both steps
        """Connect to the first server of `dsn` that answers.

        Raises `DatabaseUnavailable`, after `timeout` seconds at the latest.
        """
        try:
            async with asyncio.timeout(timeout):
                return cls(await _connected(await _resolved(parse_dsn(dsn))))
        except (psycopg2.Error, OSError, ValueError) as error:
            raise DatabaseUnavailable("The database could not be reached.") from error

    async def execute(self, sql: str, parameters: Mapping[str, object] | None = None) -> Rows:
        """Run a statement and return its rows; cancelled, it closes the connection.

        Raises `DatabaseUnavailable` or `DatabaseRefused`.
        """
        if not self.closed and self._unasked.poll(0):
            self.close()  # the server ended it, and the loop has not come round to saying so
        if self.closed:
            raise ConnectionLost(sent=False)
        self._cursor = self._link.cursor()
        try:
            self._cursor.execute(sql, parameters)
        except psycopg2.Error as error:
            raise self._failed(error) from error
        try:
            return await self._answered()
        except asyncio.CancelledError:
            self.close()
            raise

    def close(self, reason: Exception | None = None) -> None:
        """End the connection; a statement that still runs fails with `reason`."""
        if self.closed:
            return
        self.closed = True
        self._loop.remove_reader(self._fd)
        self._write(wanted=False)
        self._link.close()
        self._fail(reason or ConnectionLost())

    def _answered(self) -> asyncio.Future[Rows]:
        self._reply = reply = self._loop.create_future()
        self._advance()  # a long statement is not sent yet, and only poll() says so
        return reply

    def _succeed(self, rows: Rows) -> None:
        reply, self._reply = self._reply, None
        if reply is not None and not reply.done():
            reply.set_result(rows)

    def _fail(self, failure: Exception) -> None:
        reply, self._reply = self._reply, None
        if reply is not None and not reply.done():
            reply.set_exception(failure)

    def _advance(self) -> None:
        if self._reply is None:
            self._lose()
            return
        try:
            state = self._link.poll()
            self._write(wanted=state == POLL_WRITE)
            if state == POLL_OK:
                self._succeed(self._cursor.fetchall() if self._cursor.description else [])
        except psycopg2.Error as error:
            self._fail(self._failed(error))

    def _lose(self) -> None:
        """Drop a connection that is readable while idle: poll() finds nothing wrong even at EOF."""
        self.close()
        if self.on_lost is not None:
            self.on_lost(self)

    def _failed(self, error: psycopg2.Error) -> Exception:
        failure = translated(error)
        if isinstance(failure, ConnectionLost) or self._link.closed or error.pgcode == READ_ONLY:
            self.close(failure)
        return failure

    def _write(self, *, wanted: bool) -> None:
        if wanted and not self._writing:
            self._loop.add_writer(self._fd, self._advance)
        elif self._writing and not wanted:
            self._loop.remove_writer(self._fd)
        self._writing = wanted


async def _connected(parameters: dict[str, str]) -> Any:
    link = psycopg2.connect(async_=1, **_DEFAULTS | parameters | {"client_encoding": "utf8"})
    try:
        while (state := link.poll()) != POLL_OK:
            await _ready(link.fileno(), state)
        register_type(_INSTANT, link)
    except BaseException:
        link.close()
        raise
    return link


async def _ready(fd: int, state: int) -> None:
    """Wait for one event only: between two polls libpq may change to another socket."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    add, remove = (
        (loop.add_reader, loop.remove_reader)
        if state == POLL_READ
        else (loop.add_writer, loop.remove_writer)
    )
    add(fd, ready.set)
    try:
        await ready.wait()
    finally:
        remove(fd)


async def _resolved(parameters: dict[str, str]) -> dict[str, str]:
    """Look the hosts up, as libpq would block on it; TLS still needs their names."""
    if "host" not in parameters or "hostaddr" in parameters:
        return parameters
    hosts = parameters["host"].split(",")
    ports = parameters.get("port", "").split(",")
    if len(ports) == 1:
        ports *= len(hosts)
    places, unknown = [], None
    for host, port in zip(hosts, ports, strict=True):
        try:
            places += [(host, address, port) for address in await _addresses(host)]
        except OSError as error:
            unknown = error
    if unknown and not places:
        raise unknown
    names = ("host", "hostaddr", "port")
    return parameters | {
        name: ",".join(values)
        for name, values in zip(names, zip(*places, strict=True), strict=True)
    }


async def _addresses(host: str) -> list[str]:
    if not host or host[0] in "/@":  # a Unix-domain socket
        return [""]
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]
