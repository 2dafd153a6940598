"""The privileges of the serving role: what the statements need, and no more.

Source: https://www.postgresql.org/docs/current/ddl-priv.html
"""

from sqlalchemy import Connection, text

SERVED = ("tasks", "idempotency_keys")
RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE")
"""The privileges that the statements need on each table."""

_TABLES = {**dict.fromkeys(SERVED, RIGHTS), "alembic_version": ("SELECT",)}
_SEQUENCE = "tasks_id_seq"

_ROLE = text("SELECT current_user")
_LACKS_TABLE = text("SELECT NOT has_table_privilege(to_regclass(:table), :privilege)")
_LACKS_SEQUENCE = text(
    f"SELECT NOT has_sequence_privilege(to_regclass('{_SEQUENCE}')::oid, 'USAGE, UPDATE')"
)
_CLOSED_SCHEMAS = text(
    """
    SELECT nspname FROM pg_namespace
    WHERE nspname = ANY(regexp_split_to_array(
            replace(replace(current_setting('search_path'), '"$user"', current_user), '"', ''),
            ', *'))
        AND NOT has_schema_privilege(oid, 'USAGE')
        AND EXISTS (
            SELECT FROM pg_class WHERE relnamespace = pg_namespace.oid AND relname = 'tasks'
        )
    """
)


def role_of(connection: Connection) -> str:
    """Return the name of the connection's role."""
    return str(connection.scalar(_ROLE))


def lacking(connection: Connection) -> list[str]:
    """Return the missing privileges on the tables that exist, such as `SELECT on tasks`."""
    schemas = connection.scalars(_CLOSED_SCHEMAS)
    tables = [
        f"{privilege} on {table}"
        for table, privileges in _TABLES.items()
        for privilege in privileges
        if connection.scalar(_LACKS_TABLE, {"table": table, "privilege": privilege})
    ]
    sequence = [f"USAGE on {_SEQUENCE}"] if connection.scalar(_LACKS_SEQUENCE) else []
    return [f"USAGE on schema {schema}" for schema in schemas] + tables + sequence


def grants(role: str, schema: str) -> list[str]:
    """Return the statements with which the tables' owner grants `role` the rights to serve."""
    to, inside = f"TO {_quoted(role)};", _quoted(schema)
    tables = [
        f"GRANT {', '.join(privileges)} ON {inside}.{_quoted(table)} {to}"
        for table, privileges in _TABLES.items()
    ]
    return [
        f"GRANT USAGE ON SCHEMA {inside} {to}",
        *tables,
        f"GRANT USAGE ON SEQUENCE {inside}.{_quoted(_SEQUENCE)} {to}",
    ]


def _quoted(name: str) -> str:
    """Return a name as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
