"""SQL stands in the modules of queries, tables and migrations, and rows are read by name."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.repository import modules

HOMES = re.compile(r"gateway/store/(migrations/.*|sql|engine|schema)\.py|gateway/.*/(\w+_)?(queries|tables)\.py")
"""Statements by subject, tables, steps; what writes statements out, the pragmas, the version of the schema."""
TEXT = re.compile(r"\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH|CREATE|DROP|PRAGMA) [\w\"({]")
CONSTRUCTS = {"select", "insert", "update", "delete", "union_all", "exists", "text"}
ASKING = {"execute", "rows", "ask"}
"""What answers rows."""


def uses(path: Path, module: ast.Module) -> Iterator[str]:
    """Statements that are made, and rows that are read by position."""
    imported = {
        name.name
        for node in ast.walk(module)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy")
        for name in node.names
    }
    for name in sorted(CONSTRUCTS & imported):
        yield f"{path} {name}"
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and TEXT.match(node.value):
            yield f"{path}:{node.lineno} {node.value[:40]}"
        elif isinstance(node, ast.Subscript) and _is_position_in_row(node):
            yield f"{path}:{node.lineno} {ast.unparse(node)}"
        elif isinstance(node, ast.For | ast.comprehension) and _unpacks_rows(node):
            yield f"{path}:{node.target.lineno} {ast.unparse(node.target)}"


def _is_position_in_row(node: ast.Subscript) -> bool:
    is_row = isinstance(node.value, ast.Name) and node.value.id == "row"
    return is_row and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, int)


def _unpacks_rows(node: ast.For | ast.comprehension) -> bool:
    call = node.iter.value if isinstance(node.iter, ast.Await) else node.iter
    if not isinstance(node.target, ast.Tuple) or not isinstance(call, ast.Call):
        return False
    return (call.func.attr if isinstance(call.func, ast.Attribute) else ast.unparse(call.func)) in ASKING


def test_sql_stands_in_the_modules_of_queries() -> None:
    found = [
        use
        for path, module in modules().items()
        if path.parts[0] == "gateway" and not HOMES.fullmatch(path.as_posix())
        for use in uses(path, module)
    ]
    assert found == []


def test_statements_and_positions_are_found() -> None:
    code = (
        "from sqlalchemy import Connection, select\n"
        "a = 'SELECT 1'\n"
        "b = [row[0] for row in a]\n"
        "c = [x for x, y in connection.execute(a)]\n"
        "d = row.name, row['name'], 'Select one'\n"
    )
    assert list(uses(Path("a.py"), ast.parse(code))) == [
        "a.py select",
        "a.py:2 SELECT 1",
        "a.py:3 row[0]",
        "a.py:4 (x, y)",
    ]
