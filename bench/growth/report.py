"""The report of a run about growth, in Markdown."""

from collections.abc import Iterable

from bench.growth.results import Connections, Growth, Medians, Spread

_TABLES = {"alone": "table of that user only", "crowd": "table of all"}


def report(growth: Growth) -> str:
    """Return what a run found; all times are milliseconds from request to answer."""
    sections = (_head, _paged, _searched, _users, _connections, _versions)
    return "\n\n".join(section(growth) for section in sections) + "\n"


def _head(growth: Growth) -> str:
    return (
        "# How cost grows\n\n"
        f"Measured on {growth.date} with `{growth.command}`, {growth.cores} cores: one process,"
        " over HTTP, medians of interleaved requests in milliseconds. A user's tasks are in a table"
        f" of their own, or spread over one of {growth.rows:,} rows and {growth.crowd:,} users.\n\n"
        "![Latency against the number of a user's tasks](growth.png)"
    )


def _paged(growth: Growth) -> str:
    return (
        "## What costs the same whatever the size\n\n"
        "Pages of 50; the thousandth is the last one where there are fewer.\n\n"
        f"{_medians(growth, growth.paged)}"
    )


def _searched(growth: Growth) -> str:
    return (
        "## What grows with the user's own tasks\n\n"
        "At worst: nothing is found, so that all of the user's tasks are looked at. A page by due"
        " date or by priority looks at all of them anyway.\n\n"
        f"{_medians(growth, growth.searched)}"
    )


def _medians(growth: Growth, by_table: dict[str, Medians]) -> str:
    head = [
        "",
        *(f"{tasks:,} tasks, {_TABLES[name]}" for name in by_table for tasks in growth.tasks),
    ]
    operations = next(iter(by_table.values()))
    rows = (
        [name, *(f"{ms:,.2f}" for medians in by_table.values() for ms in medians[name])]
        for name in operations
    )
    return _table(head, rows)


def _users(growth: Growth) -> str:
    rows = [[users, *_both(spread)] for users, spread in growth.users.items()]
    return (
        "## Many users at once\n\nFirst pages of users with about 90 tasks, the requests spread"
        f" over:\n\n{_table(['users', 'p50', 'p99'], rows)}"
    )


def _connections(growth: Growth) -> str:
    found = growth.connections
    return "" if found is None else _idle(found)


def _idle(found: Connections) -> str:
    rows = [["alone", *_both(found.without)], ["beside them", *_both(found.beside)]]
    return (
        f"## Many idle connections\n\nOf {found.wanted:,} keep-alive connections {found.held:,}"
        f" were held, {found.bytes_each / 1024:.1f} KiB each, by a server started with a soft limit"
        f" of {found.open_files:,} open files. First pages on one more connection:\n\n"
        f"{_table(['', 'p50', 'p99'], rows)}"
    )


def _both(spread: Spread) -> list[str]:
    return [f"{spread.p50:.2f}", f"{spread.p99:.2f}"]


def _versions(growth: Growth) -> str:
    return "## Versions\n\n" + "\n".join(f"- {of}: {is_}" for of, is_ in growth.versions.items())


def _table(head: list[str], rows: Iterable[list[str]]) -> str:
    rule = ["---", *("---:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *rows))
