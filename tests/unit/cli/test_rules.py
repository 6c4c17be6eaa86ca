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
    assert len({rule["rule"] for rule in listed}) == len(listed)
    assert {rule["rule"] for rule in listed if not rule["is_bound"]} >= {"BR-CO-05", "BR-DEC-13", "BR-NL-32-2"}


def test_ids_stand_in_the_order_people_count() -> None:
    ids = [line.split()[0] for line in run("list", "--set", "nlcius").stdout.splitlines()]
    assert ids.index("BR-NL-2") < ids.index("BR-NL-10")


@pytest.mark.parametrize(("language", "title"), [("en", "Breaks:"), ("nl", "Fout:")])
def test_a_rule_is_shown_with_its_terms_and_examples(language: str, title: str) -> None:
    shown = run("show", "br-co-15", "--language", language)
    assert shown.exit_code == 0
    for part in ("BR-CO-15 · fatal", "BT-112", "BT-109", "clause 6.4", "1.3.16", title, "BT-112 = '2468.80'"):
        assert part in shown.stdout


def test_an_unknown_rule_is_answered_with_what_was_meant() -> None:
    result = run("show", "BR-CO15")
    assert result.exit_code == 1
    assert "did you mean BR-CO-15?" in result.stderr


def test_a_rule_that_cannot_break_says_so() -> None:
    assert "No document can break this rule." in run("show", "BR-DEC-13").stdout
    assert "Geen document kan deze regel breken." in run("show", "UBL-CR-629", "--language", "nl").stdout
