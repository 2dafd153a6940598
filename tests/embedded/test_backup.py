"""`todo-api backup`: a whole file of one moment, or none."""

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psutil
import psycopg2
import pytest
from click import ClickException

from tests.embedded.archives import begin, begin_with_little_room, is_waiting, rows
from tests.embedded.conftest import TASKS, answers, is_running, query, wait_until
from todo_api.commands.archives import back_up, restore
from todo_api.embedded.embedded import embedded_server

PATIENCE = 60.0
LITTLE = 4096  # bytes; an archive has more


@pytest.fixture
def folder(home: Path) -> Path:
    folder = home / "it's all mine: Sïcherung"
    folder.mkdir()
    return folder


@contextmanager
def blocked(url: str) -> Iterator[None]:
    """Keep pg_dump from the last of the tables, until the block ends."""
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute("LOCK TABLE idempotency_keys IN ACCESS EXCLUSIVE MODE")
        yield


def test_all_that_is_there_is_there_again_and_ids_go_on(
    full: Path, folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    back_up(folder / "todo.dump", force=False)
    monkeypatch.setenv("DATA_DIR", str(home / "new"))
    restore(folder / "todo.dump", replace=False)

    assert rows(home / "new") == rows(full)
    with embedded_server(home / "new") as url:
        assert query(url, "SELECT nextval('tasks_id_seq')") == [(TASKS + 2,)]
        assert query(url, "SELECT reltuples FROM pg_class WHERE relname = 'tasks'") == [(TASKS,)]


def test_the_file_is_its_owners_alone_and_what_it_holds_is_told(
    full: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with embedded_server(full) as url:
        back_up(folder / "todo.dump", force=False)
        assert answers(url)  # others still use it

    [file] = folder.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    size = f"{file.stat().st_size:,} bytes"
    assert capsys.readouterr().err == f"Wrote 699 tasks of 7 users to {file} ({size}).\n"


def test_a_database_is_not_brought_up_to_date_before_it_is_backed_up(
    full: Path, folder: Path
) -> None:
    with embedded_server(full) as url:
        query(url, "UPDATE alembic_version SET version_num = '0002'")
    back_up(folder / "todo.dump", force=False)

    assert rows(full)["alembic_version"] == [("0002",)]


def test_a_file_is_only_replaced_where_that_is_asked_for(full: Path, folder: Path) -> None:
    assert full.exists()
    file = folder / "todo.dump"
    file.write_text("yesterday's")
    with pytest.raises(ClickException, match=r"exists: choose another name, or .* --force"):
        back_up(file, force=False)
    assert file.read_text() == "yesterday's"

    back_up(file, force=True)
    assert file.read_bytes().startswith(b"PGDMP")


def test_a_link_keeps_its_place(full: Path, folder: Path) -> None:
    assert full.exists()
    (folder / "latest").symlink_to("todo.dump")
    back_up(folder / "latest", force=False)

    assert (folder / "latest").is_symlink()
    assert (folder / "todo.dump").read_bytes().startswith(b"PGDMP")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("none/todo.dump", "No such file or directory"),
        ("file/todo.dump", "Not a directory"),
        ("/proc/todo.dump", "No such file or directory|Permission denied"),
        ("a" * 300, "File name too long"),
        (".", "exists: choose another name"),
        ("pipe", "exists: choose another name"),
    ],
)
def test_a_file_that_cannot_be_written_is_told(
    full: Path, folder: Path, name: str, reason: str
) -> None:
    (folder / "file").touch()
    os.mkfifo(folder / "pipe")
    with pytest.raises(ClickException, match=reason):
        back_up(folder / name, force=True)

    assert {path.name for path in folder.iterdir()} == {"file", "pipe"}
    assert not is_running(full)


