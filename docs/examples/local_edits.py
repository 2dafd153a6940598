"""How an edit of alice's tasks is sent, whatever has happened to the task meanwhile."""

# start of setup
import os
import time
from typing import Any

import httpx

Json = dict[str, Any]
TASKS = "/api/alice/tasks"

api = httpx.Client(
    base_url=os.environ.get("API", "http://localhost:8000"),
    headers={"Authorization": f"Bearer {os.environ['TOKEN']}"},
)


def send(method: str, path: str, **options: Any) -> httpx.Response:
    """Return the answer; raise where the same request may succeed later."""
    for _ in range(5):
        answer = api.request(method, path, **options)
        if answer.status_code not in (429, 503):
            break
        time.sleep(int(answer.headers.get("Retry-After", "1")))
    if answer.is_server_error or answer.status_code in (401, 403, 408, 429):
        answer.raise_for_status()
    return answer


# end of setup


# start of merge
def merge(base: Json, mine: Json, theirs: Json) -> tuple[Json, Json]:
    """Return what is still to be sent, and the values of theirs that this overwrites."""
    wanted = dict(mine)
    if "tags" in mine and theirs["tags"] != base["tags"]:
        removed = set(base["tags"]) - set(mine["tags"])
        added = [tag for tag in mine["tags"] if tag not in base["tags"] + theirs["tags"]]
        wanted["tags"] = [tag for tag in theirs["tags"] if tag not in removed] + added
    wanted = {name: value for name, value in wanted.items() if value != theirs[name]}
    overwritten = {
        name: theirs[name] for name in wanted if name != "tags" and theirs[name] != base[name]
    }
    return wanted, overwritten


# end of merge


# start of settle
Settled = tuple[Json | None, Json | None]


def settle(edit: Json, known: Json | None) -> Settled:
    """Send an edit; return the task as it is now, and what a person should be told."""
    match edit["kind"]:
        case "create":
            key = {"Idempotency-Key": edit["id"]}
            answer = send("POST", TASKS, headers=key, json=edit["body"])
            return (answer.json(), None) if answer.is_success else (None, refusal(answer))
        case "change":
            return change(edit["base"], edit["body"], known or latest(edit["id"]))
        case _:
            return delete(edit["base"])


def change(base: Json, mine: Json, theirs: Json | None) -> Settled:
    while theirs:
        wanted, overwritten = merge(base, mine, theirs)
        note = {"reason": "overwritten", "theirs": overwritten} if overwritten else None
        if not wanted:
            return theirs, note
        answer = send_for(theirs, "PATCH", json=wanted)
        if answer.is_success:
            return answer.json(), note
        if answer.status_code not in (404, 412):
            return theirs, refusal(answer)
        theirs = latest(theirs["id"])
    return None, {"reason": "deleted elsewhere"}


def delete(base: Json) -> Settled:
    answer = send_for(base, "DELETE")
    if answer.is_success or answer.status_code == httpx.codes.NOT_FOUND:
        return None, None
    theirs = latest(base["id"])
    if answer.status_code != httpx.codes.PRECONDITION_FAILED:
        return theirs, refusal(answer)
    return theirs, {"reason": "not deleted, as changed elsewhere"} if theirs else None


def send_for(task: Json, method: str, **options: Any) -> httpx.Response:
    headers = {"If-Match": f'"{task["version"]}"'}
    return send(method, f"{TASKS}/{task['id']}", headers=headers, **options)


def latest(task_id: int) -> Json | None:
    answer = send("GET", f"{TASKS}/{task_id}")
    return answer.json() if answer.is_success else None


def refusal(answer: httpx.Response) -> Json:
    return {"reason": "refused", "detail": answer.json()["detail"]}


# end of settle
