"""What keeps a statement on one shard, as those who shard PostgreSQL publish it, on its parse tree.

Citus: https://docs.citusdata.com/en/stable/develop/reference_workarounds.html
CockroachDB: https://www.cockroachlabs.com/docs/stable/performance-best-practices-overview
YugabyteDB: https://docs.yugabyte.com/preview/develop/best-practices-develop/best-practices-ysql/
"""

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from pglast import ast, parse_sql
from pglast.enums import A_Expr_Kind, BoolExprType

USER = "user_id"
TABLES = ("tasks", "idempotency_keys")

_PLACEHOLDER = re.compile(r"%\((\w+)\)s")
_CHANGES = (ast.InsertStmt, ast.UpdateStmt, ast.DeleteStmt)
_QUERIES = (ast.SelectStmt, *_CHANGES)


class Statement:
    """One statement, and what it does that would reach more than one user's shard."""

    def __init__(self, text: str) -> None:
        names = list(dict.fromkeys(_PLACEHOLDER.findall(text)))
        numbered = _PLACEHOLDER.sub(lambda found: f"${names.index(found[1]) + 1}", text)
        self._user = names.index("user") + 1 if "user" in names else None
        self._trees = [raw.stmt for raw in parse_sql(numbered)]
        self._nodes: list[Any] = [node for tree in self._trees for node in _within(tree)]
        self._queries = [node for node in self._nodes if isinstance(node, _QUERIES)]
        self._named = {
            node.ctename for node in self._nodes if isinstance(node, ast.CommonTableExpr)
        }

    def breaches(self, volatile: Collection[str]) -> list[str]:
        """Return what is against the rules, given the names of the server's volatile functions."""
        found = [*self._other_than_a_query(), *self._calls(volatile)]
        for query in self._queries:
            found += self._insert(query) if isinstance(query, ast.InsertStmt) else ()
            found += self._tables_of_nobody(query)
            found += _moves(query)
        return found

    def changed(self) -> list[str]:
        """Return the tables that it changes, each as often as it does."""
        return [node.relation.relname for node in _kept(self._nodes, *_CHANGES)]

    def _other_than_a_query(self) -> Iterator[str]:
        if len(self._trees) != 1:
            yield f"{len(self._trees)} statements"
        for tree in self._trees:
            if not isinstance(tree, _QUERIES):
                yield f"state of the session: {type(tree).__name__}"
        if _kept(self._nodes, ast.IntoClause):
            yield "state of the session: a new table"

    def _calls(self, volatile: Collection[str]) -> Iterator[str]:
        """Apart from the tables, the coordinator itself may call what keeps no state."""
        for query in self._queries:
            for call in _kept(_of_one_query(query), ast.FuncCall):
                name = call.funcname[-1].sval
                if re.search("advisory|notify|set_config|lastval|currval|setval", name):
                    yield f"state of the session: {name}()"
                elif name in volatile and _tables(query):
                    yield f"volatile beside a table: {name}()"

    def _tables_of_nobody(self, query: Any) -> Iterator[str]:
        for table in _tables(query):
            target = isinstance(query, ast.InsertStmt) and table is query.relation
            if table.relname not in (*TABLES, *self._named):
                yield f"another table: {table.relname}"
            elif table.relname in TABLES and not target and not self._confines(query, table):
                yield f"not of one user: {table.relname}"

    def _confines(self, query: Any, table: Any) -> bool:
        name = table.alias.aliasname if table.alias else table.relname
        return any(
            (term.kind, term.name[0].sval) == (A_Expr_Kind.AEXPR_OP, "=")
            and _column(term.lexpr) == [name, USER]
            and self._is_the_user(term.rexpr)
            for term in _kept(_terms(query.whereClause), ast.A_Expr)
        )

    def _insert(self, insert: Any) -> Iterator[str]:
        columns = [column.name for column in insert.cols or ()]
        rows = insert.selectStmt.valuesLists if insert.selectStmt else None
        rows = rows or [[each.val for each in insert.selectStmt.targetList or ()]]
        if USER not in columns:
            yield "an insert without its user"
        elif not all(self._is_the_user(row[columns.index(USER)]) for row in rows):
            yield "an insert for another user"
        if conflict := insert.onConflictClause:
            keys = [key.name for key in (conflict.infer and conflict.infer.indexElems) or ()]
            if USER not in keys:
                yield "a conflict across users"

    def _is_the_user(self, value: Any) -> bool:
        return isinstance(value, ast.ParamRef) and value.number == self._user


def _moves(query: Any) -> Iterator[str]:
    """A row that changes its user would have to change its shard."""
    for change in _kept([query, *_children(query)], ast.UpdateStmt, ast.OnConflictClause):
        if USER in [each.name for each in change.targetList or ()]:
            yield "a row that changes its user"


def _tables(query: Any) -> list[Any]:
    return _kept(_of_one_query(query), ast.RangeVar)


def _kept(nodes: Iterable[Any], *kinds: type[Any]) -> list[Any]:
    return [node for node in nodes if isinstance(node, kinds)]


def _column(node: Any) -> list[str]:
    """Return the parts of a column's name; other nodes have none."""
    return [getattr(field, "sval", "*") for field in getattr(node, "fields", ())]


def _terms(condition: Any) -> list[Any]:
    """Return what must all be true."""
    if getattr(condition, "boolop", None) == BoolExprType.AND_EXPR:
        return [term for part in condition.args for term in _terms(part)]
    return [condition]


def _of_one_query(query: Any) -> Iterator[Any]:
    """Return a query's own nodes, without those of the queries in it."""
    for child in _children(query):
        if not isinstance(child, _QUERIES):
            yield child
            yield from _of_one_query(child)


def _within(node: Any) -> Iterator[Any]:
    yield node
    for child in _children(node):
        yield from _within(child)


def _children(node: Any) -> Iterator[Any]:
    parts = node if isinstance(node, tuple) else [getattr(node, slot) for slot in node]
    for part in parts:
        if isinstance(part, tuple):
            yield from _children(part)
        elif isinstance(part, ast.Node):
            yield part
