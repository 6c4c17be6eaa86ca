"""`meterpoort rules` as a user meets it."""

import json

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["rules", *arguments])


def test_the_list_has_every_rule_of_the_artefacts_once() -> None:
    listed = [json.loads(line) for line in run("list", "--format", "json").stdout.splitlines()]
    count = {name: sum(rule["set"] == name for rule in listed) for name in ("en16931", "nlcius")}
    assert count["en16931"] == 979
    assert len({(rule["set"], rule["rule"]) for rule in listed}) == len(listed)
    assert {rule["rule"] for rule in listed if not rule["is_bound"]} >= {"BR-CO-05", "BR-DEC-13", "BR-NL-32-2"}


def test_a_rule_that_sets_share_is_listed_under_each_of_them() -> None:
    shared = json.loads(run("show", "PEPPOL-COMMON-R040", "--format", "json").stdout)
    assert {"peppol", "peppol-self-billing"} <= set(shared["sets"])
    for name in shared["sets"]:
        assert "PEPPOL-COMMON-R040" in run("list", "--set", name).stdout
    own = [line for line in run("list", "--format", "json").stdout.splitlines() if '"PEPPOL-EN16931-R004"' in line]
    assert [json.loads(line)["sets"] for line in own] == [["peppol"], ["peppol-self-billing"]]


def test_a_rule_is_shown_as_a_set_has_it() -> None:
    assert run("show", "BR-51").stdout.startswith("BR-51 · warning · en16931 ")
    assert "Another rule of this id is in en16931-cii: --set shows it." in run("show", "BR-51").stdout
    assert run("show", "BR-51", "--set", "en16931-cii").stdout.startswith("BR-51 · fatal · en16931-cii ")
    assert run("show", "BR-51", "--set", "nothing").exit_code == 2


def test_ids_stand_in_the_order_people_count() -> None:
    ids = [line.split()[0] for line in run("list", "--set", "nlcius").stdout.splitlines()]
    assert ids.index("BR-NL-2") < ids.index("BR-NL-10")


@pytest.mark.parametrize(("language", "title"), [("en", "Breaks:"), ("nl", "Fout:")])
def test_a_rule_is_shown_with_its_terms_and_examples(language: str, title: str) -> None:
    shown = run("show", "br-co-15", "--language", language)
    assert shown.exit_code == 0
    for part in ("BR-CO-15 · f", "BT-112", "BT-109", "clause 6.4", "1.3.16", title, "BT-112 = '2468.80'"):
        assert part in shown.stdout


def test_a_right_and_a_wrong_example_can_be_copied() -> None:
    shown = run("show", "BR-21", "--language", "nl").stdout
    assert (
        "Goed voorbeeld:\n  <!-- ubl:Invoice/cac:InvoiceLine -->\n  <cac:InvoiceLine>\n    <cbc:ID>1</cbc:ID>"
        in shown
    )
    assert "Fout voorbeeld:\n  <!-- ubl:Invoice/cac:InvoiceLine -->\n  <cac:InvoiceLine/>" in shown


def test_a_check_of_our_own_is_shown_too() -> None:
    assert "De waarde past niet bij het type" in run("show", "MP-XSD-VALUE", "--language", "nl").stdout
    assert "MP-XSD-VALUE" in run("list", "--set", "meterpoort").stdout


def test_sets_are_listed_with_version_and_the_day_from_which_they_are_in_force() -> None:
    heads = [line for line in run("list", "--language", "nl").stdout.splitlines() if line.startswith("#")]
    assert "# en16931 1.3.16, geldig vanaf 30 maart 2026" in heads
    assert "# nlcius 2.0.3.13, geldig vanaf 17 augustus 2026" in heads
    shown = json.loads(run("show", "BR-01", "--format", "json").stdout)
    assert (shown["version"], shown["valid_from"], shown["valid_until"]) == ("1.3.16", "2026-03-30", None)


def test_an_unknown_rule_is_answered_with_what_was_meant() -> None:
    result = run("show", "BR-CO15")
    assert result.exit_code == 1
    assert "did you mean BR-CO-15?" in result.stderr


def test_a_rule_that_cannot_break_says_so() -> None:
    assert "No document can break this rule." in run("show", "BR-DEC-13").stdout
    assert "Geen document kan deze regel breken." in run("show", "BR-DEC-13", "--language", "nl").stdout


@pytest.mark.parametrize("language", ["en", "nl"])
def test_a_rule_that_the_schema_meets_first_says_so(language: str) -> None:
    assert "schema" in run("show", "UBL-CR-629", "--language", language).stdout
    assert "schema" not in run("show", "UBL-CR-628", "--language", language).stdout


def test_a_rule_on_the_xml_is_shown_with_examples() -> None:
    shown = run("show", "UBL-CR-646").stdout
    assert "Holds:\n  en16931-everything\n" in shown
    assert "    cac:InvoiceLine/cac:SubInvoiceLine/cbc:ID = '1.1'" in shown
