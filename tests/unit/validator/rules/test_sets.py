"""The list of rule sets, and the worked example of "Add a rule set"."""

from pathlib import Path

from gateway.validator.rules.sets import SETS
from tests.how_to import carried_out, files_of, printed, run
from tests.samples import sample

PAGE = "add-a-rule-set.md"


def test_every_set_is_in_the_list_once() -> None:
    assert len({rules.id for rules in SETS}) == len(SETS)


def test_a_rule_set_is_three_files() -> None:
    assert files_of(PAGE) == {
        "gateway/validator/rules/voorbeeld.py",
        "gateway/validator/rules/cases/voorbeeld.toml",
        "gateway/validator/rules/sets.py",
    }


def test_the_example_of_the_how_to_page_judges(tmp_path: Path) -> None:
    folder = carried_out(PAGE, tmp_path / "copy")
    (folder / "invoice.xml").write_bytes(sample("nlcius-invoice"))
    assert run(folder, "-m", "gateway", "validate", "--profile", "voorbeeld", "invoice.xml") == printed(PAGE)
    assert run(folder, "-m", "tests.rules.examples") == ""
    wanted = "(test_each_case_breaks_what_it_names_and_nothing_else and VB-) or test_examples"
    assert "6 passed" in run(folder, "-m", "pytest", "tests/rules", "-k", wanted)