def test_without_a_database_there_is_nothing_to_back_up(
    home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_DIR", str(home / "none"))
    with pytest.raises(ClickException, match=f"no database in {home}/none: set DATA_DIR"):
        back_up(folder / "todo.dump", force=False)
    assert not (home / "none").exists()


def test_without_tables_there_is_nothing_to_back_up(
    data_dir: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_DIR", str(data_dir))
    with pytest.raises(ClickException, match="has no tables yet"):
        back_up(folder / "todo.dump", force=False)
    assert list(folder.iterdir()) == []


def test_a_database_of_ones_own_has_its_own_programs(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:hunter2@host/todo")
    monkeypatch.setenv("JWT_SECRET_KEY", "a secret that only the tests know")
    with pytest.raises(ClickException, match=r"pg_dump --format=custom .*host/database$") as said:
        back_up(folder / "todo.dump", force=False)
    assert "hunter2" not in said.value.message
    with pytest.raises(ClickException, match=r"pg_restore .* --single-transaction .*migrate"):
        restore(folder / "todo.dump", replace=False)


def test_a_disk_that_fills_leaves_no_file(full: Path, folder: Path) -> None:
    file = folder / "todo.dump"
    with embedded_server(full):  # the limit is not the server's
        process = begin_with_little_room("backup", file, data_dir=full, most=LITTLE)
        output, _ = process.communicate(timeout=PATIENCE)

    assert process.returncode == 1
    said = (
        rf"Error: {re.escape(str(file))} was not written: File (size limit exceeded|too large)\.\n"
    )
    assert re.fullmatch(said, output.decode())
    assert list(folder.iterdir()) == []


def test_sigterm_leaves_no_file_and_no_program(full: Path, folder: Path) -> None:
    with embedded_server(full) as url, blocked(url):
        process = begin("backup", folder / "todo.dump", data_dir=full)
        wait_until(lambda: is_waiting(url))
        [program] = psutil.Process(process.pid).children()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)
        assert not program.is_running()

    assert process.returncode == 143
    assert list(folder.iterdir()) == []


def test_a_kill_leaves_no_file_of_that_name_and_the_next_backup_is_whole(
    full: Path, folder: Path
) -> None:
    with embedded_server(full) as url:
        with blocked(url):
            process = begin("backup", folder / "todo.dump", data_dir=full)
            wait_until(lambda: is_waiting(url))
            [program] = psutil.Process(process.pid).children()
            arguments = " ".join(program.cmdline())
            process.kill()
            process.communicate(timeout=PATIENCE)
            assert not (folder / "todo.dump").exists()
        program.wait(PATIENCE)
        password = (full / "postgres.password").read_text()
        assert "--snapshot=" in arguments
        assert password not in arguments

    back_up(folder / "todo.dump", force=False)
    restore(folder / "todo.dump", replace=True)


def test_a_backup_goes_through_pipes(full: Path, home: Path) -> None:
    before = rows(full)
    writing = begin("backup", "-", data_dir=full, stderr=subprocess.PIPE)
    reading = begin("restore", "-", data_dir=home / "new", stdin=writing.stdout)
    output, _ = reading.communicate(timeout=PATIENCE)
    _, errors = writing.communicate(timeout=PATIENCE)

    assert (writing.returncode, reading.returncode) == (0, 0), (output, errors)
    assert errors == b"Wrote 699 tasks of 7 users to the backup.\n"
    assert f"Restored 699 tasks of 7 users from the backup into {home}/new." in output.decode()
    assert rows(home / "new") == before


def test_a_backup_into_a_restore_of_the_same_database_ends(full: Path) -> None:
    before = rows(full)
    writing = begin("backup", "-", data_dir=full, stderr=subprocess.DEVNULL)
    reading = begin("restore", "--replace", "-", data_dir=full, stdin=writing.stdout)
    assert writing.stdout is not None
    writing.stdout.close()
    output, _ = reading.communicate(timeout=PATIENCE)
    writing.wait(PATIENCE)

    assert reading.returncode == 0 or b"is in use" in output
    assert rows(full) == before
