"""A section for each `error_code`, out of what the service says of it, and the contract."""

import json
from functools import reduce
from operator import getitem
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

from todo_api.contract import contract
from todo_api.problems.causes import CAUSES, Cause

_EXAMPLE = """\
:::{{dropdown}} {status} · {summary}

`Prefer: code={status}, example={name}`

```json
{body}
```
:::
"""


class Causes(SphinxDirective):
    """Tell each cause and its cure, with the contract's examples."""

    def run(self) -> list[nodes.Node]:
        """Return a section for each code, whose anchor is the code itself."""
        return [self._section(code, cause) for code, cause in CAUSES.items()]

    def _section(self, code: str, cause: Cause) -> nodes.section:
        standard = self.env.domains.standard_domain
        standard.note_hyperlink_target(code, self.env.docname, code, code)
        cure = nodes.paragraph(
            "", "", nodes.strong("", "What to do."), nodes.Text(f" {cause.cure}")
        )
        return nodes.section(
            "",
            nodes.title(code, "", nodes.literal(code, code)),
            *self.parse_text_to_nodes(_badges(cause)),
            nodes.paragraph("", cause.cause),
            cure,
            *self.parse_text_to_nodes(_bodies(code)),
            ids=[code],
            names=[code],
        )


def _badges(cause: Cause) -> str:
    return " ".join(f"{{bdg-primary-line}}`{status}`" for status in cause.statuses)


def _bodies(code: str) -> str:
    return "\n".join(
        _EXAMPLE.format(
            name=name,
            status=status,
            summary=example["summary"],
            body=json.dumps(example["value"], indent=2),
        )
        for (status, name), example in _examples().items()
        if example["value"].get("error_code") == code
    )


def _examples() -> dict[tuple[str, str], dict[str, Any]]:
    """Return the examples of all operations' answers, by the status and their name there."""
    return {
        (status, name): _followed(example)
        for path in contract()["paths"].values()
        for operation in (path[method] for method in path if method != "parameters")
        for status, response in operation["responses"].items()
        for content in _followed(response).get("content", {}).values()
        for name, example in content["examples"].items()
    }


def _followed(node: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in node:
        return node
    _, *path = node["$ref"].split("/")
    return _followed(reduce(getitem, path, contract()))


def setup(app: Sphinx) -> ExtensionMetadata:
    """Add the directive `causes`."""
    app.add_directive("causes", Causes)
    return {"parallel_read_safe": True}
