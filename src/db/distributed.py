"""Distribute the tables over the nodes of Citus by user, so that a statement needs one node.

Source: https://docs.citusdata.com/en/stable/develop/api_udf.html
"""

from sqlalchemy import Connection, text

TABLES = {"tasks": "none", "idempotency_keys": "tasks"}
"""Each table and the one it is colocated with: all of a user's rows are on one node."""

_HAS_CITUS = text("SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'citus')")
_IS_DISTRIBUTED = text(
    "SELECT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = CAST(:table AS regclass))"
)
_DISTRIBUTE = text("SELECT create_distributed_table(:table, 'user_id', colocate_with => :beside)")
_REMOVE_COPIED = text("SELECT truncate_local_data_after_distributing_table(:table)")


class CitusMissing(Exception):
    """The database can't distribute tables over nodes."""


def require_citus(connection: Connection) -> None:
    """Raise `CitusMissing` unless the database has the extension."""
    if not connection.scalar(_HAS_CITUS):
        raise CitusMissing(
            "The database has no Citus: let its operator install Citus on every node, name it in "
            "shared_preload_libraries, and run CREATE EXTENSION citus in this database."
        )


def distribute(connection: Connection) -> None:
    """Distribute the tables that are not distributed yet, with their rows; it blocks writes."""
    for table, beside in TABLES.items():
        if not connection.scalar(_IS_DISTRIBUTED, {"table": table}):
            connection.execute(_DISTRIBUTE, {"table": table, "beside": beside})
            connection.execute(_REMOVE_COPIED, {"table": table})
