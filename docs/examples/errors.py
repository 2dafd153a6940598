"""What a client does with a problem document."""

# start of setup
import os
from typing import Any

import httpx

api = httpx.Client(
    base_url=os.environ.get("API", "http://localhost:8000"),
    headers={"Authorization": f"Bearer {os.environ['TOKEN']}"},
)
# end of setup


# start of explain
def explain(problem: dict[str, Any]) -> str:
    match problem["error_code"]:
        case "VALIDATION_ERROR":  # beside the form's fields
            return "\n".join(f"{e['pointer']}: {e['detail']}" for e in problem.get("errors", []))
        case "AUTH_MISSING" | "AUTH_INVALID":
            return "Please sign in again."
        case "INTERNAL_ERROR":  # support finds it in the log by its id
            return f"{problem['detail']} ({problem['request_id']})"
        case _:  # written for people to read
            return str(problem["detail"])


answer = api.post("/api/alice/tasks", json={"title": "Buy milk " * 30})
if answer.is_error:
    print(explain(answer.json()))
# end of explain


# start of fields
def field_errors(problem: dict[str, Any]) -> dict[str, str]:
    errors = problem.get("errors", [])
    return {error["pointer"].removeprefix("/"): error["detail"] for error in errors}


# end of fields

print(field_errors(answer.json())["title"])
anonymous = httpx.Client(base_url=api.base_url)
print(explain(anonymous.get("/api/alice/tasks").json()))
print(explain(api.get("/api/alice/tasks/1").json()))
