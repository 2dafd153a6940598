"""pg_dump and pg_restore of the embedded PostgreSQL's own version.

They read and write what is open already, as their account may not enter the folder. The password
is in their environment, which only their user and root can read, and in no argument.
"""

import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any
from urllib.parse import urlsplit

from todo_api.embedded.cluster import programs_of
from todo_api.embedded.programs import account_for

_REASON = re.compile(r"(?:error|fatal): (.+)", re.IGNORECASE)
_PLAIN = {
    r"appears? to be|too short": "it is no archive of pg_dump's",
    r"end of file|uncompress": "it is cut short or damaged",
    r"unsupported version": "it is of a newer pg_dump",
}
"""What pg_restore means by its errors."""


class DumpFailed(Exception):
    """pg_dump or pg_restore has failed, for the reason that it gave in a line."""


def dump(data_dir: Path, url: str, snapshot: str, file: IO[bytes]) -> None:
    """Write an archive of what the exported `snapshot` shows; raises `DumpFailed`, and `OSError`.

    Source: https://www.postgresql.org/docs/current/app-pgdump.html
    """
    options = ("--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}")
    # Not into the file itself: on a standard output that can seek, it writes its contents twice.
    with _started(data_dir, url, "pg_dump", *options, stdout=subprocess.PIPE) as process:
        shutil.copyfileobj(process.stdout, file)  # type: ignore[arg-type] # it is a pipe


def load(data_dir: Path, url: str, file: IO[bytes]) -> None:
    """Restore an archive, all of it or nothing; raises `DumpFailed`.

    Owners, roles and comments on extensions are of the server that it comes from.
    Source: https://www.postgresql.org/docs/current/app-pgrestore.html
    """
    database = f"--dbname={urlsplit(url).path[1:]}"
    whole = ("--single-transaction", "--exit-on-error")
    without = ("--no-owner", "--no-privileges", "--no-comments")
    with _started(data_dir, url, "pg_restore", database, *whole, *without, stdin=file):
        pass


@contextmanager
def _started(
    data_dir: Path, url: str, name: str, *options: str, **streams: Any
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program until its end, or kill it where the block fails."""
    data_dir = data_dir.resolve()
    programs = programs_of(data_dir, account_for(data_dir / "postgres"))
    with TemporaryFile() as errors:
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL} | streams
        streams |= {"stderr": errors, "env": _environment(url)}
        with programs.account.start(programs.folder / name, *options, **streams) as process:
            try:
                yield process
                process.wait()
            except BaseException:
                process.kill()
                raise
        errors.seek(0)
        if process.returncode:
            raise DumpFailed(_reason(process.returncode, errors.read().decode(errors="replace")))


def _environment(url: str) -> dict[str, str]:
    server = urlsplit(url)
    return {
        "LC_ALL": "C",
        "PGHOST": server.hostname or "",
        "PGPORT": str(server.port),
        "PGUSER": server.username or "",
        "PGPASSWORD": server.password or "",
        "PGDATABASE": server.path[1:],
        "PGSSLMODE": "disable",
    }


def _reason(status: int, output: str) -> str:
    found = _REASON.search(output)
    if found is None:
        return (signal.strsignal(-status) if status < 0 else None) or f"exit status {status}"
    reason = found[1].strip()
    plain = [words for pattern, words in _PLAIN.items() if re.search(pattern, reason)]
    return f"{plain[0]} ({reason})" if plain else reason
