"""The examples that tests/docs runs, in a tab for each language, and the answers it recorded."""

from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

_LANGUAGES = {
    "curl": ("sh", "shell"),
    "TypeScript": ("ts", "typescript"),
    "Python": ("py", "python"),
}

_SNIPPET = """\
```{{literalinclude}} /examples/{file}
:language: {language}
:start-after: start of {part}
:end-before: end of {part}
```
"""
_MESSAGE = """\
```{{literalinclude}} /examples/exchanges/{name}.{kind}.http
:language: http
```
"""
_TAB = """\
::::{{tab-item}} {title}
:sync: {title}

{content}
::::
"""
_TABS = """\
:::::{{tab-set}}
:sync-group: language

{tabs}
:::::
"""


class Example(SphinxDirective):
    """Show a part of an example in every language.

    `exchange` shows what goes over the wire; `after` names the part that this one calls.
    """

    required_arguments = 2
    option_spec: ClassVar = {
        "exchange": directives.unchanged_required,
        "after": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        """Return the tabs, and the answer below them."""
        name, part = self.arguments
        tabs = [
            _TAB.format(
                title=title,
                content=_SNIPPET.format(file=f"{name}.{suffix}", language=language, part=part),
            )
            for title, (suffix, language) in _LANGUAGES.items()
            if Path(self.env.srcdir, "examples", f"{name}.{suffix}").exists()
        ]
        answer = ""
        if exchange := self.options.get("exchange"):
            request = _MESSAGE.format(name=exchange, kind="request")
            tabs.append(_TAB.format(title="HTTP", content=request))
            answer = _answer(exchange)
        return self.parse_text_to_nodes(_TABS.format(tabs="\n".join(tabs)) + answer)


class Answer(SphinxDirective):
    """Show a recorded answer."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return it in a box of its own."""
        return self.parse_text_to_nodes(_answer(self.arguments[0]))


def _answer(exchange: str) -> str:
    return f":::{{div}} answer\n\n{_MESSAGE.format(name=exchange, kind='answer')}:::\n"


def setup(app: Sphinx) -> ExtensionMetadata:
    """Add the directives `example` and `answer`."""
    app.add_directive("example", Example)
    app.add_directive("answer", Answer)
    return {"parallel_read_safe": True}
