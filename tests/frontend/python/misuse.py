"""What mypy refuses; `warn_unused_ignores` refuses an expectation that no error meets."""

from datetime import date

from session import USER, client
from todo_client.api.tasks import create_task, get_task, list_tasks
from todo_client.models import Problem, TaskCreate, TaskPatch, TaskResponse, TaskUpdate


def misuse(task: TaskResponse, problem: Problem) -> None:
    """Use the client as nobody should; this is checked and never run."""
    TaskCreate(titel="Buy milk")  # type: ignore[call-arg]
    TaskCreate(title="Buy milk", completed=True)  # type: ignore[call-arg]
    TaskCreate(title=None)  # type: ignore[arg-type]
    TaskUpdate(title="Buy milk")  # type: ignore[call-arg]
    TaskPatch(complete=None)  # type: ignore[arg-type]
    TaskPatch(priority="highest")  # type: ignore[arg-type]
    TaskPatch(priority=None)  # type: ignore[arg-type]
    TaskPatch(tags="home")  # type: ignore[arg-type]
    TaskCreate(title="Buy milk", completed_at=None)  # type: ignore[call-arg]
    create_task.sync(USER, client=client)  # type: ignore[call-arg]
    get_task.sync(USER, "42", client=client)  # type: ignore[arg-type]
    list_tasks.sync(USER, client=client, sort="title")  # type: ignore[arg-type]
    list_tasks.sync(USER, client=client, due_to=date(2026, 12, 1))  # type: ignore[arg-type]
    list_tasks.sync(USER, client=client, offset=20)  # type: ignore[call-arg]
    _ = task.completed  # type: ignore[attr-defined]
    len(task.description)  # type: ignore[arg-type]
    len(task.due_date)  # type: ignore[arg-type]
    assert problem.error_code == "NOT_THERE"  # type: ignore[comparison-overlap]
