"""The comparison of the servers: speed, the limit, latency, memory, start."""

from bench.latency import latencies, percentile
from bench.limit import MODES, rate_of
from bench.measure import Bench, rotated, say
from bench.peers import Peer
from bench.results import Footprint, Latency, Results, rate
from bench.servers import Server
from bench.workload import SPEED

_LATENCY_TURNS = 2
_STARTS = 5


def compare_speed(bench: Bench, servers: list[Server], results: Results) -> None:
    """Measure each operation on each server, either way, and on PostgreSQL alone."""
    for server in servers:
        bench.warm_up(server, SPEED)
    for turn in bench.turns("speed"):
        for name in SPEED:
            for server in rotated(servers, turn):
                speed = results.pooled if server.peer.pooled else results.speed
                of_server = speed.setdefault(name, {}).setdefault(server.peer.name, [])
                of_server.append(bench.slice(server, name))
            for mode in MODES:
                of_mode = results.limit.setdefault(name, {}).setdefault(mode, [])
                of_mode.append(rate_of(bench.database, name, mode, bench.seconds, bench.folder))
                bench.tidy(name)


def compare_latency(bench: Bench, servers: list[Server], results: Results) -> None:
    """Measure at half of what the base can do, the same for all servers."""
    for name in SPEED:
        half = rate(results.speed[name][results.base]) / 2
        say(f"latency of {name} at {half:.0f} requests/s")
        seconds: dict[str, list[float]] = {}
        for turn in range(_LATENCY_TURNS):
            for server in rotated(servers, turn):
                seconds.setdefault(server.peer.name, []).extend(
                    _latencies(bench, server, name, half)
                )
        results.latency[name] = {
            peer: Latency(half, percentile(sample, 0.5), percentile(sample, 0.99))
            for peer, sample in seconds.items()
        }


def note_memory(servers: list[Server], results: Results) -> None:
    """Note what each server occupies by now."""
    for server in servers:
        results.footprints[server.peer.name] = Footprint([], server.memory())


def compare_starts(bench: Bench, peers: list[Peer], results: Results) -> None:
    """Measure the seconds from the start of each server's process to its first 200."""
    say("starts")
    for _ in range(_STARTS):
        for peer in peers:
            with bench.starting(peer) as server:
                results.footprints[peer.name].starts.append(server.seconds_to_start)


def _latencies(bench: Bench, server: Server, name: str, rate: float) -> list[float]:
    operation = bench.operations[name]
    sample = latencies(
        server.port, operation.requests, operation.status, rate=rate, seconds=bench.seconds
    )
    server.forget_log()
    bench.tidy(name)
    return sample
