"""`migrate` and `serve` on databases that are not as they should be."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx2
import psycopg2
import pytest

from tests.conftest import SECRET
from tests.db.postgres import Server as Postgres
from tests.db.postgres import private_server
from tests.debian import debian_file
from tests.live import conftest
from tests.live.conftest import serving

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


def run(*command: str, **variables: str) -> tuple[int, str, str]:
    """Return the status of a command that has to end by itself, its output and its errors."""
    done = conftest.run(*command, **variables)
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


@pytest.fixture
def two_roles(postgres: Postgres) -> tuple[dict[str, str], dict[str, str]]:
    """The settings of a database's owner, and those of a role that has no right to anything."""
    postgres.sql("CREATE ROLE todo_owner LOGIN")
    postgres.sql("CREATE ROLE todo_api LOGIN")
    postgres.sql("CREATE DATABASE todo OWNER todo_owner")
    urls = [f"postgresql://{r}@127.0.0.1:{postgres.port}/todo" for r in ("todo_owner", "todo_api")]
    owner, api = ({"DATABASE_URL": url, "JWT_SECRET_KEY": SECRET} for url in urls)
    return owner, api


def as_owner(owner: dict[str, str], statements: str) -> None:
    with closing(psycopg2.connect(owner["DATABASE_URL"])) as connection, connection:
        connection.cursor().execute(statements)


def used(url: str, user: str, token: str) -> list[int]:
    """Use every operation, and return the statuses."""
    headers = {"Authorization": f"Bearer {token}"}
    with httpx2.Client(base_url=f"{url}/api/{user}", headers=headers) as client:
        made = client.post("/tasks", json={"title": "Tea"}, headers={"Idempotency-Key": "once"})
        task = f"/tasks/{made.json()['id']}"
        return [
            made.status_code,
            client.post("/tasks", json={"title": "Milk"}).status_code,
            client.get("/tasks", params={"q": "tea"}).status_code,
            client.get(task).status_code,
            client.put(task, json={"title": "Green tea", "complete": False}).status_code,
            client.patch(task, json={"complete": True}).status_code,
            client.delete(task).status_code,
        ]


def test_the_owner_migrates_and_a_role_with_what_grants_prints_serves(
    two_roles: tuple[dict[str, str], dict[str, str]],
    tmp_path: Path,
    user: str,
    token: Callable[[str], str],
) -> None:
    owner, api = two_roles
    assert run("migrate", **owner) == (0, "The database is up to date.\n", "")
    refused = run("serve", **api)
    as_owner(owner, run("grants", "todo_api")[1])
    with serving(tmp_path / "output", **api) as server:
        statuses = used(server.url, user, token(user))
        ready = httpx2.get(f"{server.url}/ready").status_code

    assert refused[0] == 1
    assert "it lacks SELECT on tasks, INSERT on tasks, " in refused[2]
    assert "run what `todo-api grants todo_api` prints." in refused[2]
    assert (statuses, ready) == ([201, 201, 200, 200, 200, 200, 204], 200)
    assert "Warning" not in server.log()

    as_owner(owner, "REVOKE SELECT ON alembic_version FROM todo_api")
    status, output, errors = run("serve", **api)
    assert (status, output) == (1, "")
    assert errors == (
        "Error: The role todo_api of DATABASE_URL may not do all that serving needs (it lacks "
        "SELECT on alembic_version): let the tables' owner run what `todo-api grants todo_api` "
        "prints.\n"
    )


def test_tables_of_a_later_release_are_served_with_a_warning_and_not_changed(
    database: Callable[[str, str], dict[str, str]], tmp_path: Path
) -> None:
    settings = database("of_tomorrow", "ENCODING 'UTF8' LOCALE 'C'")
    assert run("migrate", **settings)[0] == 0
    as_owner(settings, "UPDATE alembic_version SET version_num = '9999'")
    newer = "Warning: the tables are newer than this release (revision 9999)"

    assert run("migrate", **settings) == (0, "", f"{newer}: nothing was changed.\n")
    with serving(tmp_path / "output", **settings) as server:
        assert f"{newer}; serving all the same.\n" in server.log()
        assert httpx2.get(f"{server.url}/ready").status_code == 200


def test_what_is_otherwise_than_this_release_makes_it_is_told_by_migrate(
    database: Callable[[str, str], dict[str, str]],
) -> None:
    settings = database("of_somebody", "ENCODING 'UTF8' LOCALE 'C'")
    assert run("migrate", **settings) == (0, "The database is up to date.\n", "")
    as_owner(settings, "ALTER TABLE tasks DROP CONSTRAINT tasks_title_length")
    status, output, errors = run("migrate", **settings)

    assert (status, output) == (0, "The database is up to date.\n")
    assert errors.startswith("Warning: tasks lacks the constraint tasks_title_length: CHECK ")
    assert errors.count("\n") == 1


def test_a_role_without_temporary_tables_is_told_that_nothing_was_compared(
    postgres: Postgres, database: Callable[[str, str], dict[str, str]]
) -> None:
    settings = database("of_the_poor", "ENCODING 'UTF8' LOCALE 'C'")
    postgres.sql("REVOKE TEMPORARY ON DATABASE of_the_poor FROM public")
    postgres.sql("CREATE ROLE poor LOGIN")
    as_owner(settings, "GRANT CREATE ON SCHEMA public TO poor")
    settings["DATABASE_URL"] = settings["DATABASE_URL"].replace("postgres@", "poor@")
    status, output, errors = run("migrate", **settings)

    assert (status, output) == (0, "The database is up to date.\n")
    assert errors.startswith("Warning: the tables were not compared with those of this release: ")
    assert errors.count("\n") == 1
