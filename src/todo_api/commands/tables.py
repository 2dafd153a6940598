"""The tables of DATABASE_URL: brought up to date by `migrate`, looked at by `serve`."""

import shlex

import click

from db import schema
from db.errors import DatabaseUnavailable


def bring_up_to_date(url: str, *, distributed: bool) -> None:
    """Run the missing revisions, and report what differs from the tables of this release.

    Raises what `db.schema.upgrade` does.
    """
    schema.upgrade(url, distributed=distributed)
    found = schema.look(url)
    if found.folds_otherwise:
        _warn(_FOLDS_OTHERWISE)
    if found.later:
        _warn(f"{_LATER.format(found.later)}: nothing was changed.")
        return
    for line in [*schema.validate(url), *_differences(url)]:
        _warn(line)
    click.echo("The database is up to date.")


def check(url: str) -> None:
    """Refuse a database that can't be served; one that is away may come back.

    Raises `UnfitDatabase`.
    """
    try:
        found = schema.look(url)
    except DatabaseUnavailable as error:
        _warn(f"{error}; serving all the same, /ready says when it is back.")
        return
    if found.lacking:
        raise click.ClickException(
            f"The role {found.role} of DATABASE_URL may not do all that serving needs "
            f"(it lacks {', '.join(found.lacking)}): let the tables' owner run what "
            f"`todo-api grants {shlex.quote(found.role)}` prints."
        )
    if found.is_behind:
        raise click.ClickException(
            "The tables of DATABASE_URL are missing or older than this release: "
            "run `todo-api migrate` first."
        )
    if found.folds_otherwise:
        _warn(_FOLDS_OTHERWISE)
    if found.later:
        _warn(f"{_LATER.format(found.later)}; serving all the same.")


def _differences(url: str) -> list[str]:
    try:
        return schema.compare(url)
    except DatabaseUnavailable as error:
        return [f"the tables were not compared with those of this release: {error}"]


_LATER = "the tables are newer than this release (revision {})"
_FOLDS_OTHERWISE = (
    "the database's locale is Turkish or Azeri, where I is no capital of i: searches find the same "
    "there, but cost three times as much as with the locale C.UTF-8."
)


def _warn(line: str) -> None:
    click.echo(f"Warning: {line}", err=True)
