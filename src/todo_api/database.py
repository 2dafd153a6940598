"""The database that the settings name, or the embedded one where they name none."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from db import schema
from todo_api.embedded.embedded import embedded_server
from todo_api.embedded.place import place_for
from todo_api.settings.settings import Settings


@contextmanager
def database(settings: Settings) -> Iterator[str]:
    """Yield the database's URL; the embedded one is run and its tables are brought up to date.

    Raises `EmbeddedError`.
    """
    if settings.database_url:
        yield settings.database_url.get_secret_value()
        return
    with embedded_database(settings.data_dir, chosen=_is_chosen(settings)) as url:
        yield url


def embedded_place(settings: Settings) -> Path:
    """Return the folder of the embedded database."""
    return _place(settings.data_dir, chosen=_is_chosen(settings))


@contextmanager
def embedded_database(data_dir: Path, *, chosen: bool) -> Iterator[str]:
    """Run the embedded database and bring its tables up to date.

    It is kept elsewhere, and that is said, where its account can't enter a folder that nobody has
    chosen. Raises `EmbeddedError`.
    """
    place = _told(data_dir, chosen=chosen)
    with embedded_server(place) as url:
        schema.upgrade(url)
        yield url


def embedded_place_told(settings: Settings) -> Path:
    """Return that folder, and say where it is if nobody has chosen it."""
    return _told(settings.data_dir, chosen=_is_chosen(settings))


def _told(data_dir: Path, *, chosen: bool) -> Path:
    place = _place(data_dir, chosen=chosen)
    if place.resolve() != data_dir.resolve():
        click.echo(
            f"The database is kept in {place} and not in {data_dir}: PostgreSQL can't run as root, "
            "and the user it runs as instead has to be able to enter the folder.",
            err=True,
        )
    return place


def _place(data_dir: Path, *, chosen: bool) -> Path:
    return data_dir if chosen else place_for(data_dir)


def _is_chosen(settings: Settings) -> bool:
    return "data_dir" in settings.model_fields_set
