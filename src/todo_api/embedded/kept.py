"""Small files that are only our own and are never half written."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EEXIST, EPERM
from pathlib import Path
from tempfile import mkstemp
from typing import IO

_OURS_ONLY = 0o600


def open_lock(path: Path) -> IO[str]:
    """Open a file to lock it, and let nobody else: any user who could read it could lock it, too.

    Raises `OSError`, also where another user was there first.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
    file = os.fdopen(os.open(path, flags, _OURS_ONLY), "a")
    owner = os.fstat(file.fileno()).st_uid
    if owner not in {os.geteuid(), path.parent.stat().st_uid}:
        file.close()
        raise PermissionError(EPERM, "it belongs to another user", str(path))
    os.fchmod(file.fileno(), _OURS_ONLY)  # older versions let all users read it
    return file


def write_whole(path: Path, text: str, *, replace: bool = True) -> bool:
    """Write a file that is there whole or not at all, whenever the power fails.

    Returns False where there is one and it is not to be replaced.
    """
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _OURS_ONLY), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    try:
        if replace:
            draft.rename(path)
        else:
            os.link(draft, path)
    except FileExistsError:
        return False
    finally:
        draft.unlink(missing_ok=True)
    sync(path.parent)
    return True


@contextmanager
def draft_of(path: Path, *, replace: bool) -> Iterator[IO[bytes]]:
    """Yield a file beside `path` that takes its name if the block succeeds, and is deleted if not.

    Raises `OSError`, also where there is one and it is not to be replaced.
    """
    _check_free(path, replace=replace)
    descriptor, name = mkstemp(prefix=".todo-api-", suffix=".part", dir=path.parent)
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _check_free(path, replace=replace)
        draft.rename(path)
    finally:
        draft.unlink(missing_ok=True)
    sync(path.parent)


def _check_free(path: Path, *, replace: bool) -> None:
    if path.exists() and not (replace and path.is_file()):
        raise FileExistsError(EEXIST, os.strerror(EEXIST), str(path))


def read_whole(path: Path) -> str:
    """Return a file's text; empty where it is missing, or is no text."""
    try:
        return path.read_text("ascii")
    except (FileNotFoundError, UnicodeDecodeError):
        return ""


def sync(folder: Path) -> None:
    """Make the names in a folder outlast a power failure."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
