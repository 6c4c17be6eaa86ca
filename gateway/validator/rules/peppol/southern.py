"""The rules of Greece and Italy on invoices over Peppol.

The country of a party is that of its VAT number, of the seller's tax representative's as well, else of its
address. Greece has three groups of rules: for a Greek seller, for one with an address in Greece, and between two
Greeks.

Source: OpenPEPPOL, validation artefacts 2026.5.
"""

import re
from dataclasses import dataclass
from functools import cached_property

from gateway.i18n import Text
from gateway.validator.finding import Flag
from gateway.validator.rules.asserts import has_element
from gateway.validator.rules.patterns import Pattern, PatternRule, RuleContext, Test, UndecidableError
from gateway.validator.rules.peppol.asserts import assertion
from gateway.validator.rules.peppol.numbers import is_greek_tin
from gateway.validator.rules.peppol.peppol_facts import (
    COUNTRY,
    REPRESENTATIVE,
    SELLER,
    TAX_SCHEME,
    PeppolFacts,
    vat_numbers,
    vat_schemes_trimmed,
)
from gateway.validator.rules.xpath import is_integer, normal, normal_text, number, root_of, text
from gateway.validator.xml.paths import Element, children, text_of, texts

# Italy -------------------------------------------------------------------------------------------------------


def _is_italian_tax_scheme(scheme: Element, facts: PeppolFacts) -> bool:
    return facts.seller_country == "IT" and normal_text(scheme, TAX_SCHEME) != "VAT"


def _tax_number_fits(scheme: Element, _facts: PeppolFacts) -> bool:
    return re.fullmatch("[A-Z0-9]{11,16}", normal_text(scheme, "cbc:CompanyID")) is not None


ITALY = Pattern(
    (
        RuleContext(
            (f"{SELLER}/cac:PartyTaxScheme",),
            (
                assertion(
                    "IT-R-001",
                    "BT-32",
                    Text("The tax number of a seller in Italy (BT-32) has 11 to 16 capitals and digits."),
                    _tax_number_fits,
                    Text("Correct the tax number."),
                    found="cbc:CompanyID",
                ),
            ),
            _is_italian_tax_scheme,
        ),
        RuleContext(
            (SELLER,),
            (
                assertion(
                    "IT-R-002",
                    "BT-35",
                    Text("The address of a seller in Italy has a street (BT-35)."),
                    has_element("cac:PostalAddress/cbc:StreetName"),
                    Text("Add StreetName."),
                ),
                assertion(
                    "IT-R-003",
                    "BT-37",
                    Text("The address of a seller in Italy has a city (BT-37)."),
                    has_element("cac:PostalAddress/cbc:CityName"),
                    Text("Add CityName."),
                ),
                assertion(
                    "IT-R-004",
                    "BT-38",
                    Text("The address of a seller in Italy has a post code (BT-38)."),
                    has_element("cac:PostalAddress/cbc:PostalZone"),
                    Text("Add PostalZone."),
                ),
            ),
            lambda _party, facts: facts.seller_country == "IT",
        ),
    ),
    PeppolFacts,
)


# Greece ------------------------------------------------------------------------------------------------------

_GREEK = ("GR", "EL")
_DAY = re.compile(r"(?:0?[1-9]|[12][0-9]|3[01])[-\\/ ]?(?:0?[1-9]|1[0-2])[-\\/ ]?(?:19|20)[0-9]{2}")
_TYPES = ("1.1", "1.6", "2.1", "2.4", "5.1", "5.2")
_MARK, _ADDRESS = "##M.AR.K##", "##INVOICE|URL##"
_BY_DESCRIPTION = "cbc:DocumentDescription"


def _has_greek_seller(_element: Element, facts: PeppolFacts) -> bool:
    return facts.seller_country in _GREEK


def _is_within_greece(_element: Element, facts: PeppolFacts) -> bool:
    return facts.seller_country in _GREEK and facts.buyer_country in _GREEK


def _has_seller_in_greece(element: Element, facts: PeppolFacts) -> bool:
    return facts.seller_country in _GREEK and "GR" in texts(root_of(element), f"{SELLER}/{COUNTRY}")


def _parts(value: str, separator: str) -> list[str]:
    """`tokenize`: an empty text has no parts."""
    return value.split(separator) if value else []


