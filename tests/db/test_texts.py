"""Databases that can't keep every text are refused, and those that search otherwise are told of."""

from collections.abc import Callable, Iterator

import pytest
from psycopg2.extensions import make_dsn

from db import schema
from db.checks.texts import UnfitDatabase
from tests.db.postgres import Server, private_server
from tests.db.test_schema import tables
from tests.debian import debian_file

pytestmark = pytest.mark.world


@pytest.fixture(scope="module")
def with_icu() -> Iterator[Server]:
    """Debian's PostgreSQL, as that of the wheel knows no locales of ICU."""
    initdb = debian_file("postgresql")
    with private_server(initdb.parent) as server:
        yield server


@pytest.fixture(scope="module")
def database(with_icu: Server) -> Callable[[str, str], str]:
    """Make a database with these options, and return its DSN."""

    def make(name: str, options: str) -> str:
        with_icu.sql(f"CREATE DATABASE {name} TEMPLATE template0 {options}")
        return str(make_dsn(with_icu.dsn, dbname=name))

    return make


@pytest.mark.parametrize("encoding", ["LATIN1", "LATIN9", "EUC_JP", "SQL_ASCII"])
def test_a_database_that_does_not_hold_every_text_is_refused_unchanged(
    database: Callable[[str, str], str], encoding: str
) -> None:
    dsn = database(f"in_{encoding.lower()}", f"ENCODING '{encoding}' LOCALE 'C'")

    for use in (schema.upgrade, schema.look):
        with pytest.raises(UnfitDatabase, match=f"encoding is {encoding}.* ENCODING 'UTF8'"):
            use(dsn)
    assert tables(dsn) == set()


@pytest.mark.parametrize(
    ("name", "options", "folds_otherwise"),
    [
        ("in_turkish", "LOCALE_PROVIDER icu ICU_LOCALE 'tr-TR' LOCALE 'C'", True),
        ("in_azeri", "LOCALE_PROVIDER icu ICU_LOCALE 'az-AZ' LOCALE 'C'", True),
        ("in_german", "LOCALE_PROVIDER icu ICU_LOCALE 'de-DE' LOCALE 'C'", False),
        ("in_c", "LOCALE 'C'", False),
    ],
)
def test_a_locale_in_which_i_is_no_small_i_is_seen(
    database: Callable[[str, str], str], name: str, options: str, folds_otherwise: bool
) -> None:
    dsn = database(name, f"ENCODING 'UTF8' {options}")
    schema.upgrade(dsn)

    assert schema.look(dsn).folds_otherwise is folds_otherwise
