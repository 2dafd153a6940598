"""Statements that take long are told to the log by name, without their values."""

import logging
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from db import changes, pages, statements
from db.errors import DatabaseUnavailable
from db.parts import Statement
from db.pool.pool import Pool
from tests.db.postgres import Server

ANY = 1e-9  # seconds, which no statement comes below
NEVER = 3600.0


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Callable[[], Iterator[dict[str, Any]]]:
    """Return the fields of the slow statements' lines."""
    logger = "todo_api.database"
    caplog.set_level(logging.WARNING, logger)
    return lambda: (vars(record)["fields"] for record in caplog.records if record.name == logger)


async def run(server: Server, slow: float, sql: str, **parameters: object) -> None:
    pool = Pool(server.dsn, slow=slow, timeout=1)
    try:
        await pool.execute(sql, parameters or None)
    finally:
        await pool.close()


async def test_a_slow_statement_is_told_by_its_name(
    server: Server, told: Callable[[], Iterator[dict[str, Any]]]
) -> None:
    await run(server, ANY, statements.READINESS)
    [line] = told()

    assert line.keys() == {"statement", "duration_ms"}
    assert line["statement"] == "readiness"
    assert line["duration_ms"] > 0


async def test_what_has_no_name_is_not_told_by_its_text(
    server: Server, told: Callable[[], Iterator[dict[str, Any]]]
) -> None:
    await run(server, ANY, "SELECT %(title)s", title="Surprise")

    assert [line["statement"] for line in told()] == ["other"]
    assert "Surprise" not in str([*told()])


async def test_a_statement_that_never_ends_is_told(
    server: Server, told: Callable[[], Iterator[dict[str, Any]]]
) -> None:
    with pytest.raises(DatabaseUnavailable):
        await run(server, 0.5, "SELECT pg_sleep(30)")
    [line] = told()

    assert line["duration_ms"] > 500


@pytest.mark.parametrize("slow", [0, NEVER])
async def test_nothing_is_told_of_what_is_quick_enough(
    server: Server, told: Callable[[], Iterator[dict[str, Any]]], slow: float
) -> None:
    await run(server, slow, statements.READINESS)

    assert not [*told()]


def test_every_statement_has_a_name_of_its_own() -> None:
    named = [
        statement
        for statement in (vars(statements) | vars(changes)).values()
        if isinstance(statement, Statement)
    ]
    named += [pages.page(order, frozenset(), goes_on=False) for order in pages.ORDERS]
    names = [statement.name for statement in named]

    assert len({*names}) == len(names) == 11
    assert all(re.fullmatch("[a-z_]+", name) for name in names)
    assert statements.CREATE_ONCE.name == "create_once"


@pytest.mark.parametrize("order", pages.ORDERS)
def test_pages_of_an_order_have_one_name_whatever_their_filters(order: str) -> None:
    names = {
        pages.page(order, frozenset(filters), goes_on=goes_on).name
        for filters in ((), pages.FILTERS)
        for goes_on in (False, True)
    }

    assert len(names) == 1
