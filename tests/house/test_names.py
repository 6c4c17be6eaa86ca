"""Names find one thing: a class in one module, a test file by the module it tests."""

import ast
from collections import defaultdict
from pathlib import Path

from tests.house.repository import ROOT, modules

SAME_THING: dict[str, str] = {}
"""Class names in more than one module, each with the reason."""

TESTED_ELSEWHERE: dict[str, str] = {
    "tests/unit/billing/test_seeded_bugs.py": "the tests of billing, by bugs that they must find",
    "tests/unit/schemas/test_catalogue.py": "schemas/catalogue.toml",
    "tests/unit/schemas/test_time_card.py": "an XML Schema",
    "tests/unit/schemas/test_ubl_main_documents.py": "XML Schemas",
}
"""Files under tests/unit that carry no module's name, each with the reason."""

TWICE_NOT_YET = {"Choice", "Part"}
"""Class names that have to be made one. This list only gets shorter."""

TESTS_NOT_YET = ("tests/unit/validator/",)
"""Rooms whose tests have to be moved. This list only gets shorter."""


def _class_modules() -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for path, module in modules().items():
        if path.parts[0] == "gateway":
            for node in ast.walk(module):
                if isinstance(node, ast.ClassDef):
                    found[node.name].append(str(path))
    return found


def test_a_class_name_is_in_one_module() -> None:
    twice = {name: paths for name, paths in _class_modules().items() if len(set(paths)) > 1}
    assert {name: paths for name, paths in twice.items() if name not in SAME_THING.keys() | TWICE_NOT_YET} == {}


def _tests_of_no_module() -> set[str]:
    """Files under tests/unit/x/test_y.py without a gateway/x/y.py or gateway/x/y/."""
    found = set()
    for path in (ROOT / "tests" / "unit").rglob("test_*.py"):
        inner = path.relative_to(ROOT / "tests" / "unit")
        module = ROOT / "gateway" / inner.parent / inner.stem.removeprefix("test_")
        if not module.with_suffix(".py").exists() and not module.is_dir():
            found.add(str(Path("tests", "unit", inner)))
    return found


def test_a_test_carries_the_name_of_its_module() -> None:
    without = sorted(_tests_of_no_module() - TESTED_ELSEWHERE.keys())
    assert [path for path in without if not path.startswith(TESTS_NOT_YET)] == []
