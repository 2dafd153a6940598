"""ETags and Idempotency-Keys, through the generated client."""

from uuid import uuid4

from session import USER, client, created, etag_of, problem
from todo_client.api.tasks import create_task, delete_task, get_task, patch_task, update_task
from todo_client.models import Problem, TaskCreate, TaskPatch, TaskResponse, TaskUpdate


def test_if_none_match_is_answered_with_304_until_the_task_changes() -> None:
    task = created("Hold me")

    def status() -> int:
        etag = etag_of(task)
        return get_task.sync_detailed(USER, task.id, client=client, if_none_match=etag).status_code

    assert status() == 304
    patch_task.sync(USER, task.id, client=client, body=TaskPatch(complete=True))
    assert status() == 200


def test_if_match_keeps_a_change_from_overwriting_another() -> None:
    task = created("Share me")
    etag, yours = etag_of(task), TaskUpdate(title="Yours", complete=True)

    mine = patch_task.sync(
        USER, task.id, client=client, body=TaskPatch(title="Mine"), if_match=etag
    )
    refusals = (
        update_task.sync_detailed(USER, task.id, client=client, body=yours, if_match=etag),
        delete_task.sync_detailed(USER, task.id, client=client, if_match=etag),
    )

    assert isinstance(mine, TaskResponse)
    for refusal in refusals:
        assert problem(refusal) == (412, "PRECONDITION_FAILED")
    assert get_task.sync(USER, task.id, client=client) == mine


def test_a_request_repeated_with_its_idempotency_key_creates_nothing_new() -> None:
    key = str(uuid4())

    def create(title: str) -> TaskResponse | Problem | None:
        body = TaskCreate(title=title)
        return create_task.sync(USER, client=client, body=body, idempotency_key=key)

    first = create("Only once")
    assert isinstance(first, TaskResponse)
    assert create("Only once") == first
    refused = create("Another")
    assert isinstance(refused, Problem)
    assert refused.error_code == "IDEMPOTENCY_KEY_REUSED"
