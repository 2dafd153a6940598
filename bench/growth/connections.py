"""What connections cost that are open and idle."""

import resource
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from bench.database import Database
from bench.growth.client import Client, RequestFailed, request
from bench.growth.results import Connections, Spread
from bench.peers import PEERS
from bench.servers import Server, serving

_WANTED = 5000
_OPEN_FILES = 1024
"""What Debian gives a process that does not ask for more."""
_PATIENCE = 2.0  # seconds
_TIMES = 500
_AT_ONCE = 100


def hold_connections(database: Database, user: str, folder: Path) -> Connections:
    """Open many connections, let each do a request, and measure a busy one beside them."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # they are files of ours, too
    ask, ours = request(user, path="?limit=50"), PEERS["todo-api"]
    limited = ["sh", "-c", f'ulimit -S -n {_OPEN_FILES} && exec "$@"', "sh", *ours.command]
    with serving(replace(ours, command=limited), database, ask, folder) as server:
        return _hold(server, ask)


def _hold(server: Server, ask: bytes) -> Connections:
    """Do it in the few seconds for which the server keeps a connection that is idle."""
    busy = Client(server.port)
    _times(busy, ask)  # to warm up
    without, before = _times(busy, ask), server.memory()
    idle = _opened(server.port)
    answered = _answered(idle, ask)
    memory = server.memory() - before
    beside = _times(busy, ask)
    held = sum(not client.is_closed() for client in answered)
    for client in (busy, *idle):
        client.close()
    return Connections(
        wanted=_WANTED,
        held=held,
        open_files=_OPEN_FILES,
        bytes_each=memory / len(answered),
        without=Spread.of(without),
        beside=Spread.of(beside),
    )


def _times(client: Client, ask: bytes) -> list[float]:
    return [client.send(ask)[0] for _ in range(_TIMES)]


def _opened(port: int) -> list[Client]:
    """Connect as often as the server lets us; none is idle yet, as it has asked nothing."""
    clients: list[Client] = []
    with suppress(OSError):
        clients.extend(Client(port, patience=_PATIENCE) for _ in range(_WANTED))
    return clients


def _answered(clients: list[Client], ask: bytes) -> list[Client]:
    """Send one request on each, and return those that had an answer."""
    answered: list[Client] = []
    with suppress(OSError, RequestFailed):
        for start in range(0, len(clients), _AT_ONCE):
            some = clients[start : start + _AT_ONCE]
            for client in some:
                client.begin(ask)
            for client in some:
                client.finish()
                answered.append(client)
    return answered
