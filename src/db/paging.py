"""Cursors: the end of a page, and the list that it belongs to."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b

from db.errors import InvalidCursor

_KEY_BYTES = 8
_DIGEST_BYTES = 8


def cursor_after(task_id: int, *of_list: object) -> str:
    """Return the cursor that follows `task_id` in the list that `of_list` describes."""
    key = task_id.to_bytes(_KEY_BYTES, "big")
    digest = blake2b(key + repr(of_list).encode(), digest_size=_DIGEST_BYTES).digest()
    return urlsafe_b64encode(key + digest).rstrip(b"=").decode()


def task_before(cursor: str, *of_list: object) -> int:
    """Return the id of the task that `cursor` follows.

    Raises `InvalidCursor` for a text that `cursor_after` did not make for this list.
    """
    try:
        raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except ValueError:
        raise InvalidCursor from None
    task_id = int.from_bytes(raw[:_KEY_BYTES], "big")
    if cursor != cursor_after(task_id, *of_list):
        raise InvalidCursor
    return task_id
