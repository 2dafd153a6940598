"""Task 42 is changed from two places; task 43 is created over a line that drops."""

# start of setup
import os
from uuid import uuid4

import httpx

api = httpx.Client(
    base_url=os.environ.get("API", "http://localhost:8000"),
    headers={"Authorization": f"Bearer {os.environ['TOKEN']}"},
)
# end of setup

# start of revalidate
held = api.get("/api/alice/tasks/42", headers={"If-None-Match": '"1"'})
print("what you hold is current" if held.status_code == httpx.codes.NOT_MODIFIED else held.json())
# end of revalidate

# Meanwhile, on the phone:
api.patch("/api/alice/tasks/42", headers={"If-Match": '"1"'}, json={"complete": True})


# start of edit
def rename(version: int) -> httpx.Response:
    return api.patch(
        "/api/alice/tasks/42",
        headers={"If-Match": f'"{version}"'},
        json={"title": "Buy oat milk"},
    )


edited = rename(1)
if edited.status_code == httpx.codes.PRECONDITION_FAILED:
    now = api.get("/api/alice/tasks/42").json()
    # Show the task as it is now, and let the person decide again.
    edited = rename(now["version"])
print(edited.json())
# end of edit


# start of retry
def create(title: str, key: str, attempts: int = 3) -> httpx.Response:
    try:
        return api.post(
            "/api/alice/tasks",
            headers={"Idempotency-Key": key},
            json={"title": title},
        )
    except httpx.TransportError:
        if attempts == 1:
            raise
        return create(title, key, attempts - 1)


created = create("Call the bank", key=str(uuid4()))  # a new key for each new task
print(created.json())
# end of retry
