"""The rows of the kinds of document, and the worked example of "Add a document kind"."""

from pathlib import Path

import pytest

from gateway.validator.kinds import KINDS, KindDefinition
from gateway.validator.model.document import DocumentKind
from gateway.validator.profiles import rule_sets
from tests.how_to import carried_out, files_of, printed, run

PAGE = "add-a-document-kind.md"


def test_each_kind_has_one_row() -> None:
    assert [each.kind for each in KINDS] == list(DocumentKind)


@pytest.mark.parametrize("definition", KINDS, ids=lambda each: each.kind.value)
def test_a_row_is_complete(definition: KindDefinition) -> None:
    assert Path(definition.schema).is_file()
    assert definition.name.nl
    assert definition.header.sender != definition.header.recipient


def test_rule_sets_are_about_the_model_of_a_kind() -> None:
    models = {each.model for each in KINDS if each.model}
    assert {rules.document for rules in rule_sets()} <= models
    for model in models:
        assert [rules.id for rules in rule_sets(model) if rules.extends is None], model


def test_a_kind_is_five_files_and_a_sample() -> None:
    rules = ("rules/quotation.py", "rules/cases/quotation.toml", "rules/sets.py")
    assert files_of(PAGE) - {f"gateway/validator/{file}" for file in rules} == {
        "gateway/validator/model/document.py",
        "gateway/validator/kinds.py",
        "schemas/ubl-2.1/UBL-Quotation-2.1.xsd",
        "gateway/validator/model/quotation.py",
        "gateway/validator/ubl/quotation_bindings.py",
        "tests/samples/documents/quotation.xml",
    }


def test_the_example_of_the_how_to_page_judges(tmp_path: Path) -> None:
    folder = carried_out(PAGE, tmp_path / "copy")
    quotation = (folder / "tests" / "samples" / "documents" / "quotation.xml").read_text(encoding="utf-8")
    (folder / "quotation.xml").write_text(quotation, encoding="utf-8")
    assert "quotation.xml: valid" in run(folder, "-m", "gateway", "validate", "quotation.xml")
    (folder / "quotation.xml").write_text(quotation.replace(">1000<", ">-1<"), encoding="utf-8")
    assert run(folder, "-m", "gateway", "validate", "quotation.xml") == printed(PAGE)
    assert run(folder, "-m", "tests.rules.examples") == ""
    wanted = (
        "(test_each_case_breaks_what_it_names and QUOTATION) or (test_a_row_is_complete and Quotation) "
        "or test_examples or test_layouts"
    )
    tests = ("tests/rules", "tests/unit/validator/test_kinds.py", "tests/unit/validator/rendering/test_layouts.py")
    assert " passed" in (output := run(folder, "-m", "pytest", *tests, "-k", wanted))
    assert "failed" not in output, output
