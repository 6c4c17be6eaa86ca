"""Peppol BIS Despatch Advice 3: the rules of a despatch advice (T16) beyond its structure.

Source: OpenPEPPOL, post-award, 2026.5.
"""

from gateway.i18n import Text
from gateway.validator.finding import Flag
from gateway.validator.model.order import DespatchAdvice
from gateway.validator.rules.asserts import has_element
from gateway.validator.rules.patterns import Pattern, RuleContext
from gateway.validator.rules.peppol.amounts import is_from_zero
from gateway.validator.rules.peppol.asserts import assertion
from gateway.validator.rules.peppol.post_award import has_one_of, post_award, specification
from gateway.validator.ubl.order_bindings import DESPATCH_ADVICE
from gateway.validator.xml.paths import has


def _party(key: str, path: str, terms: str, sentence: Text) -> RuleContext:
    name, number = "cac:Party/cac:PartyName/cbc:Name", "cac:Party/cac:PartyIdentification/cbc:ID"
    advice = Text("Add cac:PartyName or cac:PartyIdentification to the party.")
    return RuleContext(
        (path,),
        (
            assertion(
                f"PEPPOL-{key}", terms, sentence, has_one_of(name, number), advice, expected=f"{name} | {number}"
            ),
        ),
    )


_STANDARD, _OF_SELLER = "cac:StandardItemIdentification/cbc:ID", "cac:SellersItemIdentification/cbc:ID"
_OUTSTANDING = "cbc:OutstandingQuantity"

_LINE = RuleContext(
    ("cac:DespatchLine",),
    (
        assertion(
            "PEPPOL-T16-R003",
            "tir16-053 tir16-055",
            Text("The item of a line has a number of the seller or a standard number."),
            has_one_of(f"cac:Item/{_STANDARD}", f"cac:Item/{_OF_SELLER}"),
            Text("Add cac:SellersItemIdentification or cac:StandardItemIdentification to cac:Item."),
            expected=f"{_OF_SELLER} | {_STANDARD}",
        ),
        assertion(
            "PEPPOL-T16-R004",
            "tir16-052",
            Text("The item of a line has a name."),
            has_element("cac:Item/cbc:Name"),
            Text("Add cbc:Name to cac:Item."),
            expected="cac:Item/cbc:Name",
        ),
        assertion(
            "PEPPOL-T16-R005",
            "tir16-048",
            Text("A line says how much is delivered."),
            has_element("cbc:DeliveredQuantity"),
            Text("Add cbc:DeliveredQuantity."),
            expected="cbc:DeliveredQuantity",
            flag=Flag.WARNING,
        ),
        assertion(
            "PEPPOL-T16-R006",
            "tir16-048",
            Text("The delivered quantity is not negative."),
            lambda line, _facts: is_from_zero(line, "cbc:DeliveredQuantity"),
            Text("Write a quantity of 0 or more."),
            found="cbc:DeliveredQuantity",
            expected=">= 0",
        ),
        assertion(
            "PEPPOL-T16-R007",
            "tir16-050 tir16-049",
            Text("A line with an outstanding quantity says why it is outstanding."),
            lambda line, _facts: has(line, "cbc:OutstandingReason") or not has(line, _OUTSTANDING),
            Text("Add cbc:OutstandingReason."),
            expected="cbc:OutstandingReason",
            flag=Flag.WARNING,
        ),
    ),
)

_OWN_RULES = Pattern(
    (
        specification("T16-R011", "tir16-002", "despatch_advice"),
        _party(
            "T16-R008",
            "cac:BuyerCustomerParty",
            "tir16-029 tir16-030",
            Text("The buyer has a name or a number."),
        ),
        _party(
            "T16-R009",
            "cac:SellerSupplierParty",
            "tir16-065 tir16-066",
            Text("The seller has a name or a number."),
        ),
        _party(
            "T16-R010",
            "cac:OriginatorCustomerParty",
            "tir16-031 tir16-032",
            Text("The originator has a name or a number."),
        ),
        _LINE,
    )
)

PEPPOL_DESPATCH = post_award(
    "T16", "Despatch advice", "peppol-despatch", DespatchAdvice, DESPATCH_ADVICE, _OWN_RULES
)
