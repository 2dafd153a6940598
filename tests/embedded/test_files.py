"""The files beside the cluster: nobody else's to lock, and mended where they are damaged."""

import os
import shutil
from pathlib import Path

import pytest

from tests.embedded.conftest import answers
from todo_api.embedded.embedded import EmbeddedError, embedded_server
from todo_api.embedded.kept import open_lock, write_whole

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another user")
LOCKS = ("postgres.lock", "postgres.users", "postgres.running")
RECORDS = ("postgres.password", "postgres.port")


def test_nobody_else_can_open_a_lock_nor_read_what_is_recorded(data_dir: Path) -> None:
    for name in LOCKS:
        (data_dir / name).chmod(0o644)  # as older versions made them
    with embedded_server(data_dir):
        modes = {name: (data_dir / name).stat().st_mode & 0o777 for name in (*LOCKS, *RECORDS)}

    assert modes == dict.fromkeys((*LOCKS, *RECORDS), 0o600)


@needs_root
@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_that_another_user_has_made_is_refused(data_dir: Path, name: str) -> None:
    shutil.chown(data_dir / name, "nobody")
    with (
        pytest.raises(EmbeddedError, match=f"belongs to another user: '{data_dir / name}'"),
        embedded_server(data_dir),
    ):
        pass


def test_a_link_is_no_lock(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").touch()
    (tmp_path / "lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic links"):
        open_lock(tmp_path / "lock")


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"garbage", b"99999999"])
@pytest.mark.parametrize("name", RECORDS)
def test_a_damaged_record_is_mended_at_the_next_start(
    data_dir: Path, name: str, content: bytes
) -> None:
    (data_dir / name).write_bytes(content)
    with embedded_server(data_dir) as url:
        assert answers(url)


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "file"

    assert write_whole(path, "one", replace=False)
    assert not write_whole(path, "two", replace=False)
    assert path.read_text() == "one"
    assert write_whole(path, "three")
    assert path.read_text() == "three"
    assert list(tmp_path.iterdir()) == [path]
