"""Every task, however many there are."""

import os

import httpx

api = httpx.Client(
    base_url=os.environ.get("API", "http://localhost:8000"),
    headers={"Authorization": f"Bearer {os.environ['TOKEN']}"},
)

# start of every_task
query = {"limit": "100"}
while True:
    page = api.get("/api/alice/tasks", params=query).raise_for_status().json()
    for task in page["tasks"]:
        print(task["title"])
    if page["next_cursor"] is None:
        break
    query["cursor"] = page["next_cursor"]
# end of every_task
