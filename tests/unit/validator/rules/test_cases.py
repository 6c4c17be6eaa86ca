"""The reader of cases: what it takes and what it refuses. The cases themselves run in `tests/rules`."""

import pytest

from gateway.validator.rules import cases
from gateway.validator.rules.cases import Case


def test_a_case_reads_as_it_is_written() -> None:
    broken = cases.cases()["BR-33"][-1]
    assert broken == Case(
        "BR-33",
        True,
        "en16931-everything",
        remove=("BT-97", "BT-98"),
        also=("BR-CO-21",),
        file="presence.toml",
    )
    assert broken.expected == {"BR-33", "BR-CO-21"}


def test_cases_that_hold_stand_before_those_that_break() -> None:
    for listed in cases.cases().values():
        assert [case.breaks for case in listed] == sorted(case.breaks for case in listed)


def test_a_rule_without_a_row_that_holds_is_held_by_the_sample_as_it_is() -> None:
    row = {"cbc:IssueTime": "10:30:00", "also": ["BR-03"], "document": "nlcius-invoice"}
    listed = list(cases._of_file("x.toml", {"document": "en16931-everything", "breaks": {"UBL-CR-006": row}}))
    holds, breaks = cases._with_one_that_holds(listed)
    assert (holds.breaks, holds.document, holds.change, holds.also) == (False, "nlcius-invoice", {}, ())
    assert (breaks.breaks, breaks.change, breaks.also) == (True, {"cbc:IssueTime": "10:30:00"}, ("BR-03",))


def test_several_rows_of_a_rule_are_a_list() -> None:
    content = {"document": "nlcius-invoice", "holds": {"BR-33": [{}, {"remove": ["BT-97"]}]}}
    assert [case.remove for case in cases._of_file("x.toml", content)] == [(), ("BT-97",)]


def test_what_is_left_out_is_made_as_the_tables_of_its_file_say() -> None:
    content = {
        "unused": "UBL",
        "document": "en16931-everything",
        "documents": {"cac:TaxRepresentativeParty/": "nlcius-tax-representative"},
        "places": {"line/": "cac:InvoiceLine/"},
        "inside": {"cbc:StartDate": "cac:*Period"},
        "values": {"2026-11-02": "*Date", "false": "*Time *Indicator"},
        "also": {"UBL-CR-296": ["BR-62"]},
        "breaks": {"UBL-CR-006": {"cbc:IssueTime": "10:30:00"}},
    }
    found = {case.rule: case for case in cases._of_file("x.toml", content)}
    assert found["UBL-CR-006"].change == {"cbc:IssueTime": "10:30:00"}
    assert found["UBL-CR-615"].change == {
        "cac:InvoiceLine/cac:Item/cac:AdditionalItemProperty/cac:UsabilityPeriod/cbc:StartDate": "2026-11-02"
    }
    representative = found["UBL-CR-296"]
    assert (representative.document, representative.also) == ("nlcius-tax-representative", ("BR-62",))
    assert representative.change == {"cac:TaxRepresentativeParty/cbc:MarkCareIndicator": "false"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"brakes": {"BR-33": {}}}, "it has no brakes"),
        ({"breaks": {"BR-33": {"remvoe": ["BT-97"]}}}, "unknown keys: remvoe"),
    ],
)
def test_a_slip_of_the_pen_is_an_error(content: dict[str, object], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        list(cases._of_file("presence.toml", content))
