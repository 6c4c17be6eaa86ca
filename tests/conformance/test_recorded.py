"""Our verdicts are those that were recorded of the official texts, where the recordings are there."""

import gzip
import json
from pathlib import Path

import pytest

from tests.conformance import recorded
from tests.conformance.recorded import FOLDER, SETS, differences
from tests.samples import SAMPLES

NOT_HERE = f"recorded verdicts are not here: name their folder in {FOLDER}"


@pytest.mark.skipif(recorded.folder() is None, reason=NOT_HERE)
@pytest.mark.parametrize("name", SETS)
def test_our_verdicts_are_the_recorded_ones(name: str) -> None:
    sets = recorded.folder()
    assert sets is not None
    found = {each.case.id: " ".join(each.rules) for each in differences(sets / name, SETS[name].profile)}
    assert {case: rules for case, rules in found.items() if case not in SETS[name].differs} == {}
    assert found.keys() >= SETS[name].differs.keys(), "a difference that is stated is no longer there"


def write_set(folder: Path, fired: dict[str, list[object]], error: str | None = None) -> Path:
    """A recorded set of one document, a valid one, of which the official text is said to fire some rules."""
    (folder / "rules.json").write_text(json.dumps({"BR-NL-1": {"flag": "fatal"}, "BR-02": {"flag": "fatal"}}))
    row = {"id": "a", "xml": SAMPLES["nlcius-invoice"].xml().decode(), "fired": fired, "error": error}
    with gzip.open(folder / "cases.jsonl.gz", "wt", encoding="utf-8") as lines:
        lines.write(json.dumps(row) + "\n")
    return folder


def test_a_document_on_which_both_fire_nothing_agrees(tmp_path: Path) -> None:
    assert list(differences(write_set(tmp_path, {}), "nlcius")) == []


def test_a_rule_that_ours_lacks_is_a_difference(tmp_path: Path) -> None:
    [found] = differences(write_set(tmp_path, {"BR-02": ["fatal", 1]}), "nlcius")
    assert found.rules == ("-BR-02",)


def test_a_document_on_which_the_official_text_gave_up_may_not_be_called_valid(tmp_path: Path) -> None:
    [found] = differences(write_set(tmp_path, {}, "XPTY0004"), "nlcius")
    assert found.rules == ("(called valid)",)
