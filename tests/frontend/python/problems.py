"""Problem documents, through the generated client."""

from session import URL, USER, client, created, problem
from todo_client import AuthenticatedClient
from todo_client.api.tasks import create_task, delete_task, list_tasks, patch_task
from todo_client.models import Problem, TaskCreate


def test_a_body_that_breaks_its_schema_names_every_field_that_fails() -> None:
    body = TaskCreate(title="   ", description="x" * 1001)
    answer = create_task.sync_detailed(USER, client=client, body=body)

    assert isinstance(answer.parsed, Problem)
    assert (answer.status_code, answer.parsed.error_code) == (422, "VALIDATION_ERROR")
    assert answer.headers["X-Request-ID"] == answer.parsed.request_id
    assert answer.parsed.errors
    assert {error.pointer for error in answer.parsed.errors} == {"/title", "/description"}


def test_a_parameter_outside_the_contract_is_named() -> None:
    answer = list_tasks.sync(USER, client=client, limit=0)

    assert isinstance(answer, Problem)
    assert answer.errors
    assert [error.pointer for error in answer.errors] == ["limit"]


def test_a_token_that_does_not_hold_is_refused() -> None:
    forged = AuthenticatedClient(URL, token="forged")

    answer = list_tasks.sync_detailed(USER, client=forged)
    assert problem(answer) == (401, "AUTH_INVALID")


def test_another_users_tasks_are_forbidden_and_a_task_that_is_not_there_is_not_found() -> None:
    theirs = list_tasks.sync_detailed("somebody-else", client=client)
    missing = delete_task.sync_detailed(USER, 9007199254740991, client=client)

    assert [problem(theirs), problem(missing)] == [(403, "AUTH_FORBIDDEN"), (404, "NOT_FOUND")]


def test_a_change_without_a_body_is_refused_by_the_server_where_the_client_takes_it() -> None:
    answer = patch_task.sync_detailed(USER, created("Leave me").id, client=client)

    assert problem(answer) == (400, "VALIDATION_ERROR")
