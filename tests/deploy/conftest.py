"""The service behind a proxy on the same machine, and in containers of its own image."""

from collections.abc import Iterator

import pytest

from tests.conftest import SECRET
from tests.deploy.engine import Engine, running
from tests.deploy.image import ROOT
from tests.deploy.test_images import VERSION
from tests.live.conftest import Server, serving


@pytest.fixture(scope="module")
def service(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    output = tmp_path_factory.mktemp("service") / "output"
    variables = {"JWT_SECRET_KEY": SECRET, "FORWARDED_ALLOW_IPS": "127.0.0.1"}
    with serving(output, DATABASE_URL=database_url, **variables) as server:
        yield server


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    with running() as engine:
        yield engine


@pytest.fixture(scope="session")
def built(engine: Engine) -> str:
    """The image of this repository, built from the Dockerfile with all that lies around there."""
    tag = f"todo-api:{VERSION}"
    engine.build(tag, ROOT)
    return tag
