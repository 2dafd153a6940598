"""Cursors: the end of a page, and the list that it belongs to."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from hashlib import blake2b
from typing import NamedTuple

from db.errors import InvalidCursor
from db.models import PRIORITIES

_ID_BYTES = 8  # a BIGINT's
_DIGEST_BYTES = 8
_MOST_ID = 2**53 - 1  # the contract's
_DUE_BYTES = len("2026-12-01T09:30")
_DUE_KEY = re.compile("~|[0-9]{4}-[0-9]{2}-[0-9]{2}T(~|[0-9]{2}:[0-9]{2})")


class Position(NamedTuple):
    """The last task of a page: its id, and what its list is sorted by besides."""

    task_id: int
    key: str | int | None = None


class _Key(NamedTuple):
    """How a list's key is written into a cursor."""

    size: int
    write: Callable[[str | int | None], bytes]
    read: Callable[[bytes], str | int | None]


def _written_due(key: object) -> bytes:
    return str(key).ljust(_DUE_BYTES, "\0").encode()


def _read_due(raw: bytes) -> str:
    key = raw.decode("ascii").rstrip("\0")
    if not _DUE_KEY.fullmatch(key):
        raise ValueError
    return key


def _read_priority(raw: bytes) -> int:
    [priority] = raw
    if priority >= len(PRIORITIES):
        raise ValueError
    return priority


_NO_KEY = _Key(0, lambda _: b"", lambda _: None)
_KEYS = {
    "due_date": _Key(_DUE_BYTES, _written_due, _read_due),
    "-priority": _Key(1, lambda key: bytes([int(key or 0)]), _read_priority),
}


def cursor_after(position: Position, order: str, *of_list: object) -> str:
    """Return the cursor that follows `position` in the list that `of_list` describes.

    It has at most 43 characters.
    """
    task_id = position.task_id.to_bytes(_ID_BYTES, "big")
    key = _KEYS.get(order, _NO_KEY).write(position.key) + task_id
    digest = blake2b(key + repr(of_list).encode(), digest_size=_DIGEST_BYTES).digest()
    return urlsafe_b64encode(key + digest).rstrip(b"=").decode()


def position_of(cursor: str, order: str, *of_list: object) -> Position:
    """Return the position that `cursor` follows.

    Raises `InvalidCursor` for a text that `cursor_after` did not make for this list, or could not
    have made: the digest is no secret, and the position goes to the database.
    """
    key = _KEYS.get(order, _NO_KEY)
    try:
        raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        task_id = int.from_bytes(raw[key.size : key.size + _ID_BYTES], "big")
        position = Position(task_id, key.read(raw[: key.size]))
    except ValueError:
        raise InvalidCursor from None
    if not 1 <= task_id <= _MOST_ID or cursor != cursor_after(position, order, *of_list):
        raise InvalidCursor
    return position
