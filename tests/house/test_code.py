"""Shape of the code: names of modules, docstrings, and functions that can be read at once."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from gateway.settings import Settings
from tests.house.repository import ROOT, modules, texts

LINES_MAX = 60
TABLE_LINES_MIN = 10
"""A literal as long as this is a table: it may make a function long, and is read by looking something up."""
NAMES_THAT_SAY_NOTHING = {"utils", "util", "helpers", "core", "common", "misc", "base"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def length(function: Function) -> int:
    """Lines of a function without its docstring and the tables in it; 0 when it is short as it stands."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    if not body or (function.end_lineno or 0) - function.lineno < LINES_MAX:
        return 0
    lines = set(range(body[0].lineno, (body[-1].end_lineno or 0) + 1))
    for node in ast.walk(function):
        if isinstance(node, ast.Dict | ast.List | ast.Tuple | ast.Set):
            table = range(node.lineno, node.end_lineno or 0)
            lines -= set(table) if len(table) >= TABLE_LINES_MIN else set()
    return len(lines)


def functions() -> Iterator[tuple[Path, Function]]:
    for path, module in modules().items():
        for node in ast.walk(module):
            if isinstance(node, Function):
                yield path, node


def test_no_function_is_over_sixty_lines() -> None:
    long = [
        f"{path}:{one.lineno} {one.name}: {length(one)}" for path, one in functions() if length(one) > LINES_MAX
    ]
    assert long == []


def test_the_measure_counts_code_and_not_tables() -> None:
    code = "def f():\n    '''Says.'''\n" + "    a = 1\n" * 61
    table = "def f():\n    return {\n" + "".join(f"        {n}: {n},\n" for n in range(100)) + "    }\n"
    (long,), (short,) = ast.parse(code).body, ast.parse(table).body
    assert isinstance(long, ast.FunctionDef)
    assert isinstance(short, ast.FunctionDef)
    assert length(long) == 61
    assert length(short) == 1  # the line that ends the table


def test_every_module_says_what_it_is_for() -> None:
    """An empty `__init__` of a folder of tests may be silent."""
    assert [str(path) for path, module in modules().items() if module.body and not ast.get_docstring(module)] == []
    assert [path for path, module in modules().items() if not module.body and path.parts[0] != "tests"] == []


def test_every_room_says_what_is_always_true_of_it() -> None:
    """A room whose rules matter says what it owns, does not own, and what always holds."""
    for room in ("api", "messages", "metering", "pipeline", "pki", "store", "validator"):
        text = (ROOT / "gateway" / room / "__init__.py").read_text(encoding="utf-8")
        for word in ("Owns:", "Does not own:", "Always true:"):
            assert word in text, f"gateway/{room}: {word}"


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [str(path) for path in modules() if {path.stem, path.parent.name} & NAMES_THAT_SAY_NOTHING] == []


def test_no_room_imports_what_knows_every_room() -> None:
    knows_all = {"gateway.main", "gateway.docs"}
    above = {"cli", "admin", "demo", "testing"}
    for path, module in modules().items():
        if path.parts[0] == "gateway" and len(path.parts) > 2 and path.parts[1] not in above:
            imported = {node.module for node in ast.walk(module) if isinstance(node, ast.ImportFrom)}
            assert not imported & knows_all, path


def test_every_setting_has_an_effect() -> None:
    """Each is read by its name: from the settings, or from its table where that is handed on whole."""
    others = [text for path, text in texts().items() if path.parts[0] == "gateway" and path.name != "settings.py"]
    code = "\n".join(others)
    without = []
    for table in msgspec.structs.fields(Settings):
        names = table.default.__struct_fields__ if isinstance(table.default, msgspec.Struct) else ()
        is_handed_on = re.search(rf"settings\.{table.name}\b(?!\.)", code)
        prefix = r"\w+\." if is_handed_on else rf"(?:settings|self)\.{table.name}\."
        if f"asdict(settings.{table.name})" not in code:
            without += [f"{table.name}.{name}" for name in names if not re.search(rf"\b{prefix}{name}\b", code)]
    own = {"database.url", "database.password_file", "storage.url", "workers.count"}  # read by methods of Settings
    assert set(without) <= own
