"""The links between the repository's own files, as a reader of the sources follows them."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.docs.conftest import ROOT

SOURCES = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "bench/*.md", "examples/*.md", "examples/*/*.md")
    for path in ROOT.glob(pattern)
)
_FENCED = re.compile(r"^( *)(```+|~~~+).*?^\1\2", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)|(?<=`)[^`<]+<(\.[^>]+)>(?=`)|<(https?:[^>]+)>")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def links(path: Path) -> Iterator[str]:
    for found in _LINK.finditer(_FENCED.sub("", path.read_text())):
        yield next(filter(None, found.groups()))


def anchors(path: Path) -> set[str]:
    """Return the anchors of the headings, as GitHub makes them."""
    headings = _HEADING.findall(_FENCED.sub("", path.read_text()))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_each_screenshot_is_shown_somewhere() -> None:
    texts = "".join(source.read_text() for source in SOURCES)

    for screenshot in ROOT.glob("docs/screenshots/*"):
        assert f"screenshots/{screenshot.name}" in texts


def test_the_readme_and_the_pages_are_among_the_sources() -> None:
    assert {ROOT / "README.md", ROOT / "docs/index.md", ROOT / "docs/ci.md"} <= set(SOURCES)


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_link_leads_to_a_file_and_a_heading_or_is_a_whole_address(source: Path) -> None:
    for link in links(source):
        parts = urlsplit(link)
        if parts.scheme:
            assert re.fullmatch(r"https?://[\w.:-]+(/.*)?", link), link
            continue
        target = source.parent / parts.path if parts.path else source
        assert target.exists(), link
        generated = parts.fragment.isupper()  # an error_code's, for which test_site looks
        assert not parts.fragment or generated or parts.fragment in anchors(target), link
