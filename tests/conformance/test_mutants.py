"""The generator: the same seed gives the same documents, a failure shrinks, and what is made is worth judging."""

from collections import Counter

from lxml import etree

from tests.conformance.edits import OPERATORS
from tests.conformance.mutants import Edit, Mutant, mutants, prune, shrink
from tests.conformance.schema import is_valid
from tests.conformance.ubl import children, expanded, insert, minimal
from tests.samples import SAMPLES
from tests.samples.xml import INVOICE


def test_the_same_seed_gives_the_same_documents() -> None:
    once = [mutant.document() for mutant in mutants(5, 20)]
    assert once == [mutant.document() for mutant in mutants(5, 20)]
    assert once != [mutant.document() for mutant in mutants(6, 20)]


def test_a_mutant_is_read_back_from_what_it_prints() -> None:
    for mutant in mutants(7, 20):
        assert Mutant.parse(str(mutant)) == mutant


def test_a_failure_shrinks_to_the_edit_that_makes_it() -> None:
    guilty = Edit("hasty", 3)
    noise = tuple(Edit("pad", number) for number in range(5))
    failing = Mutant("nlcius-invoice", (*noise[:3], guilty, *noise[3:]))
    assert shrink(failing, lambda mutant: guilty in mutant.edits).edits == (guilty,)


def test_a_document_is_pruned_to_what_matters() -> None:
    pruned = prune(SAMPLES["en16931-everything"].xml(), lambda document: b"WEG-0017" in document)
    assert len(list(etree.fromstring(pruned).iter())) == 4


def test_most_mutants_are_schema_valid_and_operators_do_something() -> None:
    made = [mutant.document() for mutant in mutants(8, 200)]
    assert Counter(map(is_valid, made))[True] > 100
    assert len(set(made)) > 180
    assert len(OPERATORS) > 25


def test_any_element_that_ubl_allows_can_be_added_and_stays_valid() -> None:
    root_tag = f"{{{INVOICE}}}Invoice"
    plain = SAMPLES["nlcius-invoice"].xml()
    for child in children(root_tag):
        root = etree.fromstring(plain)
        if root.find(child.tag) is None:
            insert(root, minimal(child.tag))
            assert is_valid(etree.tostring(root)), child.tag


def test_a_minimal_element_holds_what_the_schema_demands() -> None:
    node = minimal(expanded("cac:PaymentMeans"))
    assert [str(child.tag) for child in node] == [expanded("cbc:PaymentMeansCode")]
