"""Archives of the embedded database: written from it at any time, and put in its place."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from select import select
from typing import IO

import click

from db import schema
from db.checks.contents import Contents
from db.checks.texts import UnfitDatabase
from db.errors import DatabaseUnavailable
from todo_api.commands import tables
from todo_api.database import embedded_place_told
from todo_api.embedded.cluster import has_cluster
from todo_api.embedded.dump import DumpFailed, dump, load
from todo_api.embedded.embedded import EmbeddedError, embedded_server, held, running
from todo_api.embedded.kept import draft_of
from todo_api.embedded.replacement import kept, replacement
from todo_api.settings.settings import SettingsError, load_settings

_STANDARD = Path("-")
_OWN = "postgresql://user@host/database"
_ELSEWHERE = (
    "DATABASE_URL is set, and this command is for the embedded database. Use {name} of your "
    "PostgreSQL's version, which asks for the password: {command}"
)
_PG_DUMP = f"pg_dump --format=custom --no-owner --file=todo.dump --dbname={_OWN}"
_PG_RESTORE = (
    f"pg_restore --no-owner --single-transaction --exit-on-error --dbname={_OWN} todo.dump, and "
    "then `todo-api migrate`"
)


def back_up(path: Path, *, force: bool) -> None:
    """Write what the database holds at this moment to a file that is whole or not there."""
    data_dir = _data_dir("pg_dump", _PG_DUMP)
    if not has_cluster(data_dir):
        raise click.ClickException(f"There is no database in {data_dir}: set DATA_DIR.")
    with _plainly(f"{_name(path)} was not written"), _written(path, force=force) as file:
        with embedded_server(data_dir) as url, schema.snapshot(url) as contents:
            if contents is None:
                raise click.ClickException(f"The database in {data_dir} has no tables yet.")
            dump(data_dir, url, contents.snapshot, file)
        size = "" if path == _STANDARD else f" ({file.tell():,} bytes)"
    click.echo(f"Wrote {_told(contents)} to {_name(path)}{size}.", err=True)


def restore(path: Path, *, replace: bool) -> None:
    """Put an archive in the place of an empty database; with `replace`, of any."""
    data_dir = _data_dir("pg_restore", _PG_RESTORE)
    unchanged = f"{_name(path)} was not restored, and nothing was changed"
    with _plainly(unchanged), _read(path) as file, held(data_dir):
        if not replace and has_cluster(data_dir):
            _require_empty(data_dir)
        with replacement(data_dir, keep=replace) as url:
            contents = _loaded(data_dir / "restoring", url, file)
    click.echo(f"Restored {_told(contents)} from {_name(path)} into {data_dir}.", err=True)
    if replace and kept(data_dir).exists():
        click.echo(
            f"What was there before is in {kept(data_dir)}: delete it when you like.", err=True
        )


def _data_dir(name: str, command: str) -> Path:
    try:
        settings = load_settings()
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    if settings.database_url:
        raise click.ClickException(_ELSEWHERE.format(name=name, command=command))
    return embedded_place_told(settings).resolve()


@contextmanager
def _plainly(outcome: str) -> Iterator[None]:
    """Say in a line what went wrong, and what that means for the files."""
    try:
        yield
    except OSError as error:
        raise click.ClickException(f"{outcome}: {error.strerror or error}.") from None
    except (DumpFailed, DatabaseUnavailable, UnfitDatabase) as error:
        raise click.ClickException(f"{outcome}: {str(error).rstrip('.')}.") from None
    except EmbeddedError as error:
        raise click.ClickException(str(error)) from None


def _require_empty(data_dir: Path) -> None:
    with running(data_dir) as url, schema.snapshot(url) as contents:
        if contents and contents.tasks:
            raise click.ClickException(
                f"There are {_told(contents)} in {data_dir}: `todo-api restore --replace` puts the "
                "backup in their place, and keeps them aside."
            )


def _loaded(data_dir: Path, url: str, file: IO[bytes]) -> Contents:
    """Load an archive into a new database, and bring its tables up to date."""
    load(data_dir, url, file)
    with schema.snapshot(url) as contents:
        if contents is None:
            raise DumpFailed("it holds no tables of this service")
    if later := schema.look(url).later:
        raise DumpFailed(f"it is newer than this release (revision {later})")
    tables.bring_up_to_date(url, distributed=False)
    schema.analyze(url)
    return contents


@contextmanager
def _written(path: Path, *, force: bool) -> Iterator[IO[bytes]]:
    if path != _STANDARD:
        try:
            with draft_of(path.resolve(), replace=force) as file:
                yield file
        except FileExistsError:
            raise click.ClickException(
                f"{_name(path)} exists: choose another name, or replace a file with --force."
            ) from None
        return
    if sys.stdout.isatty():
        raise click.ClickException("The backup is no text: send it to a file or a program.")
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as output:  # its errors come out here
        yield output


def _read(path: Path) -> IO[bytes] | nullcontext[IO[bytes]]:
    if path != _STANDARD:
        return path.open("rb")
    if sys.stdin.isatty():
        raise click.ClickException("There is no backup on the standard input: name a file.")
    select([sys.stdin], [], [])  # what writes it may need the database that is about to be held
    return nullcontext(sys.stdin.buffer)


def _name(path: Path) -> str:
    return "the backup" if path == _STANDARD else click.format_filename(path)


def _told(contents: Contents) -> str:
    tasks = "1 task" if contents.tasks == 1 else f"{contents.tasks:,} tasks"
    return f"{tasks} of {'1 user' if contents.users == 1 else f'{contents.users:,} users'}"
