"""The commands that copy the embedded database into a file, and back."""

from pathlib import Path

import click

from todo_api import process

_FILE = click.Path(path_type=Path, allow_dash=True)
_TERMINATED = 143  # what a shell says of a command that SIGTERM has ended


@click.command()
@click.argument("file", type=_FILE)
@click.option("--force", is_flag=True, help="Replace FILE where it exists.")
def backup(file: Path, force: bool) -> None:
    """Write the embedded database to FILE, also while it serves; - is the standard output.

    FILE is an archive of pg_dump's. Whoever has it can read every task.
    """
    from todo_api.commands import archives  # noqa: PLC0415 (the other commands start without it)

    with process.unwinding(_TERMINATED):
        archives.back_up(file, force=force)


@click.command()
@click.argument("file", type=_FILE)
@click.option("--replace", is_flag=True, help="Also where there are tasks, which are kept aside.")
def restore(file: Path, replace: bool) -> None:
    """Read the embedded database from FILE, all of it or nothing; - is the standard input.

    Nothing may serve it meanwhile, and it has to be empty. FILE is what `todo-api backup` has
    written, or pg_dump. It can hold any SQL: restore only what you trust.
    """
    from todo_api.commands import archives  # noqa: PLC0415 (likewise)

    with process.unwinding(_TERMINATED):
        archives.restore(file, replace=replace)
