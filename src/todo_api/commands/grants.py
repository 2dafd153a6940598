"""The command that prints what the role that serves has to be granted."""

import click

from db.checks import privileges

_LONGEST = 63  # bytes; PostgreSQL cuts a longer name, which may be another role's then
_NO_ROLES = ("public", "none")  # even in quotes: the first is everybody, the second nobody


def _name(_: click.Context, parameter: click.Parameter, name: str) -> str:
    if not name or len(name.encode(errors="surrogateescape")) > _LONGEST:
        raise click.BadParameter("must have 1 to 63 bytes, for example todo_api.")
    if parameter.name == "role" and name in _NO_ROLES:
        raise click.BadParameter("must be the name of one role, for example todo_api.")
    return name


@click.command()
@click.argument("role", callback=_name)
@click.option(
    "--schema",
    default="public",
    show_default=True,
    callback=_name,
    help="The schema that the tables are in.",
)
def grants(role: str, schema: str) -> None:
    """Print the SQL that lets ROLE serve, for the owner of the tables to run.

    ROLE is the name as PostgreSQL keeps it: capitals count.
    """
    for statement in privileges.grants(role, schema):
        click.echo(statement)
