"""The handlers, looked up by operationId."""

from handlers.tasks import (
    create_task,
    delete_task,
    get_task,
    list_tasks,
    patch_task,
    update_task,
)

__all__ = [
    "create_task",
    "delete_task",
    "get_task",
    "list_tasks",
    "patch_task",
    "update_task",
]
