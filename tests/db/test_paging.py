import pytest

from db.errors import InvalidCursor
from db.paging import cursor_after, task_before

LIST = ("alice", None, None, True)
CURSOR = cursor_after(42, *LIST)

OTHER_LISTS = {
    "another user": ("bob", None, None, True),
    "only complete ones": ("alice", True, None, True),
    "only open ones": ("alice", False, None, True),
    "a search": ("alice", None, "milk", True),
    "a search for a word": ("alice", None, "None", True),
    "the other direction": ("alice", None, None, False),
    "fewer parts": ("alice", None, None),
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


@pytest.mark.parametrize("task", [1, 42, 2**32, 2**53 - 1])
@pytest.mark.parametrize("of_list", [LIST, *OTHER_LISTS.values()])
def test_a_cursor_leads_back_to_its_task(task: int, of_list: tuple[object, ...]) -> None:
    assert task_before(cursor_after(task, *of_list), *of_list) == task


def test_a_cursor_is_the_same_in_every_process() -> None:
    assert CURSOR == "AAAAAAAAACq3_3iFfeHU4g"


@pytest.mark.parametrize("of_list", OTHER_LISTS.values(), ids=OTHER_LISTS)
def test_a_cursor_of_another_list_is_refused(of_list: tuple[object, ...]) -> None:
    with pytest.raises(InvalidCursor):
        task_before(CURSOR, *of_list)


@pytest.mark.parametrize("cursor", REFUSED.values(), ids=REFUSED)
def test_a_text_that_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        task_before(cursor, *LIST)
