"""The page on troubleshooting quotes messages that there are."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.docs.conftest import DOCS, ROOT
from todo_api.problems.causes import CAUSES

PAGE = (DOCS / "troubleshooting.md").read_text()
OF_OTHERS = {  # programs that the service needs: their messages are not in its sources
    "No module named todo_api": "Python",
    "requires a different Python: … not in '>=3.11'": "pip",
    "ensurepip is not available": "Python's venv",
    'root certificate file "…" does not exist': "libpq",
    "canceling statement due to lock timeout": "PostgreSQL",
}
_SOURCES = ("src/**/*.py", "tests/debian.py")


def quoted() -> list[str]:
    """Return the messages of the first column: code of three words or more."""
    symptoms = re.findall(r"^\| (.+?) \| .+ \| .+ \|$", PAGE, re.MULTILINE)
    return [code for symptom in symptoms for code in re.findall("`(.+?)`", symptom) if " " in code]


def texts() -> Iterator[str]:
    """Return every text that the sources can print, as it is once its parts are joined."""
    for pattern in _SOURCES:
        for path in ROOT.glob(pattern):
            source = path.read_text()
            if path.suffix != ".py":
                yield re.sub(r'" \\\n\s+"', " ", source)
                continue
            for node in ast.walk(ast.parse(source)):
                if isinstance(node, ast.JoinedStr):
                    yield "".join(_shown(part) for part in node.values)
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


def _shown(part: ast.expr) -> str:
    return str(part.value) if isinstance(part, ast.Constant) else "…"


def test_the_page_quotes_messages() -> None:
    assert len(quoted()) >= 20
    assert set(OF_OTHERS) <= set(quoted())


@pytest.mark.parametrize("message", [each for each in quoted() if each not in OF_OTHERS])
def test_a_message_that_is_quoted_is_one_of_the_service(message: str) -> None:
    said = "\n".join(texts())
    words = re.sub(r"^(?:[A-Z_]+|openapi/todo.yaml): ", "", message)  # settings add the variable
    parts = [re.escape(part.strip(" :()")) for part in re.split("…", words) if len(part) > 3]

    assert parts
    assert re.search(r"[^\n]*".join(parts), said), message


def test_each_error_code_that_is_named_is_one() -> None:
    named = set(re.findall(r"\b[45]\d\d `([A-Z_]+)`", PAGE))

    assert named
    assert named <= set(CAUSES)
