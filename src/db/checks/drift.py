"""Compare the tables with the models, constraint by constraint.

PostgreSQL rewrites every expression, so the models are created as temporary tables, and both are
read from the catalogs (https://www.postgresql.org/docs/current/catalogs.html).
"""

from sqlalchemy import Connection, text

from db.models import Task

_METADATA = Task.metadata  # every model registers itself there

TABLES = tuple(_METADATA.tables)
CONSTRAINTS = tuple(
    str(constraint.name)
    for table in _METADATA.tables.values()
    for constraint in table.constraints
    if constraint.name
)

_PARTS = text(
    """
    SELECT 'column ' || attname AS part, concat_ws(' ', format_type(atttypid, atttypmod),
        CASE WHEN attnotnull THEN 'NOT NULL' END,
        CASE attidentity WHEN 'a' THEN 'IDENTITY' WHEN 'd' THEN 'IDENTITY BY DEFAULT' END,
        'DEFAULT ' || pg_get_expr(adbin, adrelid)) AS definition
    FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE attrelid = to_regclass(:table) AND attnum > 0 AND NOT attisdropped
    UNION ALL
    SELECT 'constraint ' || conname, replace(pg_get_constraintdef(oid), ' NOT VALID', '')
    FROM pg_constraint
    WHERE conrelid = to_regclass(:table) AND contype NOT IN ('n', 't')
    UNION ALL
    SELECT 'index ' || relname, concat_ws(' ', CASE WHEN indisunique THEN 'UNIQUE' END,
        substring(pg_get_indexdef(indexrelid) FROM ' (USING .*)'),
        CASE WHEN NOT indisvalid THEN 'INVALID' END)
    FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    WHERE indrelid = to_regclass(:table)
        AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
    """
)


def drift(connection: Connection) -> list[str]:
    """Return a line for each column, constraint or index that differs from the models.

    NOT VALID is no difference, because new rows are checked; nor is an additional index that is
    not unique.
    """
    there = {table: _parts(connection, table) for table in TABLES}
    made = connection.begin_nested()
    connection.execution_options(schema_translate_map={None: "pg_temp"})
    _METADATA.create_all(connection, checkfirst=False)
    wanted = {table: _parts(connection, f"pg_temp.{table}") for table in TABLES}
    made.rollback()
    return [line for table in TABLES for line in _differences(table, wanted[table], there[table])]


def _parts(connection: Connection, table: str) -> dict[str, str]:
    rows = connection.execute(_PARTS, {"table": table})
    return {row.part: row.definition for row in rows}


def _differences(table: str, wanted: dict[str, str], there: dict[str, str]) -> list[str]:
    if not there:
        return [f"{table}: there is no such table"]
    missing = [f"{table} lacks the {part}: {wanted[part]}" for part in wanted.keys() - there.keys()]
    other = [
        f"{table} has another {part}: {there[part]} instead of {wanted[part]}"
        for part in wanted.keys() & there.keys()
        if wanted[part] != there[part]
    ]
    more = [
        f"{table} has the {part}, which this release does not know: {there[part]}"
        for part in there.keys() - wanted.keys()
        if not (part.startswith("index ") and there[part].startswith("USING "))
    ]
    return sorted(missing + other + more)
