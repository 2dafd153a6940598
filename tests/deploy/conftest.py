"""The service as it stands behind a proxy on the same machine."""

from collections.abc import Iterator

import pytest

from tests.conftest import SECRET
from tests.live.conftest import Server, serving


@pytest.fixture(scope="module")
def service(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    output = tmp_path_factory.mktemp("service") / "output"
    variables = {"JWT_SECRET_KEY": SECRET, "FORWARDED_ALLOW_IPS": "127.0.0.1"}
    with serving(output, DATABASE_URL=database_url, **variables) as server:
        yield server
