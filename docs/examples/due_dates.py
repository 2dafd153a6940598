"""Due dates, priorities and tags with httpx; TOKEN is one of alice's."""

# start of setup
import os
from datetime import date, timedelta

import httpx

api = httpx.Client(
    base_url=os.environ.get("API", "http://localhost:8000"),
    headers={"Authorization": f"Bearer {os.environ['TOKEN']}"},
)


def tasks(**query: str | bool | int | list[str]) -> list[dict]:
    return api.get("/api/alice/tasks", params=query).raise_for_status().json()["tasks"]


# end of setup


# start of create
created = api.post(
    "/api/alice/tasks",
    json={
        "title": "Call the dentist",
        "due_date": "2026-12-01T09:30",
        "priority": "urgent",
        "tags": ["health", "phone"],
    },
)
print(created.json())
# end of create

# start of by_friday
print(tasks(due_to="2026-11-27", complete=False, sort="due_date"))
# end of by_friday

# start of overdue
today = date(2026, 11, 21)  # date.today() on the person's own clock
yesterday = today - timedelta(days=1)
print(tasks(due_to=yesterday.isoformat(), complete=False, sort="due_date"))
# end of overdue

# start of most_urgent
print(tasks(complete=False, min_priority="high", sort="-priority"))
# end of most_urgent

# start of two_tags
print(tasks(tag=["health", "phone"]))
# end of two_tags

# start of undated
print(tasks(has_due_date=False, complete=False))
# end of undated

# start of old_client
replaced = api.put(
    "/api/alice/tasks/45", json={"title": "Call the dentist again", "complete": False}
)
print(replaced.json())
# end of old_client

# start of rename_tag
for task in tasks(tag=["phone"], limit=1000):
    tags = ["calls" if tag == "phone" else tag for tag in task["tags"]]
    api.patch(
        f"/api/alice/tasks/{task['id']}",
        headers={"If-Match": f'"{task["version"]}"'},
        json={"tags": list(dict.fromkeys(tags))},  # none twice, where a task had both
    ).raise_for_status()
# end of rename_tag

# start of clear
cleared = api.patch("/api/alice/tasks/45", json={"due_date": None, "priority": "none", "tags": []})
print(cleared.json())
# end of clear
