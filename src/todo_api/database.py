"""The database that the settings name, or the embedded one where they name none."""

from collections.abc import Iterator
from contextlib import contextmanager

from db import schema
from todo_api.embedded.embedded import embedded_server
from todo_api.settings.settings import Settings


@contextmanager
def database(settings: Settings) -> Iterator[str]:
    """Yield the database's URL; the embedded one is run and its tables are brought up to date.

    Raises `EmbeddedError`.
    """
    if settings.database_url:
        yield settings.database_url.get_secret_value()
        return
    with embedded_server(settings.data_dir) as url:
        schema.upgrade(url)
        yield url
