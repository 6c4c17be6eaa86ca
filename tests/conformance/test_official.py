"""The cases of our rules break in the official texts what they break here, where those texts are available."""

import os
from pathlib import Path

import pytest

from gateway.validator.rules.cases import cases
from tests.conformance.official import Fired, schematron, stylesheet
from tests.rules.documents import document_of

OHNL, SETU = "METERPOORT_OHNL", "METERPOORT_SETU_SCHEMATRON"
"""Name the folder with the stylesheets of UBL-OHNL 1.9, and the Schematron of SETU's time card."""
XPATH_1 = {"SETU-TC-36"}
"""Rules that a document breaks by XPath 1.0 alone, where `+8` is no number; the compiled text takes it for one."""


def differing(prefix: str, official: Fired) -> dict[str, list[str]]:
    """By rule: what our cases and the official text do not agree on."""
    found: dict[str, list[str]] = {}
    for rule, listed in cases().items():
        for case in listed if rule.startswith(prefix) else ():
            ours = {each for each in case.expected if each.startswith(prefix)}
            if odd := ours ^ official(document_of(case)):
                found.setdefault(rule, []).extend(sorted(odd))
    return found


@pytest.mark.skipif(OHNL not in os.environ, reason=f"name the folder of the stylesheets in {OHNL}")
@pytest.mark.parametrize(
    ("file", "prefix"),
    [
        ("Order-Schematron-Validation.xsl", "OHNL-ORD"),
        ("OrderResponse-Schematron-Validation.xsl", "OHNL-RSP"),
    ],
)
def test_the_stylesheets_of_ohnl_say_the_same(file: str, prefix: str) -> None:
    pytest.importorskip("saxonche")
    assert differing(prefix, stylesheet(Path(os.environ[OHNL]) / file, prefix)) == {}


@pytest.mark.skipif(SETU not in os.environ, reason=f"name the Schematron in {SETU}")
def test_the_schematron_of_setu_says_the_same() -> None:
    found = differing("SETU-TC", schematron(Path(os.environ[SETU]), "SETU-TC"))
    assert found.keys() <= XPATH_1
