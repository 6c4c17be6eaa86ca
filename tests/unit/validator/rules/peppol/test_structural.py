"""The structural rules follow from the structure of a document, with the ids of the official text."""

import os
import re
from pathlib import Path

import pytest
from lxml import etree

import gateway
from gateway.validator.finding import Stage
from gateway.validator.model.codes import PEPPOL_LISTS
from gateway.validator.rules.cases import cases
from gateway.validator.rules.engine import RuleSet
from gateway.validator.rules.peppol.despatch_advice import PEPPOL_DESPATCH
from gateway.validator.rules.peppol.invoice_response import PEPPOL_INVOICE_RESPONSE
from gateway.validator.rules.peppol.order import PEPPOL_ORDER
from gateway.validator.rules.peppol.order_response import PEPPOL_ORDER_RESPONSE
from gateway.validator.rules.peppol.structural import structural
from gateway.validator.ubl.structure import read_structure
from tests.rules.documents import document_of
from tests.samples import sample
from tests.samples.full import NAMES

FOLDER = "METERPOORT_PEPPOL_XSLT"
"""Names the folder of the official stylesheets, with `PEPPOLBIS-T01.xslt`."""
needs_stylesheets = pytest.mark.skipif(
    FOLDER not in os.environ, reason=f"the official stylesheets are not here: name their folder in {FOLDER}"
)
SETS = {
    "T01": (PEPPOL_ORDER, 276, 330),
    "T76": (PEPPOL_ORDER_RESPONSE, 94, 124),
    "T16": (PEPPOL_DESPATCH, 181, 210),
    "T111": (PEPPOL_INVOICE_RESPONSE, 54, 82),
}
_XSL = "{http://www.w3.org/1999/XSL/Transform}"
_SVRL = "{http://purl.oclc.org/dsdl/svrl}"


def contexts(transaction: str) -> list[tuple[str, tuple[str, ...]]]:
    """Ours, in order: the path of a context and the ids of its rules."""
    pattern = structural(read_structure(f"peppol-{transaction}"), transaction)
    return [(each.paths[0], tuple(rule.id for rule in each.rules)) for each in pattern.contexts]


def official(transaction: str) -> Path:
    return Path(os.environ[FOLDER]) / f"PEPPOLBIS-{transaction}.xslt"


def official_contexts(path: Path) -> list[tuple[str, tuple[str, ...]]]:
    """Those of the official stylesheet: a template each."""
    found = []
    for template in etree.parse(path).getroot().iterfind(f"{_XSL}template"):
        match = " ".join((template.get("match") or "").split())
        if match.startswith("/ubl:") and not set("|[") & set(match):
            failed = template.iter(f"{_SVRL}failed-assert")
            ids = [each.findtext(f"{_XSL}attribute[@name='id']") or "" for each in failed]
            found.append((match.replace("ubl:", ""), tuple(ids)))
    return found


@pytest.mark.parametrize("transaction", SETS)
def test_the_sets_have_as_many_rules_as_the_official_text(transaction: str) -> None:
    rules, of_structure, in_all = SETS[transaction]
    ids = [rule.id for pattern in rules.patterns for rule, _context in pattern.all_rules]
    assert sum(f"PEPPOL-{transaction}-B" in each for each in ids) == of_structure
    assert len(set(ids)) + len(rules.rules) == in_all


def test_a_part_takes_its_elements_before_it_says_what_else_may_not_be_there() -> None:
    found = contexts("T01")
    period = [
        ("/Order/cac:ValidityPeriod", ("PEPPOL-T01-B01301",)),
        ("/Order/cac:ValidityPeriod/cbc:EndDate", ()),
        ("/Order/cac:ValidityPeriod/*", ("PEPPOL-T01-B01302",)),
    ]
    at = found.index(period[0])
    assert found[at : at + 3] == period
    assert found[-1] == ("/Order/*", ("PEPPOL-T01-B00110",))


