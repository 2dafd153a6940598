"""The command `todo-api serve`, as far as a Ctrl-C concerns it."""

from typing import Any

import click

_SERVED = "todo_api.commands.serving.served"


class Serving(click.Command):
    """A command that reports whether Ctrl-C came before the service was ready."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            if _SERVED in ctx.meta:
                raise
            raise click.ClickException("Stopped before it was ready.") from None


def has_served() -> None:
    """Note that the service was ready, and that uvicorn has ended it."""
    click.get_current_context().meta[_SERVED] = True
