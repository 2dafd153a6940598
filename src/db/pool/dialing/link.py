"""Open a psycopg2 connection in asynchronous mode."""

import asyncio
from typing import Any

import psycopg2
from psycopg2.extensions import POLL_OK, POLL_READ, UNICODE, new_type, register_type

_DEFAULTS = {
    "fallback_application_name": "todo-api",
    "keepalives_idle": "30",  # seconds; sooner than firewalls forget a silent connection
    "keepalives_interval": "5",
    "keepalives_count": "3",
}
_TIMESTAMP = 1114  # the type's OID
_INSTANT = new_type((_TIMESTAMP,), "INSTANT", UNICODE)
"""Timestamps stay text (ISO 8601 with a space for the T): they are only written out again."""

Link = Any
"""psycopg2's connection; psycopg2 has no type stubs."""


async def linked(parameters: dict[str, str]) -> Link:
    """Connect without blocking, given addresses; raises `psycopg2.Error`."""
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
    """Wait for one event: between two polls libpq may switch to another socket."""
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
