"""Check whether a database's encoding holds every text, and its collation searches fast.

Source: https://www.postgresql.org/docs/current/multibyte.html
"""

from sqlalchemy import Connection, text

_ENCODING = text("SELECT current_setting('server_encoding')")
_FOLDS_OTHERWISE = text("SELECT lower('TITLE') <> 'title'")


class UnfitDatabase(Exception):
    """The database can't serve the contract."""


def require_utf8(connection: Connection) -> None:
    """Raise `UnfitDatabase` unless the encoding has all characters of Unicode."""
    encoding = connection.scalar(_ENCODING)
    if encoding != "UTF8":
        raise UnfitDatabase(
            f"The database's encoding is {encoding}, in which not every task can be kept: make one "
            "in UTF8, for example CREATE DATABASE todo TEMPLATE template0 ENCODING 'UTF8' "
            "LOCALE 'C.UTF-8', and carry the tables over with pg_dump."
        )


def folds_otherwise(connection: Connection) -> bool:
    """Tell whether `lower('I')` is not `i`, as in Turkish and Azeri; it makes searches slow."""
    return bool(connection.scalar(_FOLDS_OTHERWISE))
