"""Names find one thing: a class in one module, a test file by the module it tests."""

import ast
from collections import defaultdict
from pathlib import Path

from tests.house.repository import ROOT, modules

_OF_THE_API = "what programs get from the API, in the words of the gateway"
SAME_THING: dict[str, str] = {
    "Attachment": "a file that is in a document, or with it",
    "Finding": _OF_THE_API,
    "Lease": _OF_THE_API,
    "Message": _OF_THE_API,
    "MessageFilter": "which messages are asked for",
    "Verdict": _OF_THE_API,
}
"""Class names in more than one module, each with the reason."""

TESTED_ELSEWHERE: dict[str, str] = {
    "tests/unit/billing/test_seeded_bugs.py": "billing as a whole: bugs that its tests must find",
    "tests/unit/pki/test_g4.py": "certificates and lists as PKIoverheid G4 has them, by the chain and by others",
    "tests/unit/schemas/test_catalogue.py": "schemas/catalogue.toml",
    "tests/unit/schemas/test_time_card.py": "an XML Schema",
    "tests/unit/schemas/test_ubl_main_documents.py": "XML Schemas",
    "tests/unit/store/test_databases.py": "the store as a whole, on SQLite and PostgreSQL",
    "tests/unit/validator/test_disguises.py": "the judge: documents written in many ways",
    "tests/unit/validator/test_hostile.py": "the judge: documents that attack it",
    "tests/unit/validator/test_judge_fetches_nothing.py": "the judge: no network",
    "tests/unit/validator/test_judge_fuzz.py": "the judge: random bytes",
    "tests/unit/validator/test_language.py": "the texts of all findings",
}
"""Files under tests/unit that carry no module's name, each with the reason."""


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
    assert {name: paths for name, paths in twice.items() if name not in SAME_THING} == {}
    assert SAME_THING.keys() <= twice.keys(), "a name that is in one module now"


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
    assert sorted(_tests_of_no_module() - TESTED_ELSEWHERE.keys()) == []
    assert TESTED_ELSEWHERE.keys() <= _tests_of_no_module(), "a file that carries a module's name now"
