"""Secrets stay where they belong."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx2
import psutil
import pytest
from psycopg2.extensions import parse_dsn

from tests.conftest import SECRET
from tests.live.conftest import COMMAND, environment, free_port, run, serving
from todo_api.embedded.embedded import embedded_server

TITLE = "a title that nobody else may read"
TAG = "a tag that nobody else may read"


def command_lines() -> str:
    return "\n".join(
        " ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])
    )


def test_no_log_no_answer_and_no_process_list_holds_a_secret(
    database_url: str, tmp_path: Path, user: str, token: Callable[[str], str]
) -> None:
    password = str(parse_dsn(database_url)["password"])
    headers = {"Authorization": f"Bearer {token(user)}"}
    with serving(tmp_path / "log", DATABASE_URL=database_url, JWT_SECRET_KEY=SECRET) as server:
        with httpx2.Client(base_url=f"{server.url}/api/{user}", headers=headers) as client:
            made = client.post("/tasks", json={"title": TITLE, "tags": [TAG]})
            refused = [
                client.post("/tasks", json={"title": TITLE, "done": TITLE}),
                client.post("/tasks", content=TITLE.encode()),
                client.get(f"/tasks?offset={TITLE}"),
                client.post("/tasks", json={"title": TITLE, "tags": [TAG, TAG]}),
                client.get("/tasks", params={"tag": [TAG, f"{TAG}{TAG}"]}),
                client.get("/tasks", params={"due_from": TAG, "min_priority": TAG}),
                client.get("/tasks", headers={"Authorization": f"Bearer {token(user)}x"}),
                client.put(f"/tasks/{made.json()['id']}", json={"title": TITLE, "complete": 1}),
                client.patch("/tasks/1", json={"title": TITLE}, headers={"If-Match": '"7"'}),
            ]
        seen = command_lines()

    assert made.status_code == 201
    told = server.log() + seen + "".join(answer.text for answer in refused)
    for secret in (password, SECRET, token(user), token(user).rpartition(".")[2], TITLE, TAG):
        assert secret not in told
    assert all(400 <= answer.status_code < 500 for answer in refused)


def test_a_statement_that_fails_is_logged_without_what_was_written(
    open_directory: Path, tmp_path: Path, user: str, token: Callable[[str], str]
) -> None:
    with embedded_server(open_directory / "without tables") as url:
        variables = {"DATABASE_URL": url, "JWT_SECRET_KEY": SECRET}
        port = free_port()
        command = [*COMMAND[:1], "-m", "uvicorn", "--factory", "todo_api.app:create_app"]
        with (tmp_path / "log").open("w") as log:
            process = subprocess.Popen(
                [*command, "--port", str(port)],
                env=environment(**variables),
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        answer = None
        while answer is None and process.poll() is None:
            try:
                answer = httpx2.post(
                    f"http://127.0.0.1:{port}/api/{user}/tasks",
                    json={"title": TITLE},
                    headers={"Authorization": f"Bearer {token(user)}"},
                )
            except httpx2.ConnectError:
                continue
        process.terminate()
        process.wait(30)

    assert answer is not None
    assert (answer.status_code, answer.json()["error_code"]) == (500, "DATABASE_ERROR")
    logged = (tmp_path / "log").read_text()
    assert '"sqlstate":"42P01"' in logged
    for secret in (TITLE, "INSERT", SECRET, str(parse_dsn(url)["password"])):
        assert secret not in logged + answer.text


@pytest.mark.parametrize(
    "option", [(), ("--workers", "2"), ("--reload",)], ids=["one", "workers", "reload"]
)
def test_secrets_in_files_reach_every_process_and_no_environment(
    option: tuple[str, ...],
    database_url: str,
    tmp_path: Path,
    user: str,
    token: Callable[[str], str],
) -> None:
    files = {"DATABASE_URL": f"{database_url}\n", "JWT_SECRET_KEY": f"{SECRET}\n"}
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    variables = {f"{name}_FILE": str(tmp_path / name) for name in files}
    headers = {"Authorization": f"Bearer {token(user)}"}
    with serving(tmp_path / "log", *option, **variables) as server:
        answer = httpx2.get(f"{server.url}/api/{user}/tasks", headers=headers)
        main = psutil.Process(server.process.pid)
        processes = [main, *main.children(recursive=True)]
        environments = [Path(f"/proc/{process.pid}/environ").read_bytes() for process in processes]

    assert answer.status_code == 200
    assert len(environments) > len(option) // 2
    password = str(parse_dsn(database_url)["password"])
    for told in (*environments, server.log().encode()):
        assert SECRET.encode() not in told
        assert password.encode() not in told


def test_a_secrets_file_that_is_missing_is_told_in_one_line(tmp_path: Path) -> None:
    variables = {"DATABASE_URL_FILE": str(tmp_path / "none"), "JWT_SECRET_KEY": SECRET}
    for command in (["serve"], ["serve", "--workers", "2"], ["serve", "--reload"], ["migrate"]):
        done = run(*command, **variables)
        assert done.returncode == 1
        assert done.stderr == (
            "Error: DATABASE_URL_FILE: can't be read (No such file or directory), for example "
            "DATABASE_URL_FILE=/run/secrets/database_url\n"
        )
