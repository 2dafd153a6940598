"""Somebody who edits a local copy, and remembers what was edited."""

from random import Random
from typing import Any, NamedTuple

from tests.docs.copies.history import History
from tests.docs.copies.program import Program

Json = dict[str, Any]
_SETTLED = {"overwritten", "deleted elsewhere", "not deleted, as changed elsewhere"}


class Edit(NamedTuple):
    """An edit whose value no other edit has."""

    name: str
    value: str


class Person:
    """Edits at random, offline or not."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self.edits: list[Edit] = []
        self.removed: list[int] = []

    def edit(self, program: Program) -> None:
        """Make an edit, mostly of a task that others like to edit, too."""
        tasks = program.tasks()
        kinds = ["add", "tags", "title", "description", "complete", "remove"]
        kind = self._random.choices(kinds, [20, 25, 20, 20, 5, 10])[0] if tasks else "add"
        value = f"mine {len(self.edits)}"
        task = self._random.choice(list(tasks.values())[-30:]) if tasks else {}
        match kind:
            case "add":
                program.ask("add", {"title": value, "tags": ["mine"]})
                self.edits.append(Edit("title", value))
            case "remove":
                program.ask("remove", task["id"])
                if isinstance(task["id"], int):
                    self.removed.append(task["id"])
            case "complete":
                program.ask("change", task["id"], {"complete": not task["complete"]})
            case "tags":
                program.ask("change", task["id"], {"tags": [*task["tags"], value]})
                self.edits.append(Edit("tags", value))
            case _:
                program.ask("change", task["id"], {kind: value})
                self.edits.append(Edit(kind, value))

    def assert_settled(
        self, copy: dict[int | str, Json], history: History, notes: list[Json]
    ) -> None:
        """Assert that each edit has reached a task, once, or has a note that says why not."""
        told = {value for note in notes for value in values(note["edit"])}
        for edit in self.edits:
            reached = history.ids_with(*edit)
            assert reached or edit.value in told, edit
            assert len(reached) <= 1, f"{edit} was sent twice"
            if edit.name == "tags":
                assert all(edit.value in copy[task]["tags"] for task in reached & copy.keys())
        assert {note["reason"] for note in notes} <= _SETTLED
        kept = {note["edit"]["id"] for note in notes if note["reason"].startswith("not deleted")}
        assert not set(self.removed) & copy.keys() - kept


def values(edit: Json) -> list[str]:
    """Return what an edit sets; of tags the last, which it adds."""
    body = edit.get("body", {}).values()
    return [value[-1] if isinstance(value, list) else str(value) for value in body]
