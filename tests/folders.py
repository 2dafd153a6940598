"""Folders for servers that run as users of their own where the tests run as root."""

import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def open_folder(prefix: str = "todo") -> Iterator[Path]:
    """Make a folder that every user can enter, also where TMPDIR is private."""
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=_place()))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _place() -> Path:
    """Return a folder of temporary files that every user can enter."""
    places = map(Path, (tempfile.gettempdir(), "/tmp", "/var/tmp"))
    return next(place for place in places if _is_open(place.resolve()))


def _is_open(place: Path) -> bool:
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (place, *place.parents))
