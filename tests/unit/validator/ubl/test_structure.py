"""A structure says which elements and attributes a document has, how often, with which codes."""

import pytest

from gateway.validator.model.codes import PEPPOL_LISTS
from gateway.validator.model.terms import TERMS
from gateway.validator.ubl import order_bindings
from gateway.validator.ubl.structure import StructurePart, parse_structure
from tests.conformance.ubl import children, expanded

STRUCTURES = {
    "T01": order_bindings.ORDER,
    "T76": order_bindings.ORDER_RESPONSE,
    "T16": order_bindings.DESPATCH_ADVICE,
    "T111": order_bindings.INVOICE_RESPONSE,
}


def part_at(root: StructurePart, path: str) -> StructurePart:
    return next(each for each in root.all() if each.path == path)


def test_parts_are_numbered_down_the_file_and_attributes_count() -> None:
    root = order_bindings.ORDER
    assert [each.number for each in root.all()] == list(range(1, 335))
    assert part_at(root, "/Order/cac:BuyerCustomerParty/cac:Party/cbc:EndpointID/@schemeID").number == 39


def test_a_part_has_a_name_for_people_in_both_languages() -> None:
    part = part_at(order_bindings.ORDER, "/Order/cac:SellerSupplierParty/cac:Party/cac:PostalAddress/cbc:CityName")
    assert (part.label.en, part.label.nl) == ("Seller: address: city", "Verkoper: adres: plaats")


def test_a_term_is_that_of_its_path() -> None:
    assert [(each.group.__name__, each.attribute) for each in TERMS["tir01-065"]] == [("TradeAddress", "city")]
    assert TERMS["tir01-004"][0].attribute == "issue_date"


@pytest.mark.parametrize("root", STRUCTURES.values(), ids=STRUCTURES)
def test_ubl_knows_the_elements_in_this_order(root: StructurePart) -> None:
    """By the official schema of the components; those of the root are in the schema of the document."""
    for part in root.all():
        if part.elements and part is not root:
            known = [child.tag for child in children(expanded(part.name))]
            slots = [known.index(expanded(each.name)) for each in part.elements]
            assert slots == sorted(slots), part.path


@pytest.mark.parametrize("root", STRUCTURES.values(), ids=STRUCTURES)
def test_every_code_list_is_there(root: StructurePart) -> None:
    assert {name for part in root.all() for name in part.lists} <= PEPPOL_LISTS.keys()


def test_a_row_that_cannot_be_read_is_an_error() -> None:
    with pytest.raises(ValueError, match="cbc:ID often"):
        parse_structure("Order\n  cbc:ID often\n")
