"""A folder that PostgreSQL's own user can't enter: as in /root, or in what `mktemp -d` makes."""

import os
from pathlib import Path

import pytest

from tests.embedded.conftest import query
from todo_api.database import embedded_database
from todo_api.embedded import place
from todo_api.embedded.embedded import EmbeddedError

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs it as another user")


@pytest.fixture
def private(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project's folder that is root's alone; what is kept elsewhere is below `home`, too."""
    monkeypatch.setattr(place, "ELSEWHERE", home / "lib" / "todo-api")
    folder = home / "private" / "project"
    folder.mkdir(parents=True)
    folder.parent.chmod(0o700)
    return folder


def test_it_is_kept_elsewhere_and_that_is_said(
    home: Path, private: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with embedded_database(private / ".data", chosen=False) as url:
        query(url, "CREATE TABLE kept AS SELECT 'milk' AS title")
    with embedded_database(private / ".data", chosen=False) as url:
        assert query(url, "SELECT title FROM kept") == [("milk",)]

    (folder,) = (home / "lib" / "todo-api").glob("project-*")
    said = f"The database is kept in {folder} and not in {private}/.data: PostgreSQL can't run as"
    assert [line.startswith(said) for line in capsys.readouterr().err.splitlines()] == [True, True]
    assert not (private / ".data").exists()
    assert private.parent.stat().st_mode & 0o777 == 0o700


def test_a_strict_umask_closes_no_folder_on_the_way(private: Path) -> None:
    before = os.umask(0o077)
    try:
        with embedded_database(private / ".data", chosen=False) as url:
            assert query(url, "SELECT 1") == [(1,)]
    finally:
        os.umask(before)


def test_folders_of_one_name_have_data_of_their_own(private: Path) -> None:
    namesake = private.parent / "another" / private.name

    assert place.place_for(private / ".data") != place.place_for(namesake / ".data")
    assert place.place_for(private / ".data") == place.place_for(private / "x" / ".." / ".data")


def test_a_folder_that_was_chosen_is_refused_as_before(private: Path) -> None:
    with (
        pytest.raises(EmbeddedError, match=rf"enter {private.parent}: choose another folder"),
        embedded_database(private / "chosen", chosen=True),
    ):
        pass


def test_data_stays_where_it_is(
    home: Path, data_dir: Path, private: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with embedded_database(private / ".data", chosen=False) as url:
        query(url, "CREATE TABLE kept ()")
    private.parent.chmod(0o755)
    with embedded_database(private / ".data", chosen=False) as url:
        assert query(url, "SELECT to_regclass('kept')") == [("kept",)]
    capsys.readouterr()

    with embedded_database(data_dir, chosen=False):
        assert capsys.readouterr().err == ""
    home.chmod(0o700)
    with (
        pytest.raises(EmbeddedError, match=f"enter {home}: "),
        embedded_database(data_dir, chosen=False),
    ):
        pass
