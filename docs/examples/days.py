"""A due date as a person reads it, the same in every time zone."""

# start of shown
from datetime import date, datetime


def shown(due_date: str) -> str:
    if "T" in due_date:
        return f"{datetime.fromisoformat(due_date):%d %b %Y, %H:%M}"
    return f"{date.fromisoformat(due_date):%d %b %Y}"


# end of shown


for due in ("2026-12-01", "2026-12-01T09:30"):
    print(shown(due))
