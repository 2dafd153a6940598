"""A local copy of alice's tasks that stays in step and takes edits while offline."""

# start of setup
import json
import os
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from local_edits import TASKS, Json, send, settle

# end of setup


# start of walk
def walk(held: list[Json], limit: int) -> list[Json]:
    """Ask for every page again; return the pages as they are now."""
    pages: list[Json] = []
    wanted: Json | None = {"start": 0, "cursor": None, "etag": None}
    while wanted:
        known = [page for page in held if page["start"] == wanted["start"]]
        page = ask(known[0] if known else wanted, limit)
        if page is None:
            return walk([], limit)
        pages.append(page)
        wanted = following(page, held)
    return pages


def ask(page: Json, limit: int) -> Json | None:
    """Return the page as it is now, or None where the cursor kept for it is no longer taken."""
    query = {"sort": "created_at", "limit": limit}
    if page["cursor"]:
        query["cursor"] = page["cursor"]
    headers = {"If-None-Match": page["etag"]} if page["etag"] else {}
    answer = send("GET", TASKS, params=query, headers=headers)
    if answer.status_code == httpx.codes.NOT_MODIFIED:
        return page
    if answer.status_code == httpx.codes.BAD_REQUEST and page["etag"]:
        return None
    fresh: Json = answer.raise_for_status().json()
    return page | fresh | {"etag": answer.headers["ETag"]}


def following(page: Json, held: list[Json]) -> Json | None:
    """Return the last held page that starts within this one, else the one behind it."""
    if page["next_cursor"] is None:
        return None
    end = page["tasks"][-1]["id"]
    within = [other for other in held if page["start"] < other["start"] <= end]
    return within[-1] if within else {"start": end, "cursor": page["next_cursor"], "etag": None}


# end of walk


# start of copy
BLANK: Json = {
    "description": None,
    "complete": False,
    "due_date": None,
    "priority": "none",
    "tags": [],
}


class LocalCopy:
    """The pages of the last walk and the edits since; `folder` keeps both over a restart."""

    def __init__(self, folder: Path, limit: int = 200) -> None:
        self.folder, self.limit = folder, limit
        self.pages: list[Json] = self._read("pages", [])
        self.queue: Json = self._read("queue", {"edits": [], "notes": []})
        self.server: dict[Any, Json] = by_id(self.pages)
        self.sent: dict[Any, int] = {}

    def tasks(self) -> list[Json]:
        """Return the tasks to show: the server's, with the edits that are not sent yet."""
        shown = dict(self.server)
        for edit in self.queue["edits"]:
            task_id = edit["id"]
            if edit["kind"] == "create":
                shown[task_id] = edit["base"]
            elif edit["kind"] == "delete":
                shown.pop(task_id, None)
            elif task_id in shown:
                shown[task_id] = shown[task_id] | edit["body"]
        return list(shown.values())

    def add(self, body: Json) -> str:
        """Return what stands for the task's id until it is sent: its Idempotency-Key."""
        key = str(uuid4())
        self._queue("create", BLANK | body | {"id": key, "version": 0}, body)
        return key

    def change(self, task_id: int | str, body: Json) -> None:
        """Queue a change of the properties in `body`."""
        self._queue("change", self._shown(task_id), body)

    def remove(self, task_id: int | str) -> None:
        """Queue a deletion."""
        self._queue("delete", self._shown(task_id), {})

    def notes(self) -> list[Json]:
        """Return the edits of which a person should be told, once."""
        notes: list[Json] = self.queue["notes"]
        self._save(notes=[])
        return notes

    def sync(self) -> bool:
        """Send the edits, then walk; return False where the line failed: try again later."""
        try:
            while self.queue["edits"]:
                edit = self.queue["edits"][0]
                self._settled(edit, *settle(edit, self.server.get(edit["id"])))
            self.pages = walk(self.pages, self.limit)
        except httpx.TransportError:
            return False
        self.server = by_id(self.pages)
        self._write("pages", self.pages)
        return True

    def _settled(self, edit: Json, task: Json | None, note: Json | None) -> None:
        later, told = self.queue["edits"][1:], [edit]
        if task:
            self.server[task["id"]] = task
            self.sent[edit["id"]] = task["id"]
            later = [onto(task, other) if other["id"] == edit["id"] else other for other in later]
        else:
            self.server.pop(edit["id"], None)
            told += [other for other in later if other["id"] == edit["id"]]
            later = [other for other in later if other["id"] != edit["id"]]
        notes = [note | {"edit": edit} for edit in told] if note else []
        self._save(edits=later, notes=self.queue["notes"] + notes)

    def _shown(self, task_id: int | str) -> Json:
        return {task["id"]: task for task in self.tasks()}[self.sent.get(task_id, task_id)]

    def _queue(self, kind: str, base: Json, body: Json) -> None:
        edit = {"kind": kind, "id": base["id"], "base": base, "body": body}
        self._save(edits=[*self.queue["edits"], edit])

    def _save(self, **parts: list[Json]) -> None:
        self.queue |= parts
        self._write("queue", self.queue)

    def _read(self, name: str, default: Any) -> Any:
        file = self.folder / f"{name}.json"
        return json.loads(file.read_text()) if file.exists() else default

    def _write(self, name: str, value: Any) -> None:
        half = self.folder / f"{name}.new"
        half.write_text(json.dumps(value))
        half.replace(self.folder / f"{name}.json")  # whole, or as before


def by_id(pages: list[Json]) -> dict[Any, Json]:
    return {task["id"]: task for page in pages for task in page["tasks"]}


def onto(task: Json, edit: Json) -> Json:
    """Return an edit that was made on top of the one that made `task`."""
    seen = edit["base"]["version"]
    version = task["version"] if task["version"] == seen + 1 else seen  # else of somebody else
    return edit | {"id": task["id"], "base": edit["base"] | {"id": task["id"], "version": version}}


# end of copy

if __name__ == "__main__":
    local = LocalCopy(Path(os.environ.get("FOLDER", ".")), int(os.environ.get("LIMIT", "200")))
    for line in sys.stdin:  # such as ["add", {"title": "Buy milk"}], ["sync"] and ["tasks"]
        command, *arguments = json.loads(line)
        print(json.dumps(getattr(local, command)(*arguments)), flush=True)
