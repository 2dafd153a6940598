"""The figures that pages state are those of the files that were measured."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
PROMISES = (ROOT / "docs/promises.md").read_text()
CAMPAIGN: dict[str, Any] = json.loads((ROOT / "docs/campaign/figures.json").read_text())
BENCH: dict[str, Any] = json.loads((ROOT / "bench/results.json").read_text())
OPERATIONS = ["GET one", "list of 50", "POST", "PATCH"]
OF_THE_BENCH = ["docs/promises.md", "docs/comparison.md", "docs/deploy/capacity.md"]
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def tables(text: str) -> Iterator[list[list[str]]]:
    """Return the tables of a page: rows of cells, the header first."""
    for table in re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE):
        rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in table.splitlines()]
        yield [rows[0], *rows[2:]]


def numbers(text: str) -> set[str]:
    return {number.replace(",", "").rstrip(".") for number in NUMBER.findall(text)}


def figures_of(names: list[str]) -> str:
    """Return what the campaign recorded of these test files or folders."""
    return "\n".join(
        figure
        for test, recorded in CAMPAIGN["tests"].items()
        for figure in recorded["figures"]
        if any(re.search(rf"/{name}(\.py|/)", test) for name in names)
    )


ROWS = next(tables(PROMISES))[1:]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_promises_figures_are_those_of_the_campaign(row: list[str]) -> None:
    """Where the record has none of that test, they are older, and the page says of which day."""
    _, tests, stated = row
    recorded = figures_of(re.findall(r"`(\w+)`", tests))
    assert not recorded or numbers(stated) <= numbers(recorded)


def test_what_a_migration_takes_is_what_the_campaign_measured() -> None:
    page = (ROOT / "docs/upgrading.md").read_text()
    [taken] = re.findall(r"held its lock for .*? seconds and writes [\d.]+", page, re.DOTALL)
    assert numbers(taken) <= numbers(figures_of(["test_migrations"]))


def test_the_promises_tell_of_which_version_and_day_they_are() -> None:
    dates = {recorded["date"] for recorded in CAMPAIGN["tests"].values()}
    assert dates
    assert f"version {CAMPAIGN['version']}" in PROMISES
    assert [date for date in dates if date not in PROMISES] == []


def test_the_readmes_counts_are_those_of_the_promises() -> None:
    stated = re.findall(r"^- (.+?): (.+)\.$", README.partition("Of version")[2], re.MULTILINE)
    figures = {promise: figure for promise, _, figure in ROWS}
    assert len(stated) >= 5
    for promise, counts in stated:
        assert numbers(counts) <= numbers(figures[promise]), promise


@pytest.mark.parametrize("page", OF_THE_BENCH)
def test_the_speed_that_a_page_states_is_that_of_the_benchmarks_report(page: str) -> None:
    report = list(tables((ROOT / "bench/RESULTS.md").read_text()))
    measured = [row for table in report if table[0][1:] == OPERATIONS for row in table[1:]]
    stated = [
        row
        for table in tables((ROOT / page).read_text())
        if table[0][1:] == OPERATIONS
        for row in table[1:]
    ]
    assert stated
    for name, *cells in stated:
        same = [row for row in measured if row[1:] == cells]
        assert same, (name, cells)
        assert name in {row[0] for row in same} or name.startswith(("`", "Todo API"))


def test_what_a_core_of_postgresql_does_is_what_pgbench_did() -> None:
    report = (ROOT / "bench/RESULTS.md").read_text()
    rows = {row[0]: row[1:] for table in tables(report) for row in table}
    text = (ROOT / "docs/deploy/capacity.md").read_text().partition("\n## Requests: PostgreSQL")[2]
    get, listed, post, patch = rows["pgbench, prepared: transactions/s"]
    assert re.search(rf"{get}\s+GET, {listed} lists of 50, {post} POST and {patch} PATCH", text)
    assert f"{listed} ÷ 2" in text


@pytest.mark.parametrize("page", OF_THE_BENCH)
def test_the_page_tells_when_and_of_which_version(page: str) -> None:
    text = (ROOT / page).read_text()
    version = BENCH["versions"]["our service"].split(",")[0].removeprefix("todo-api ")
    assert BENCH["date"] in text
    assert f"version {version}" in text


def test_what_options_cost_is_what_was_measured() -> None:
    [table] = tables((ROOT / "bench/OPTIONS.md").read_text())
    cpu = {name: float(cell) for name, _, cell, _ in table[1:]}
    lost = {name: cell.split("%")[0].removeprefix("-") for name, *_, cell in table[1:]}
    as_it_comes = cpu["as it comes"]
    few, all_ = (cpu[f"traces of {name}"] for name in ("1 % of the requests", "all requests"))
    stated = {
        "promises.md": f"about {float(lost['`RATE_LIMIT`, in memory']):.0f} % of throughput",
        "deploy/metrics.md": f"Metrics cost {lost['`METRICS_PORT`']} %",
        "deploy/tracing.md": f"a GET takes {few / as_it_comes:.1f}\n"
        "times the CPU time that it takes without traces, and with everything sampled"
        f" {all_ / as_it_comes:.1f} times",
    }
    for page, sentence in stated.items():
        assert sentence in (ROOT / "docs" / page).read_text()
