"""The example of Better Auth, started as `make example` does."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest

from tests.live.conftest import PATIENCE, environment, free_port, until

FOLDER = Path(__file__).parents[2] / "examples" / "better-auth"
PASSWORD = "correct horse battery staple"


@dataclass
class Example:
    """A running example: the page with its Better Auth, and the API on another origin."""

    process: subprocess.Popen[bytes]
    page: str
    api: str
    log: Path


@dataclass
class Person:
    """Somebody who has signed up over HTTP."""

    id: str
    email: str
    client: httpx2.Client

    def token(self) -> str:
        token: str = self.client.get("/api/auth/token").raise_for_status().json()["token"]
        return token


@cache
def build() -> None:
    """Generate the page's types from the contract, and compile it."""
    subprocess.run(["npm", "run", "--silent", "build"], cwd=FOLDER, check=True)


@contextmanager
def example(data: Path, **variables: str) -> Iterator[Example]:
    """Run the example, on free ports unless they are given, until the block ends."""
    build()
    data.mkdir(mode=0o755, exist_ok=True)
    variables = free_ports() | variables
    page, api = (f"http://localhost:{variables[name]}" for name in ("AUTH_PORT", "API_PORT"))
    log = data / f"example-{variables['AUTH_PORT']}.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, FOLDER / "start.py"],
            env=environment(DATA_DIR=str(data), **variables),
            stdout=file,
            stderr=file,
        )
    try:
        until(lambda: "Ctrl-C" in log.read_text() or process.poll() is not None)
        if process.poll() is not None:
            pytest.fail(f"The example did not start:\n{log.read_text()}")
        yield Example(process, page, api, log)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE)


@contextmanager
def signed_up(example: Example) -> Iterator[Person]:
    """Sign up with Better Auth, over HTTP."""
    with httpx2.Client(base_url=example.page, headers={"Origin": example.page}) as client:
        person = {"name": "Ada", "email": new_email(), "password": PASSWORD}
        answer = client.post("/api/auth/sign-up/email", json=person).raise_for_status()
        yield Person(answer.json()["user"]["id"], person["email"], client)


def free_ports() -> dict[str, str]:
    return {"AUTH_PORT": str(free_port()), "API_PORT": str(free_port())}


def new_email() -> str:
    return f"{uuid4().hex}@example.com"
