"""Mermaid's diagrams, drawn in the browser, by a script that the site itself has."""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata


class Diagram(nodes.literal_block):
    """A diagram in Mermaid's language."""


class Mermaid(SphinxDirective):
    """Draw the content."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the diagram."""
        text = "\n".join(self.content)
        return [Diagram(text, text)]


def _open(writer: Any, _node: Diagram) -> None:
    writer.body.append('<pre class="mermaid">')


def _close(writer: Any, _node: Diagram) -> None:
    writer.body.append("</pre>\n")


def _add_scripts(
    app: Sphinx, _page: str, _template: str, _context: dict[str, Any], tree: nodes.document | None
) -> None:
    if tree and next(tree.findall(Diagram), None):
        app.add_js_file("mermaid.min.js", loading_method="defer")
        app.add_js_file("diagrams.js", loading_method="defer")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Add the directive `mermaid`, and its scripts to the pages that use it."""
    app.add_node(Diagram, html=(_open, _close))
    app.add_directive("mermaid", Mermaid)
    app.connect("html-page-context", _add_scripts)
    return {"parallel_read_safe": True}
