"""The command `todo-api settings`: every variable, as an environment file."""

from pathlib import Path
from typing import Any

import click

from todo_api.settings.variables import Variables


@click.command("settings")
def settings() -> None:
    """Print every variable with its default and a line of explanation."""
    click.echo("\n".join(_lines()))


def _lines() -> list[str]:
    return [
        line
        for name, field in Variables.model_fields.items()
        for line in (f"# {field.description}", f"{name.upper()}={text_of(field.default)}")
    ]


def text_of(default: Any) -> str:
    """Return a default as an environment variable; empty if there is none."""
    match default:
        case None:
            return ""
        case bool():
            return str(default).lower()
        case tuple():
            return ",".join(default)
        case float():
            return f"{default:g}"
        case str() | int() | Path():
            return str(default)
    raise TypeError(default)