@needs_stylesheets
@pytest.mark.parametrize("transaction", SETS)
def test_contexts_and_ids_are_those_of_the_official_stylesheet(transaction: str) -> None:
    assert contexts(transaction) == official_contexts(official(transaction))


def official_lists(path: Path) -> dict[str, frozenset[str]]:
    """By the id of each rule that names code lists, the values of all of them."""
    root = etree.parse(path).getroot()
    lists = {
        each.get("name") or "": frozenset((each.get("select") or "").split("'")[1].split())
        for each in root.iterfind(f"{_XSL}variable")
        if (each.get("select") or "").startswith("tokenize(")
    }
    found = {}
    for failed in root.iter(f"{_SVRL}failed-assert"):
        named = re.findall(r"in \$([\w-]+)", failed.get("test") or "")
        if named and all(name in lists for name in named):
            key = failed.findtext(f"{_XSL}attribute[@name='id']") or ""
            found[key] = frozenset().union(*(lists[name] for name in named))
    return found


@needs_stylesheets
@pytest.mark.parametrize("transaction", SETS)
def test_code_lists_are_those_of_the_official_stylesheet(transaction: str) -> None:
    lists = {key: values for key, values in official_lists(official(transaction)).items() if "-B" in key}
    root = read_structure(f"peppol-{transaction}")
    ours = {
        frozenset().union(*(PEPPOL_LISTS[name].values for name in part.lists)): part.path
        for part in root.all()
        if part.lists
    }
    assert lists
    assert set(lists.values()) == set(ours)


@needs_stylesheets
@pytest.mark.parametrize("transaction", SETS)
def test_the_official_stylesheet_says_of_every_case_what_it_says(transaction: str) -> None:
    from gateway.validator.reference import Stylesheet

    stylesheet = Stylesheet(official(transaction))
    for rule, listed in cases().items():
        if rule.startswith(f"PEPPOL-{transaction}-"):
            for case in listed:
                assert stylesheet.fired_rules(document_of(case)) == case.expected, case


@pytest.mark.parametrize("name", NAMES)
def test_a_document_with_everything_is_valid_by_schema_and_rules(name: str) -> None:
    verdict = gateway.judge(sample(name))
    assert verdict.valid
    assert verdict.findings == ()


def test_a_finding_tells_what_the_specification_has_there() -> None:
    document = sample("peppol-order-full").replace(
        b"<cac:ValidityPeriod>", b"<cac:ValidityPeriod><cbc:StartDate>2026-10-19</cbc:StartDate>"
    )
    [finding] = gateway.judge(document).findings
    assert (finding.rule, finding.found, finding.expected) == (
        "PEPPOL-T01-B01302",
        "cbc:StartDate",
        "cbc:EndDate",
    )
    assert finding.location == "/ubl:Order/cac:ValidityPeriod/cbc:StartDate"


def test_a_code_that_is_nearly_right_is_named() -> None:
    document = sample("peppol-order-full").replace(
        b"<cbc:DocumentCurrencyCode>EUR", b"<cbc:DocumentCurrencyCode>eur"
    )
    finding = next(each for each in gateway.judge(document).findings if each.rule == "PEPPOL-T01-B01001")
    assert (finding.found, finding.terms) == ("eur", ("tir01-007",))
    assert finding.advice is not None
    assert finding.advice.nl == "Bedoelde u EUR (Euro)?"


def fired(document: bytes, rules: RuleSet) -> set[str]:
    found = gateway.judge(document, rules.id, schema=False).findings
    return {each.rule for each in found if each.stage is Stage.RULES}


def test_a_comment_in_a_code_parts_it_so_that_nobody_can_decide() -> None:
    document = sample("peppol-order-full").replace(b">220<", b">2<!-- -->20<")
    assert fired(document, PEPPOL_ORDER) == {"MP-RULE-UNDECIDABLE"}
