"""Every operation, through the generated client, as pytest runs it."""

import asyncio
from datetime import timedelta

from session import URL, USER, client, created, etag_of, problem
from todo_client import AuthenticatedClient
from todo_client.api.tasks import (
    create_task,
    delete_task,
    get_task,
    list_tasks,
    patch_task,
    update_task,
)
from todo_client.models import (
    TaskCreate,
    TaskListResponse,
    TaskPatch,
    TaskResponse,
    TaskUpdate,
)
from todo_client.types import UNSET, Unset


def test_create_task_answers_with_the_task_its_place_and_its_etag() -> None:
    body = TaskCreate(title="Buy milk", description="Two litres, whole")
    answer = create_task.sync_detailed(USER, client=client, body=body)

    task = answer.parsed
    assert isinstance(task, TaskResponse)
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/api/{USER}/tasks/{task.id}"
    assert answer.headers["ETag"] == etag_of(task)
    assert (task.title, task.description, task.complete) == (body.title, body.description, False)
    assert task.created_at.utcoffset() == timedelta(0)


def test_get_task_answers_with_what_was_created() -> None:
    task = created("Water the plants")

    assert get_task.sync(USER, task.id, client=client) == task


def test_update_task_replaces_everything_and_clears_what_is_left_out() -> None:
    task = created("Buy milk")

    body = TaskUpdate(title="Buy oat milk", description="One litre", complete=True)
    replaced = update_task.sync(USER, task.id, client=client, body=body)
    assert isinstance(replaced, TaskResponse)
    assert (replaced.title, replaced.description, replaced.complete) == (
        "Buy oat milk",
        "One litre",
        True,
    )
    body.description = UNSET
    cleared = update_task.sync(USER, task.id, client=client, body=body)
    assert isinstance(cleared, TaskResponse)
    assert (cleared.description, cleared.version) == (None, 3)


def test_patch_task_changes_what_is_sent() -> None:
    task = created("Buy milk")

    answer = patch_task.sync(USER, task.id, client=client, body=TaskPatch(complete=True))
    assert isinstance(answer, TaskResponse)
    assert (answer.title, answer.complete, answer.version) == ("Buy milk", True, 2)


def test_due_date_priority_and_tags_are_kept_as_they_were_sent_by_a_put_without_them_too() -> None:
    body = TaskCreate(
        title="Call home", due_date="2026-12-01T09:30", priority="urgent", tags=["phone", "home"]
    )
    task = create_task.sync(USER, client=client, body=body)
    assert isinstance(task, TaskResponse)
    whole = TaskUpdate(title="Call mum", complete=True)
    replaced = update_task.sync(USER, task.id, client=client, body=whole)
    assert isinstance(replaced, TaskResponse)
    nothing = TaskPatch(due_date=None, priority="none", tags=[])
    cleared = patch_task.sync(USER, task.id, client=client, body=nothing)
    assert isinstance(cleared, TaskResponse)

    for kept in (task, replaced):
        planned = (kept.due_date, kept.priority, kept.tags)
        assert planned == ("2026-12-01T09:30", "urgent", ["phone", "home"])
    assert (task.completed_at, replaced.completed_at) == (None, replaced.updated_at)
    assert (cleared.due_date, cleared.priority, cleared.tags) == (None, "none", [])


def test_list_tasks_finds_by_days_priorities_and_all_of_the_tags() -> None:
    tags = ["an otter", "by the river"]
    for body in (
        TaskCreate(title="The day", due_date="2026-12-01", priority="low", tags=tags),
        TaskCreate(title="Its morning", due_date="2026-12-01T09:30", priority="urgent", tags=tags),
        TaskCreate(title="Some day", tags=tags),
    ):
        create_task.sync(USER, client=client, body=body)

    pages = {
        "dated": list_tasks.sync(USER, client=client, tag=tags, has_due_date=True, sort="due_date"),
        "due": list_tasks.sync(USER, client=client, tag=tags[:1], due_to="2026-12-01"),
        "urgent": list_tasks.sync(USER, client=client, tag=tags, min_priority="medium"),
        "both": list_tasks.sync(USER, client=client, tag=[*tags, "An otter"]),
    }
    found = {
        name: [task.title for task in page.tasks]
        for name, page in pages.items()
        if isinstance(page, TaskListResponse)
    }
    assert found == {
        "dated": ["Its morning", "The day"],
        "due": ["Its morning", "The day"],
        "urgent": ["Its morning"],
        "both": [],
    }


def test_delete_task_has_nothing_to_say_and_the_task_is_gone() -> None:
    task = created("Forget me")

    assert delete_task.sync_detailed(USER, task.id, client=client).status_code == 204
    assert problem(get_task.sync_detailed(USER, task.id, client=client)) == (404, "NOT_FOUND")


def test_list_tasks_leads_through_all_pages_by_next_cursor() -> None:
    wanted = [created(f"A turtle, number {number}") for number in range(5)]

    found: list[TaskResponse] = []
    cursor: str | Unset | None = UNSET
    while cursor is not None:
        page = list_tasks.sync(
            USER, client=client, q="TURTLE", sort="created_at", limit=2, cursor=cursor
        )
        assert isinstance(page, TaskListResponse)
        assert page.count == len(page.tasks) <= 2
        found += page.tasks
        cursor = page.next_cursor
    assert found == wanted


def test_list_tasks_finds_only_what_is_complete_or_only_what_is_not() -> None:
    undone, done = created("A heron, open"), created("A heron, done")
    patch_task.sync(USER, done.id, client=client, body=TaskPatch(complete=True))

    for complete, expected in ((True, done), (False, undone)):
        page = list_tasks.sync(USER, client=client, q="heron", complete=complete)
        assert isinstance(page, TaskListResponse)
        assert [task.id for task in page.tasks] == [expected.id]


def test_head_answers_with_the_headers_of_get() -> None:
    task = created("Look twice")

    answer = client.get_httpx_client().head(f"/api/{USER}/tasks/{task.id}")
    assert (answer.status_code, answer.headers["ETag"], answer.content) == (200, etag_of(task), b"")


def test_the_asynchronous_client_does_the_same() -> None:
    async def live() -> list[int]:
        async with AuthenticatedClient(URL, token=client.token) as session:
            body = TaskCreate(title="Buy milk")
            task = await create_task.asyncio(USER, client=session, body=body)
            assert isinstance(task, TaskResponse)
            update = TaskUpdate(title="Buy tea", complete=False)
            tick = TaskPatch(complete=True)
            path = (USER, task.id)
            answers = (
                await list_tasks.asyncio_detailed(USER, client=session, q="milk"),
                await get_task.asyncio_detailed(*path, client=session),
                await update_task.asyncio_detailed(*path, client=session, body=update),
                await patch_task.asyncio_detailed(*path, client=session, body=tick),
                await delete_task.asyncio_detailed(*path, client=session),
            )
            return [answer.status_code for answer in answers]

    assert asyncio.run(live()) == [200, 200, 200, 200, 204]
