"""`todo-api restore`: all of a backup, or the database as it was."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
from click import ClickException

from db import schema
from tests.db.test_schema import run
from tests.embedded.archives import Rows, archive_of, begin, begin_with_little_room, rows, rows_at
from tests.embedded.conftest import answers, is_running, query, wait_until
from todo_api.commands.archives import back_up, restore
from todo_api.embedded.dump import DumpFailed, load
from todo_api.embedded.embedded import embedded_server

PATIENCE = 60.0
RELEASES = Path(__file__).parents[1] / "db/releases"
CUTS = 60
LITTLE = 2**20  # bytes; a new cluster's log of changes takes 16 times as much
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another user")


@pytest.fixture(scope="module")
def archive(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of the package's database."""
    with embedded_server(filled) as url:
        return archive_of(filled, url, tmp_path_factory.mktemp("archive") / "todo.dump")


@pytest.fixture
def other(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database that holds one task, and is the one that the commands are about."""
    monkeypatch.setenv("DATA_DIR", str(data_dir))
    with embedded_server(data_dir) as url:
        schema.upgrade(url)
        query(url, "INSERT INTO tasks (user_id, title) VALUES ('alice', 'Keep me')")
    return data_dir


def is_as_it_was(data_dir: Path, before: Rows) -> bool:
    return rows(data_dir) == before and not (data_dir / "restoring").exists()


def test_an_empty_database_is_filled_and_only_it_is_there(
    data_dir: Path, archive: Path, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_DIR", str(data_dir))
    with embedded_server(data_dir) as url:
        schema.upgrade(url)
    restore(archive, replace=False)

    assert rows(data_dir) == rows(filled)
    assert {path.name for path in data_dir.iterdir() if path.is_dir()} == {"postgres"}


def test_tasks_are_only_replaced_where_that_is_asked_for_and_are_kept_aside(
    other: Path, archive: Path, filled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = rows(other)
    with pytest.raises(ClickException, match=r"are 1 task of 1 user in .* restore --replace"):
        restore(archive, replace=False)
    assert is_as_it_was(other, before)

    restore(archive, replace=True)
    assert f"What was there before is in {other}/postgres-replaced" in capsys.readouterr().err
    assert rows(other) == rows(filled)
    shutil.rmtree(other / "postgres")
    (other / "postgres-replaced").rename(other / "postgres")
    (other / "postgres.password").unlink()
    assert rows(other) == before


def test_nobody_uses_the_database_meanwhile(other: Path, archive: Path) -> None:
    with embedded_server(other) as url:
        with pytest.raises(ClickException, match="is in use: stop `todo-api serve` first"):
            restore(archive, replace=True)
        assert answers(url)


def test_whoever_comes_meanwhile_finds_the_restored_tasks(
    other: Path, archive: Path, filled: Path
) -> None:
    whole = archive.read_bytes()
    restoring = begin("restore", "--replace", "-", data_dir=other, stdin=subprocess.PIPE)
    assert restoring.stdin is not None
    restoring.stdin.write(whole[:1000])
    restoring.stdin.flush()
    wait_until((other / "restoring/postgres/postmaster.pid").exists)
    migrating = begin("migrate", data_dir=other)
    restoring.stdin.write(whole[1000:])
    output, _ = restoring.communicate(timeout=PATIENCE)
    migrating.communicate(timeout=PATIENCE)

    assert (restoring.returncode, migrating.returncode) == (0, 0), output
    assert rows(other) == rows(filled)


def test_a_backup_that_is_cut_anywhere_restores_nothing(
    home: Path, data_dir: Path, archive: Path
) -> None:
    whole = archive.read_bytes()
    positions = {*range(0, len(whole), len(whole) // CUTS), *range(12), len(whole) - 1}
    with embedded_server(data_dir) as url:
        for position in sorted(positions):
            (home / "cut").write_bytes(whole[:position])
            with (home / "cut").open("rb") as cut, pytest.raises(DumpFailed):
                load(data_dir, url, cut)
            assert rows_at(url) == {}
        with archive.open("rb") as file:
            load(data_dir, url, file)
        assert len(rows_at(url)) == 3


def flipped(whole: bytes) -> bytes:
    return whole[:-400] + bytes([whole[-400] ^ 1]) + whole[-399:]


REFUSED: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda _: b"", "no archive of pg_dump's"),
    "cut": (lambda whole: whole[:-1], "cut short or damaged"),
    "of text": (lambda _: b"CREATE TABLE tasks ();\n" * 99, "no archive of pg_dump's"),
    "flipped": (flipped, "cut short or damaged"),
    "of the future": (lambda whole: whole[:6] + b"\x63" + whole[7:], "a newer pg_dump"),
}


@pytest.mark.parametrize(("damage", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_what_is_no_whole_backup_changes_nothing(
    home: Path, other: Path, archive: Path, damage: Callable[[bytes], bytes], reason: str
) -> None:
    before = rows(other)
    file = home / "damaged.dump"
    file.write_bytes(damage(archive.read_bytes()))
    told = rf"^{file} was not restored, and nothing was changed: .*({reason})"
    with pytest.raises(ClickException, match=told) as said:
        restore(file, replace=True)

    assert "\n" not in said.value.message
    assert is_as_it_was(other, before)
    assert not is_running(other)


FOREIGN = {
    "of another program": ("DROP TABLE tasks; DROP TABLE idempotency_keys", "no tables of this"),
    "without a revision": ("DROP TABLE alembic_version", "no tables of this service"),
    "of a later release": ("UPDATE alembic_version SET version_num = '9999'", "newer .*9999"),
}


@pytest.mark.parametrize(("sql", "reason"), FOREIGN.values(), ids=FOREIGN.keys())
def test_a_backup_of_other_tables_changes_nothing(
    home: Path, other: Path, archive: Path, sql: str, reason: str
) -> None:
    before = rows(other)
    foreign = home / "foreign"
    with embedded_server(foreign) as url, archive.open("rb") as file:
        load(foreign, url, file)
        query(url, sql)
        dump = archive_of(foreign, url, home / "foreign.dump")
    with pytest.raises(ClickException, match=reason):
        restore(dump, replace=True)
    assert is_as_it_was(other, before)


def test_a_missing_file_is_told(other: Path, home: Path) -> None:
    assert other.exists()
    with pytest.raises(ClickException, match="No such file or directory"):
        restore(home / "none.dump", replace=True)


@pytest.mark.parametrize("release", sorted(RELEASES.glob("*.sql")), ids=lambda path: path.stem)
def test_a_backup_of_an_older_release_is_brought_up_to_date(
    release: Path, home: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATA_DIR", str(data_dir))
    with embedded_server(data_dir) as url:
        run(url, release.read_text())
        query(url, "INSERT INTO tasks (user_id, title, version) VALUES ('alice', 'Old', 3)")
    back_up(home / "old.dump", force=False)
    monkeypatch.setenv("DATA_DIR", str(home / "new"))
    restore(home / "old.dump", replace=False)

    [old], [new] = rows(data_dir)["tasks"], rows(home / "new")["tasks"]
    assert new[: len(old)] == old
    assert new[len(old) :] == (None, 0, [], None)  # what came with 1.3.0, as a task without it
    with embedded_server(home / "new") as url:
        assert schema.compare(url) == []
        assert not schema.look(url).is_behind


def test_a_kill_while_it_restores_changes_nothing_and_stops_nobody(
    other: Path, archive: Path, filled: Path
) -> None:
    before = rows(other)
    process = begin("restore", "--replace", "-", data_dir=other, stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(archive.read_bytes()[:-100])
    process.stdin.flush()
    wait_until((other / "restoring/postgres/postmaster.pid").exists)
    process.kill()
    process.communicate(timeout=PATIENCE)

    assert rows(other) == before
    restore(archive, replace=True)
    assert rows(other) == rows(filled)
    assert not (other / "restoring").exists()


class PowerFailed(BaseException):
    pass


@pytest.mark.parametrize("step", range(3))
def test_the_cluster_is_the_old_or_the_new_one_wherever_it_is_cut_short(
    step: int, other: Path, archive: Path, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moves = count()

    def rename(path: Path, target: Path) -> None:
        if target.parent == other and next(moves) == step:
            raise PowerFailed
        os.rename(path, target)  # noqa: PTH104 - what this stands for

    before, after = rows(other), rows(filled)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", rename)
        with pytest.raises(PowerFailed):
            restore(archive, replace=True)

    assert rows(other) == (after if step == 2 else before)
    restore(archive, replace=True)
    assert rows(other) == after


@needs_root
def test_the_cluster_keeps_its_owner(other: Path, archive: Path) -> None:
    for path in (other / "postgres", *(other / "postgres").rglob("*")):
        shutil.chown(path, "nobody")
    restore(archive, replace=True)

    assert (other / "postgres").owner() == "nobody"
    assert rows(other)


def test_a_disk_that_fills_changes_nothing(other: Path, archive: Path) -> None:
    before = rows(other)
    process = begin_with_little_room("restore", "--replace", archive, data_dir=other, most=LITTLE)
    output, _ = process.communicate(timeout=PATIENCE)

    assert process.returncode == 1
    assert re.fullmatch("Error: PostgreSQL's .+ failed .+\n", output.decode())
    assert is_as_it_was(other, before)