@dataclass(frozen=True)
class _Number:
    """An invoice number (BT-1) in the parts that Greece prescribes: the seller, the day, the branch, the type, the
    series and the number in it."""

    element: Element

    @cached_property
    def parts(self) -> list[str]:
        return _parts(text_of(self.element), "|")

    def __getitem__(self, nth: int) -> str:
        """A part, from 1 on; empty where there is none."""
        return self.parts[nth - 1] if nth <= len(self.parts) else ""

    def names_seller(self) -> bool:
        if len(normal(self[1])) != 9 or not is_greek_tin(self[1]):
            return False
        root = root_of(self.element)
        parties = (*children(root, SELLER), *children(root, REPRESENTATIVE))
        return any(number[2:11] == self[1] for party in parties for number in vat_numbers(party))

    def names_day(self) -> bool:
        if not normal(self[2]) or not _DAY.match(self[2]):
            return False
        issued, day = _parts(text(root_of(self.element), "cbc:IssueDate"), "-"), _parts(self[2], "/")
        return len(issued) >= 3 and len(day) >= 3 and day[:3] == issued[2::-1]

    def names_branch(self) -> bool:
        """Raises UndecidableError for a number that is no whole one."""
        if not normal(self[3]) or number(self[3]) != number(self[3]):
            return False
        if not is_integer(self[3]):
            raise UndecidableError(self[3])
        return int(self[3]) >= 0


def _of_number(key: str, part: Text, holds: Test, expected: str) -> PatternRule:
    return assertion(
        key,
        "BT-1",
        Text("The invoice number of a Greek seller (BT-1): {part}.", part=part),
        holds,
        Text("Write the number as Greece prescribes it, with | between its parts."),
        found=".",
        expected=expected,
    )


_NUMBER_RULES = (
    _of_number(
        "GR-R-001-1",
        Text("it has six parts"),
        lambda element, _facts: len(_Number(element).parts) == 6,
        "123456783|31/01/2026|0|1.1|A|17",
    ),
    _of_number(
        "GR-R-001-2",
        Text("the first is the tax number in the VAT number of the seller or its tax representative"),
        lambda element, _facts: _Number(element).names_seller(),
        "123456783",
    ),
    _of_number(
        "GR-R-001-3",
        Text("the second is the issue date, day first"),
        lambda element, _facts: _Number(element).names_day(),
        "31/01/2026",
    ),
    _of_number(
        "GR-R-001-4",
        Text("the third is a whole number, that of the branch"),
        lambda element, _facts: _Number(element).names_branch(),
        "0",
    ),
    _of_number(
        "GR-R-001-5",
        Text("the fourth is a Greek type of document"),
        lambda element, _facts: _Number(element)[4] in _TYPES,
        ", ".join(_TYPES),
    ),
    _of_number(
        "GR-R-001-6",
        Text("the fifth is not empty"),
        lambda element, _facts: _Number(element)[5] != "",
        "A",
    ),
    _of_number(
        "GR-R-001-7",
        Text("the sixth is not empty"),
        lambda element, _facts: _Number(element)[6] != "",
        "17",
    ),
)


def _is_greek_vat(value: str) -> bool:
    return value.startswith("EL") and is_greek_tin(value[2:])


def _has_greek_vat(party: Element, _facts: PeppolFacts) -> bool:
    found = [each for scheme in vat_schemes_trimmed(party) for each in texts(scheme, "cbc:CompanyID")]
    return len(found) == 1 and _is_greek_vat(found[0])


def _is_greek_vat_number(company: Element, facts: PeppolFacts) -> bool:
    scheme = company.getparent()
    return facts.seller_country in _GREEK and scheme is not None and normal_text(scheme, TAX_SCHEME) == "VAT"


def _references(root: Element, description: str) -> int:
    found = children(root, "cac:AdditionalDocumentReference")
    return sum(description in texts(each, _BY_DESCRIPTION) for each in found)


def _is_mark(number_of: Element, facts: PeppolFacts) -> bool:
    reference = number_of.getparent()
    is_described = reference is not None and _MARK in texts(reference, _BY_DESCRIPTION)
    return is_described and _has_seller_in_greece(number_of, facts)


def _is_address(reference: Element, facts: PeppolFacts) -> bool:
    return facts.seller_country in _GREEK and _ADDRESS in texts(reference, _BY_DESCRIPTION)


def _address_is_greek(address: Element, _facts: PeppolFacts) -> bool:
    return address.get("schemeID") == "9933" and is_greek_tin(text_of(address))


def _has_name(party: Element, _facts: PeppolFacts) -> bool:
    return text(party, "cac:PartyName/cbc:Name") != ""


_VAT_EXPECTED = "EL123456783"
_ADDRESS_EXPECTED = "123456783 (9933)"
_BUYER = "cac:AccountingCustomerParty/cac:Party"


def _address_rule(key: str, term: str) -> PatternRule:
    return assertion(
        key,
        term,
        Text("The electronic address of a Greek party is its tax number, with scheme 9933."),
        _address_is_greek,
        Text("Correct EndpointID."),
        found=".",
        expected=_ADDRESS_EXPECTED,
    )


