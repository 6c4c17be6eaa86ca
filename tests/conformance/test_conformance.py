"""Our engine fires the rules that the official artefacts fire: the portion of the proof that runs with every test.

`make conformance` runs the same on 20,000 mutants. METERPOORT_CONFORMANCE_SEED rotates the portion here.
"""

import os
from pathlib import Path

import pytest
from lxml import etree

from gateway.validator import reference
from gateway.validator.rules.en16931 import EN16931
from gateway.validator.ubl.rules import RULES
from tests.conformance import covering, engines
from tests.conformance.compare import Pair, Tally, compare, compare_all
from tests.conformance.dead import DEAD, DUTCH_DEAD, STOPPED
from tests.conformance.mutants import Mutant, mutants
from tests.conformance.schema import FOLDER
from tests.conformance.unit_cases import folders, unit_cases
from tests.samples import SAMPLES
from tests.samples.xml import CAC, CBC

pytest.importorskip("saxonche", reason="the reference engine is optional: pip install 'meterpoort[reference]'")

SEED = int(os.environ.get("METERPOORT_CONFORMANCE_SEED", "2026"))
SLICES = 8
SLICE = 50
COVERING = list(covering.covering())
FOLDERS = folders()
NO_CASES = "the official unit cases are not here: name their folder in METERPOORT_CONFORMANCE"


def differences(chosen: list[Mutant], pair: Pair) -> list[str]:
    """What differs, each with the mutant to replay."""
    tally = Tally()
    compare_all(chosen, pair, tally)
    return [f"{rule}: python -m tests.conformance --replay '{mutant}'" for rule, mutant in tally.examples.items()]


@pytest.mark.parametrize("nth", range(SLICES))
def test_our_engine_agrees_on_mutants(nth: int) -> None:
    assert differences(list(mutants(SEED + nth, SLICE)), engines.EN_16931.pair) == []


@pytest.mark.parametrize("nth", range(4))
def test_our_engine_agrees_where_every_rule_fires(nth: int) -> None:
    assert differences(COVERING[nth::4], engines.EN_16931.pair) == []


def test_every_rule_fires_but_those_that_the_official_text_kills() -> None:
    fired = frozenset().union(*(engines.ours(mutant.document()) for mutant in COVERING))
    assert engines.EN_16931.ids - fired == frozenset(DEAD) | frozenset(STOPPED)


def test_the_catalogue_is_the_official_one() -> None:
    stylesheet = etree.parse(FOLDER / "EN16931-UBL-validation.xslt")
    space = {"svrl": "http://purl.oclc.org/dsdl/svrl", "xsl": "http://www.w3.org/1999/XSL/Transform"}
    found = stylesheet.xpath("//svrl:failed-assert/xsl:attribute[@name='id']/text()", namespaces=space)
    published = {str(rule) for rule in found} if isinstance(found, list) else set()
    assert set(EN16931.rules) | set(RULES) == published
    assert len(published) == 979


@pytest.mark.parametrize("folder", FOLDERS or [pytest.param(None, marks=pytest.mark.skip(reason=NO_CASES))])
def test_our_engine_passes_the_official_unit_cases(folder: Path) -> None:
    wrong = []
    for case in unit_cases(folder):
        found = engines.ours(case.document)
        if not case.breaks <= found or case.holds & found or found != engines.theirs(case.document):
            wrong.append(str(case))
    assert wrong == []


@pytest.mark.parametrize("which", [which for which, compared in engines.SETS.items() if compared.variable])
@pytest.mark.parametrize("nth", range(4))
def test_our_engine_agrees_on_a_set(which: str, nth: int) -> None:
    compared = engines.SETS[which]
    if not compared.is_here:
        pytest.skip(f"the stylesheet of {which} is not here: name it in {compared.variable}")
    listed = list(covering.covering(covering.LISTS[which])) if which in covering.LISTS else []
    chosen = [*mutants(SEED + nth, SLICE, compared.samples), *listed[nth::4]]
    assert differences(chosen, compared.pair) == []
    for document in [*engines.documents_of_cases(which)][nth::4]:
        assert compare(document, compared.pair).rules == frozenset()


def test_every_dutch_rule_fires_but_those_that_are_shadowed() -> None:
    chosen = covering.covering(covering.NLCIUS)
    fired = frozenset().union(*(engines.DUTCH.pair.ours(mutant.document()) for mutant in chosen))
    assert engines.DUTCH.ids - fired == frozenset(DUTCH_DEAD)


@pytest.mark.parametrize(
    ("rule", "sample", "part"),
    [
        ("UBL-SR-09", "nlcius-invoice", "cac:AccountingSupplierParty/cac:Party/cac:PartyLegalEntity"),
        ("UBL-SR-15", "nlcius-invoice", "cac:AccountingCustomerParty/cac:Party/cac:PartyLegalEntity"),
        ("UBL-SR-22", "nlcius-tax-representative", "cac:TaxRepresentativeParty/cac:PartyName"),
        ("UBL-SR-27", "nlcius-invoice", "cac:PaymentMeans/cbc:PaymentMeansCode"),
    ],
)
def test_where_the_official_stylesheet_gives_up_ours_says_why(rule: str, sample: str, part: str) -> None:
    root = etree.fromstring(SAMPLES[sample].xml())
    [once] = root.findall(part, {"cac": CAC, "cbc": CBC})
    once.addnext(etree.fromstring(etree.tostring(once)))
    document = etree.tostring(root)
    assert rule in STOPPED
    assert rule in engines.ours(document)
    with pytest.raises(reference.StylesheetStoppedError):
        engines.theirs(document)


FOUND = sorted(Path(__file__).with_name("found").glob("*.xml"))


@pytest.mark.parametrize("file", FOUND, ids=[file.stem for file in FOUND])
def test_what_was_found_once_stays_mended(file: Path) -> None:
    """Documents, shrunk, on which the engines differed in the past."""
    document = file.read_bytes()
    assert compare(document, engines.EN_16931.pair).rules == frozenset()
