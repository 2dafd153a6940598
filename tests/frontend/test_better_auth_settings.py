"""One BETTER_AUTH_URL for a real Better Auth and the service, however it is written."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import jwt
import pytest

from tests.frontend.example import FOLDER, PASSWORD, new_email
from tests.live.conftest import PATIENCE, environment, free_port, serving, until

SCRIPT = Path(__file__).with_name("better_auth.mjs")


@contextmanager
def better_auth(url: str, algorithm: str, port: int) -> Iterator[None]:
    """Run Better Auth, which reads BETTER_AUTH_URL itself, until the block ends."""
    # From standard input, as its packages are looked for in the working directory then.
    with SCRIPT.open() as script:
        process = subprocess.Popen(
            ["node", "--input-type=module"],
            stdin=script,
            cwd=FOLDER,
            env=environment(BETTER_AUTH_URL=url, ALGORITHM=algorithm, PORT=str(port)),
        )
    try:
        until(lambda: answers(f"http://localhost:{port}/") or process.poll() is not None)
        assert process.poll() is None
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE)


def answers(url: str) -> bool:
    try:
        httpx2.get(url, trust_env=False)
    except httpx2.TransportError:
        return False
    return True


def new_user(routes: str) -> tuple[str, str]:
    """Sign up; return the user's id and a token."""
    origin = "/".join(routes.split("/")[:3])
    with httpx2.Client(headers={"Origin": origin}, trust_env=False) as client:
        person = {"name": "Ada", "email": new_email(), "password": PASSWORD}
        answer = client.post(f"{routes}/sign-up/email", json=person).raise_for_status()
        token = client.get(f"{routes}/token").raise_for_status().json()["token"]
        return answer.json()["user"]["id"], token


@pytest.mark.parametrize(
    ("address", "routes", "algorithm"),
    [
        ("http://localhost:{port}", "/api/auth", "EdDSA"),
        ("http://localhost:{port}/", "/api/auth", "ES256"),
        ("http://localhost:{port}/api/auth", "/api/auth", "ES512"),
        ("http://localhost:{port}/api/auth/", "/api/auth", "RS256"),
        ("HTTP://LOCALHOST:{port}/auth", "/auth", "PS256"),
    ],
)
def test_the_same_value_works_in_both(
    database_url: str, tmp_path: Path, address: str, routes: str, algorithm: str
) -> None:
    port = free_port()
    url = address.format(port=port)
    with (
        better_auth(url, algorithm, port),
        serving(tmp_path / "log", DATABASE_URL=database_url, BETTER_AUTH_URL=url) as server,
    ):
        user, token = new_user(f"http://localhost:{port}{routes}")
        answer = httpx2.get(
            f"{server.url}/api/{user}/tasks", headers={"Authorization": f"Bearer {token}"}
        )

    assert jwt.get_unverified_header(token)["alg"] == algorithm
    assert (answer.status_code, server.log().count("No signing keys")) == (200, 0)
