from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b

import pytest
from starlette.testclient import TestClient

from db.errors import InvalidCursor
from db.pages import ORDERS, due_key
from db.paging import Position, cursor_after, position_of
from db.tasks import _list
from tests.conftest import faults, problem
from tests.handlers.test_listing import page

NEWEST = "-created_at"
LIST = ("alice", None, None, True)
CURSOR = cursor_after(Position(42), NEWEST, *LIST)

OTHER_LISTS = {
    "another user": ("bob", None, None, True),
    "only complete ones": ("alice", True, None, True),
    "only open ones": ("alice", False, None, True),
    "a search": ("alice", None, "milk", True),
    "a search for a word": ("alice", None, "None", True),
    "the other direction": ("alice", None, None, False),
    "fewer parts": ("alice", None, None),
    "a filter more": ("alice", None, None, True, NEWEST, ("tags", ["a"])),
}
REFUSED = {
    "empty": "",
    "too short for base64": "A",
    "too short for an id": "AAAA",
    "only an id": CURSOR[:11],
    "its end lost": CURSOR[:-1],
    "another id": f"B{CURSOR[1:]}",
    "another digest": f"{CURSOR[:11]}{CURSOR[11:][::-1]}",
    "longer": f"{CURSOR}AAAA",
    "padded": f"{CURSOR}==",
    "white space": f" {CURSOR}",
    "not base64": "*" * len(CURSOR),
    "not ASCII": "é" * len(CURSOR),
}
KEYS: dict[str, list[str | int | None]] = {
    "due_date": [due_key(due) for due in (None, "0001-01-01", "9999-12-31", "2026-12-01T09:30")],
    "-priority": [0, 1, 2, 3, 4],
    "created_at": [None],
    NEWEST: [None],
}
IDS = [1, 42, 2**32, 2**53 - 1]


@pytest.mark.parametrize("task", IDS)
@pytest.mark.parametrize("of_list", [LIST, *OTHER_LISTS.values()])
def test_a_cursor_leads_back_to_its_task(task: int, of_list: tuple[object, ...]) -> None:
    cursor = cursor_after(Position(task), NEWEST, *of_list)

    assert position_of(cursor, NEWEST, *of_list) == Position(task)


@pytest.mark.parametrize("task", IDS)
@pytest.mark.parametrize("order", ORDERS)
def test_a_cursor_holds_what_its_list_is_sorted_by(order: str, task: int) -> None:
    for key in KEYS[order]:
        cursor = cursor_after(Position(task, key), order, *LIST)

        assert position_of(cursor, order, *LIST) == (task, key)
        assert len(cursor) <= 43


def test_a_cursor_is_the_same_in_every_process_and_release() -> None:
    assert CURSOR == "AAAAAAAAACq3_3iFfeHU4g"  # 1.0.0's
    assert _list("alice", {}, NEWEST) == LIST
    searched = _list("alice", {"q": "milk", "complete": True}, "created_at")
    assert searched == ("alice", True, "milk", False)


@pytest.mark.parametrize("of_list", OTHER_LISTS.values(), ids=OTHER_LISTS)
@pytest.mark.parametrize("order", ORDERS)
def test_a_cursor_of_another_list_is_refused(order: str, of_list: tuple[object, ...]) -> None:
    cursor = cursor_after(Position(42, KEYS[order][0]), order, *LIST)

    with pytest.raises(InvalidCursor):
        position_of(cursor, order, *of_list)


@pytest.mark.parametrize("cursor", REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("order", ORDERS)
def test_a_text_that_is_no_cursor_is_refused(order: str, cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        position_of(cursor, order, *LIST)


def forged(raw: bytes, *of_list: object) -> str:
    """Return a cursor whose digest is right, as the digest is no secret."""
    digest = blake2b(raw + repr(of_list).encode(), digest_size=8).digest()
    return urlsafe_b64encode(raw + digest).rstrip(b"=").decode()


ID = (42).to_bytes(8, "big")
FORGED: dict[str, tuple[str, bytes]] = {
    "an id beyond JavaScript's": (NEWEST, (2**53).to_bytes(8, "big")),
    "an id beyond bigint": (NEWEST, (2**63).to_bytes(8, "big")),
    "the greatest id": (NEWEST, b"\xff" * 8),
    "the id 0": (NEWEST, bytes(8)),
    "a key where there is none": (NEWEST, b"\4" + ID),
    "no key": ("due_date", ID),
    "half a key": ("due_date", b"2026-12-" + ID),
    "a key of NULs": ("due_date", bytes(16) + ID),
    "NUL within a key": ("due_date", b"2026\x0012-01T09:30" + ID),
    "NUL before a key": ("due_date", b"\x00026-12-01T09:30" + ID),
    "a key that is not ASCII": ("due_date", "2026-12-01T09:é".encode() + ID),
    "a key that is not UTF-8": ("due_date", b"\xff" * 16 + ID),
    "a day for its key": ("due_date", b"2026-12-01".ljust(16, b"\0") + ID),
    "a key of quotes": ("due_date", b"'; DROP TABLE x;" + ID),
    "a key in words": ("due_date", b"tomorrow".ljust(16, b"\0") + ID),
    "a longer key": ("due_date", b"2026-12-01T09:300" + ID),
    "an id beyond bigint after its key": ("due_date", b"2026-12-01T09:30" + b"\xff" * 8),
    "an unknown priority": ("-priority", b"\5" + ID),
    "the greatest byte": ("-priority", b"\xff" + ID),
    "a priority in two bytes": ("-priority", b"\0\4" + ID),
    "a priority alone": ("-priority", b"\4"),
    "an id beyond bigint after its priority": ("-priority", b"\4" + b"\xff" * 8),
}


@pytest.mark.parametrize(("order", "raw"), FORGED.values(), ids=FORGED)
def test_a_forged_cursor_is_refused(client: TestClient, user: str, order: str, raw: bytes) -> None:
    of_list = _list(user, {}, order)
    cursor = forged(raw, *of_list)

    with pytest.raises(InvalidCursor):
        position_of(cursor, order, *of_list)
    answer = client.get("tasks", params={"sort": order, "cursor": cursor})
    assert problem(answer) == (400, "VALIDATION_ERROR")
    assert [*faults(answer)] == ["cursor"]


@pytest.mark.parametrize("order", ORDERS)
def test_what_is_forged_as_the_service_does_it_is_a_cursor(
    client: TestClient, user: str, order: str
) -> None:
    """Or the refusals above would be those of a wrong digest."""
    for number in range(2):
        assert client.post("tasks", json={"title": f"Task {number}"}).status_code == 201
    cursor = page(client, sort=order, limit=1)["next_cursor"]
    raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))[:-8]

    assert forged(raw, *_list(user, {}, order)) == cursor