def _vat_rule(key: str, term: str, sentence: Text, flag: Flag = Flag.FATAL) -> PatternRule:
    return assertion(
        key,
        term,
        sentence,
        _has_greek_vat,
        Text("Give one VAT number: EL and the nine digits of the tax number."),
        found="cac:PartyTaxScheme/cbc:CompanyID",
        expected=_VAT_EXPECTED,
        flag=flag,
    )


_DOCUMENT_RULES = (
    assertion(
        "GR-R-004-1",
        "BT-122",
        Text("An invoice from Greece has one MARK of the tax office (BT-122, described ##M.AR.K##)."),
        lambda root, _facts: _references(root, _MARK) == 1,
        Text("Add an AdditionalDocumentReference with the MARK."),
        expected="1",
    ),
    assertion(
        "GR-S-008-1",
        "BT-122",
        Text("An invoice from Greece says where it can be seen (BT-122, described ##INVOICE|URL##)."),
        lambda root, _facts: _references(root, _ADDRESS) == 1,
        Text("Add an AdditionalDocumentReference with the address."),
        expected="1",
        flag=Flag.WARNING,
    ),
    assertion(
        "GR-R-008-2",
        "BT-122",
        Text("An invoice from Greece says at most once where it can be seen (BT-122)."),
        lambda root, _facts: _references(root, _ADDRESS) <= 1,
        Text("Leave the other references out."),
        expected="1",
    ),
)

GREECE = (
    Pattern(
        (
            RuleContext(("/Invoice/cbc:ID", "/CreditNote/cbc:ID"), _NUMBER_RULES, _has_greek_seller),
            RuleContext(
                (SELLER,),
                (
                    assertion(
                        "GR-R-002",
                        "BT-28",
                        Text("A Greek seller gives its name as registered (BT-28)."),
                        _has_name,
                        Text("Add PartyName/Name."),
                    ),
                    _vat_rule(
                        "GR-S-011", "BT-31", Text("A Greek seller gives its VAT number (BT-31)."), Flag.WARNING
                    ),
                ),
                _has_greek_seller,
            ),
            RuleContext(
                (f"{SELLER}/cac:PartyTaxScheme/cbc:CompanyID",),
                (
                    assertion(
                        "GR-R-003",
                        "BT-31",
                        Text("The VAT number of a Greek seller (BT-31) is EL and a tax number."),
                        lambda company, _facts: _is_greek_vat(text_of(company)),
                        Text("Correct the VAT number."),
                        found=".",
                        expected=_VAT_EXPECTED,
                    ),
                ),
                _is_greek_vat_number,
            ),
            RuleContext(("/Invoice", "/CreditNote"), _DOCUMENT_RULES, _has_seller_in_greece),
            RuleContext(
                ("cac:AdditionalDocumentReference/cbc:ID",),
                (
                    assertion(
                        "GR-R-004-2",
                        "BT-122",
                        Text("The MARK of the Greek tax office (BT-122) is a positive whole number."),
                        lambda element, _facts: text_of(element)[:1] in tuple("123456789"),
                        Text("Correct the MARK."),
                        found=".",
                        expected="400001234567890",
                    ),
                ),
                _is_mark,
            ),
            RuleContext(
                ("cac:AdditionalDocumentReference",),
                (
                    assertion(
                        "GR-R-008-3",
                        "BT-124",
                        Text("Where an invoice from Greece can be seen is an address (BT-124)."),
                        lambda reference, _facts: (
                            normal_text(reference, "cac:Attachment/cac:ExternalReference/cbc:URI") != ""
                        ),
                        Text("Add Attachment/ExternalReference/URI."),
                    ),
                ),
                _is_address,
            ),
            RuleContext(
                (_BUYER,),
                (
                    assertion(
                        "GR-R-005",
                        "BT-45",
                        Text("A Greek seller gives the name of the buyer (BT-45)."),
                        _has_name,
                        Text("Add PartyName/Name."),
                    ),
                ),
                _has_greek_seller,
            ),
            RuleContext(
                (f"{SELLER}/cbc:EndpointID",),
                (_address_rule("GR-R-009", "BT-34"),),
                lambda _element, facts: facts.seller_country_without_representative in _GREEK,
            ),
        ),
        PeppolFacts,
    ),
    Pattern(
        (
            RuleContext(
                (_BUYER,),
                (_vat_rule("GR-R-006", "BT-48", Text("Between Greeks the buyer's VAT number (BT-48) is given.")),),
                _is_within_greece,
            ),
            RuleContext((f"{_BUYER}/cbc:EndpointID",), (_address_rule("GR-R-010", "BT-49"),), _is_within_greece),
        ),
        PeppolFacts,
    ),
)
