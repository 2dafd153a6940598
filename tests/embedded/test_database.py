import shutil
import socket
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
import pytest

from tests.embedded.conftest import answers, query
from todo_api.embedded.embedded import embedded_server


def test_what_was_written_is_there_at_the_next_start(data_dir: Path) -> None:
    with embedded_server(data_dir) as url:
        query(url, "CREATE TABLE kept AS SELECT 'milk' AS title")
    assert not answers(url)
    with embedded_server(data_dir) as url:
        assert query(url, "SELECT title FROM kept") == [("milk",)]


def test_a_new_folder_with_an_odd_name_is_fine(home: Path) -> None:
    with embedded_server(home / "new" / "it's my folder") as url:
        assert answers(url)
    assert not answers(url)


def test_the_database_is_utf8_in_utc_and_searches_letters_of_either_case(data_dir: Path) -> None:
    with embedded_server(data_dir) as url:
        assert query(url, "SELECT current_database(), current_user") == [("todo", "todo")]
        assert query(url, "SHOW server_encoding") == [("UTF8",)]
        assert query(url, "SHOW timezone") == [("UTC",)]
        assert query(url, "SELECT 'ÄÖÜ' ILIKE '%äöü%', 'İzmir' ILIKE 'izmir%'") == [(True, True)]


def test_the_role_is_no_superuser_and_its_password_is_asked_for(data_dir: Path) -> None:
    with embedded_server(data_dir) as url:
        sql = "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
        assert query(url, sql) == [(False,)]
        with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
            query(url.replace("todo:", "todo:not"), "SELECT 1")
    assert (data_dir / "postgres.password").stat().st_mode & 0o777 == 0o600


def test_a_copied_folder_gets_a_server_of_its_own(data_dir: Path) -> None:
    copy = shutil.copytree(data_dir, data_dir.with_name("copy"))
    with embedded_server(data_dir) as url:
        shutil.copy(data_dir / "postgres" / "postmaster.pid", copy / "postgres")
        with embedded_server(copy) as other:
            assert urlsplit(other).port != urlsplit(url).port
            query(other, "CREATE TABLE only_in_the_copy ()")
            assert query(url, "SELECT to_regclass('only_in_the_copy')") == [(None,)]


def test_a_taken_port_is_given_up(data_dir: Path) -> None:
    port = int((data_dir / "postgres.port").read_text())
    with socket.create_server(("127.0.0.1", port)), embedded_server(data_dir) as url:
        assert urlsplit(url).port != port
        assert answers(url)
