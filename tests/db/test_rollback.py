"""Going back to an older release: its statements do on today's tables what they did on its own."""

from pathlib import Path
from typing import Any

import pytest

from tests.db.test_schema import run

RECORDED = sorted((Path(__file__).parent / "releases/statements").glob("*.sql"))
TABLES = sorted((Path(__file__).parent / "releases").glob("*.sql"))
GIVEN: dict[str, Any] = {
    "user": "alice",
    "task": "1",
    "limit": 51,
    "after": None,
    "complete": None,
    "q": None,
    "new_title": "Tea",
    "new_description": None,
    "new_complete": True,
    "describe": True,
    "key": "a-key",
    "fingerprint": b"of a body",
    "versions": None,
}


@pytest.fixture(params=RECORDED, ids=lambda path: path.stem)
def statements(request: pytest.FixtureRequest) -> dict[str, str]:
    """Every statement of a release, by its name."""
    parts = request.param.read_text().split("-- ")[1:]
    return {name: text for name, _, text in (part.partition("\n") for part in parts)}


def test_the_statements_of_every_release_are_there() -> None:
    assert [path.name for path in RECORDED] == [path.name for path in TABLES]


def test_the_statements_of_an_older_release_run_on_todays_tables(
    migrated: str, statements: dict[str, str]
) -> None:
    def do(name: str, **given: Any) -> list[tuple[Any, ...]]:
        return run(migrated, statements.pop(name), GIVEN | given)

    assert do("MIGRATED") == [(True,)]
    [(first, *_)] = do("CREATE")
    once = statements["CREATE_ONCE"]
    [(second, _, is_same)] = run(migrated, once, GIVEN)
    assert is_same
    assert [row[0] for row in do("CREATE_ONCE")] == [second]
    assert [row[0] for row in do("NEWEST_PAGE")] == [second, first]
    assert [row[0] for row in do("OLDEST_PAGE", after=first)] == [second]
    [changed] = do("REPLACE", task=str(first), versions=["1"])
    [patched] = do("PATCH", task=str(first), new_title="Coffee")
    assert (changed[5], patched[2:6]) == (2, ("Coffee", None, True, 3))
    assert do("GET", task=str(first)) == [patched]
    assert do("DELETE", task=str(first)) == [(first,)]
    assert statements == {}, "each was tried"
