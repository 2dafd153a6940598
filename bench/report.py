"""The report of a run, in Markdown."""

from collections.abc import Callable, Iterable
from statistics import median

from bench.limit import MODES
from bench.load import CONNECTIONS
from bench.results import Results, Slice, Speed, cpu, rate, times_cheaper, times_faster
from bench.workload import SPEED


def report(results: Results) -> str:
    """Return what a run found; `x` is a multiple, and more than 1x is in our favour."""
    sections = (
        _head,
        _ratios,
        _medians,
        _pooled,
        _limit,
        _latency,
        _answers,
        _logs,
        _footprints,
        _versions,
    )
    return "\n\n".join(section(results) for section in sections) + "\n"


def _head(results: Results) -> str:
    return (
        f"# {results.ours} beside its peers\n\n"
        f"Measured on {results.date} with `{results.command}`, {results.cores} cores:"
        f" one process for each server, {CONNECTIONS} connections, 1,000 users with 50 tasks each,"
        " medians of interleaved rounds. How to read it: [README.md](README.md).\n\n"
        "![Requests per second and CPU time as multiples of the peers'](results.png)"
    )


def _ratios(results: Results) -> str:
    return "## Ratios\n\n" + _ratios_in(results, results.speed)


def _ratios_in(results: Results, speed: Speed) -> str:
    ours = results.ours
    return (
        f"Requests/s, {ours} as a multiple of:\n\n"
        f"{_per_operation(results, speed, times_faster)}\n\n"
        f"Requests for the same CPU time of the server (the steadier of the two), {ours} as"
        f" a multiple of:\n\n{_per_operation(results, speed, times_cheaper)}"
    )


def _per_operation(
    results: Results, speed: Speed, ratio: Callable[[list[Slice], list[Slice]], float]
) -> str:
    rows = []
    for peer in results.peers:
        pairs = ((speed[name][results.ours], speed[name][peer]) for name in SPEED)
        rows.append([peer, *(f"{ratio(ours, theirs):.2f}x" for ours, theirs in pairs)])
    return _table(["", *SPEED], rows)


def _medians(results: Results) -> str:
    return "## Medians\n\n" + _medians_in(results, results.speed)


def _medians_in(results: Results, speed: Speed) -> str:
    rows = []
    for server in (results.ours, *results.peers):
        slices = (speed[name][server] for name in SPEED)
        rows.append([server, *(f"{rate(each):,.0f} / {cpu(each):,.0f}" for each in slices)])
    heading = "Requests/s / microseconds of the server's CPU time for each:\n\n"
    return heading + _table(["", *SPEED], rows)


def _pooled(results: Results) -> str:
    return (
        "## Through PgBouncer\n\nAll servers, ours included, through one PgBouncer in"
        f" transaction mode. {_ratios_in(results, results.pooled)}\n\n"
        f"{_medians_in(results, results.pooled)}"
    )


def _limit(results: Results) -> str:
    rows = []
    for mode in MODES:
        rates = (median(results.limit[name][mode]) for name in SPEED)
        shares = (results.share_of_limit(name, mode) for name in SPEED)
        rows.append([f"pgbench, {mode}: transactions/s", *(f"{each:,.0f}" for each in rates)])
        rows.append([f"{results.ours}'s share of it", *(f"{each:.0%}" for each in shares)])
    return "## The limit\n\n" + _table(["", *SPEED], rows)


def _latency(results: Results) -> str:
    rates = [f"{results.latency[name][results.ours].rate:,.0f}" for name in SPEED]
    rows = [["requests/s", *rates]]
    for server in (results.ours, *results.peers):
        found = (results.latency[name][server] for name in SPEED)
        rows.append([server, *(f"{one.p50 * 1e3:.2f} / {one.p99 * 1e3:.2f}" for one in found)])
    for peer in results.peers:
        verdicts = ("yes" if _is_below(results, name, peer) else "no" for name in SPEED)
        rows.append([f"our p99 below the p50 of {peer}?", *verdicts])
    heading = (
        f"## Latency at equal load\n\np50 / p99 in milliseconds at half of the peak of"
        f" {results.base}, sent at a constant rate:\n\n"
    )
    return heading + _table(["", *SPEED], rows)


def _is_below(results: Results, name: str, peer: str) -> bool:
    found = results.latency[name]
    return found[results.ours].p99 < found[peer].p50


def _answers(results: Results) -> str:
    reference = cpu(next(iter(results.answers.values())))
    rows = (
        [kind, f"{cpu(slices):.0f}", f"{cpu(slices) / reference:.0%}"]
        for kind, slices in results.answers.items()
    )
    heading = f"## What is not 200\n\nCPU time of a request of {results.ours}:\n\n"
    return heading + _table(["", "microseconds", "of a 200"], rows)


def _logs(results: Results) -> str:
    rows = []
    for name, silent in results.silent.items():
        loud, quiet = cpu(results.logs[name]), cpu(results.logs[silent])
        rows.append([name, f"{loud:.0f}", f"{quiet:.0f}", f"{loud / quiet - 1:+.1%}"])
    heading = "## The request log\n\nMicroseconds of CPU time for GET one:\n\n"
    return heading + _table(["", "with its log", "without", "the log adds"], rows)


def _footprints(results: Results) -> str:
    rows = (
        [name, f"{one.memory / 1e6:.0f}", f"{median(one.starts):.2f}"]
        for name, one in results.footprints.items()
    )
    heading = "## Memory and start\n\n"
    return heading + _table(["", "MB after the run", "seconds to the first 200"], rows)


def _versions(results: Results) -> str:
    return "## Versions\n\n" + "\n".join(
        f"- {what}: {version}" for what, version in results.versions.items()
    )


def _table(head: list[str], rows: Iterable[list[str]]) -> str:
    rule = ["---", *("---:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *rows))
