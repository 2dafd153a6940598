"""What parts of a request cost: answers other than 2xx, and the request log."""

import sys
import time
from dataclasses import replace

from bench.measure import Bench, rotated
from bench.peers import Peer
from bench.results import Results
from bench.servers import Server
from bench.workload import NOT_2XX, SPEED

_LINE_WRITTEN = 1.0  # seconds within which every server has written its line
_STARTS = 2  # in each round; from one start to the next the same program differs by a tenth
_ONE = SPEED[0]
"""The cheapest of the operations, so that all else shows most."""


def compare_answers(bench: Bench, ours: Peer, results: Results) -> None:
    """Measure what our service's other answers cost beside a 200."""
    kinds = (_ONE, *NOT_2XX)
    with bench.serving([ours]) as (server,):
        bench.warm_up(server, kinds)
        for _ in bench.turns("other answers"):
            for kind in kinds:
                results.answers.setdefault(kind, []).append(bench.slice(server, kind))


def compare_logs(bench: Bench, ours: Peer, uvicorns: Peer, results: Results) -> None:
    """Measure our service and a peer on uvicorn, each with its log and without, started anew."""
    silent = {ours.name: _unlogged(ours), uvicorns.name: _without_access_log(uvicorns)}
    results.silent = {name: peer.name for name, peer in silent.items()}
    peers = [ours, uvicorns, *silent.values()]
    for turn in bench.turns("request log", of_each=_STARTS):
        with bench.serving(rotated(peers, turn)) as servers:
            for server in servers:
                _check_log(bench, server, silent=server.peer in silent.values())
                bench.warm_up(server, (_ONE,))
            for server in servers:
                results.logs.setdefault(server.peer.name, []).append(bench.slice(server, _ONE))


def _unlogged(ours: Peer) -> Peer:
    command = [sys.executable, "-m", "bench.unlogged", "serve"]
    return replace(ours, name=f"{ours.name}, no request log", command=command)


def _without_access_log(peer: Peer) -> Peer:
    """Do as --no-access-log does; uvicorn takes each of its options from the environment, too."""
    environment = {**peer.environment, "UVICORN_ACCESS_LOG": "false"}
    return replace(peer, name=f"{peer.name}, no access log", environment=environment)


def _check_log(bench: Bench, server: Server, *, silent: bool) -> None:
    server.forget_log()
    bench.check(server, _ONE)
    time.sleep(_LINE_WRITTEN)
    if (server.log.stat().st_size == 0) != silent:
        raise server.error(f"logs nothing, or more than it should (silent: {silent})")
