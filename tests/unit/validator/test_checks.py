"""Every check of the gateway is in its table, on its page and in the catalogue, and nothing else."""

import re
from pathlib import Path

from gateway.validator.catalogue import rule_catalogue, rule_entry
from gateway.validator.checks import CHECKS

ROOT = Path(__file__).parents[3]
ID = re.compile(r"\bMP-[A-Z0-9-]*[A-Z0-9]")


def test_the_page_lists_each_check_of_the_code() -> None:
    rooms = ("gateway/validator/xml", "gateway/validator", "gateway/messages")
    files = [file for room in rooms for file in (ROOT / room).glob("*.py") if file.name != "checks.py"]
    code = {one for file in files for one in ID.findall(file.read_text())}
    page = set(ID.findall((ROOT / "docs/reference/checks.md").read_text()))
    assert page == code


def test_the_catalogue_explains_each_check() -> None:
    listed = {entry.id for entry in rule_catalogue("meterpoort")}
    assert listed == {key for check in CHECKS for key in check.ids}
    assert rule_entry("mp-xsd-value").sentence.nl.startswith("De waarde past niet")
