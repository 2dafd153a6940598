"""The six operations with httpx; TOKEN is one of alice's."""

# start of setup
import os

import httpx

api = httpx.Client(
    base_url=os.environ.get("API", "http://localhost:8000"),
    headers={"Authorization": f"Bearer {os.environ['TOKEN']}"},
)
# end of setup

# start of create_task
created = api.post(
    "/api/alice/tasks",
    json={"title": "Buy milk", "description": "Two litres, whole"},
)
print(created.json(), created.headers["Location"])
# end of create_task

# start of list_tasks
page = api.get("/api/alice/tasks", params={"limit": 2}).json()
print(page["tasks"], page["next_cursor"])
# end of list_tasks

# start of get_task
found = api.get("/api/alice/tasks/42")
print(found.json())
# end of get_task

# start of update_task
replaced = api.put(
    "/api/alice/tasks/42",
    json={
        "title": "Buy oat milk",
        "description": "One litre",
        "complete": False,
        "priority": "low",
        "tags": ["errands"],
    },
)
print(replaced.json())
# end of update_task

# start of patch_task
ticked = api.patch(
    "/api/alice/tasks/42",
    headers={"If-Match": '"2"'},
    json={"complete": True},
)
print(ticked.json())
# end of patch_task

# start of delete_task
deleted = api.delete("/api/alice/tasks/42")
print(deleted.status_code)
# end of delete_task
