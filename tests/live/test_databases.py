"""`migrate` and `serve` on databases that are not as they should be."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import SECRET
from tests.db.postgres import Server as Postgres
from tests.db.postgres import private_server
from tests.debian import debian_file
from tests.live.conftest import COMMAND, environment, serving

pytestmark = pytest.mark.world


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    """Debian's, which knows the locales of ICU."""
    with private_server(debian_file("postgresql").parent) as own:
        yield own


@pytest.fixture
def database(postgres: Postgres) -> Callable[[str, str], dict[str, str]]:
    """Make a database with these options, and return the settings that lead there."""

    def make(name: str, options: str) -> dict[str, str]:
        postgres.sql(f"CREATE DATABASE {name} TEMPLATE template0 {options}")
        url = f"postgresql://postgres@127.0.0.1:{postgres.port}/{name}"
        return {"DATABASE_URL": url, "JWT_SECRET_KEY": SECRET}

    return make


def run(command: str, **variables: str) -> tuple[int, str, str]:
    """Return the status of a command that has to end by itself, its output and its errors."""
    done = subprocess.run(
        [*COMMAND, command],
        env=environment(**variables),
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_an_encoding_that_does_not_hold_every_text_is_refused_in_a_line(
    database: Callable[[str, str], dict[str, str]], encoding: str
) -> None:
    settings = database(f"of_{encoding.lower()}", f"ENCODING '{encoding}' LOCALE 'C'")

    for command in ("migrate", "serve"):
        status, output, errors = run(command, **settings)
        assert (status, output) == (1, "")
        assert errors.startswith(f"Error: The database's encoding is {encoding}, ")
        assert "ENCODING 'UTF8'" in errors
        assert errors.count("\n") == 1


def test_a_turkish_database_is_served_with_a_warning(
    database: Callable[[str, str], dict[str, str]], tmp_path: Path
) -> None:
    turkish = "ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'tr-TR' LOCALE 'C'"
    settings = database("of_istanbul", turkish)
    status, output, errors = run("migrate", **settings)

    assert (status, output) == (0, "The database is up to date.\n")
    assert errors.startswith("Warning: the database's locale is Turkish or Azeri")
    assert errors.count("\n") == 1
    with serving(tmp_path / "output", **settings) as server:
        assert errors in server.log()
