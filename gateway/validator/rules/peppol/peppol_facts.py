"""What the rules of BIS Billing share about one invoice: its process, and the countries of its parties.

Each country finds them in its own way: by the VAT number or the postal address, in capitals or as written. A
question that the official text cannot answer, as of a seller with two VAT numbers, raises UndecidableError.
"""

from collections.abc import Iterator

from gateway.validator.rules.facts import once
from gateway.validator.rules.peppol.amounts import AmountFacts
from gateway.validator.rules.xpath import normal, normal_text, one, text
from gateway.validator.xml.namespaces import CAC, CBC
from gateway.validator.xml.paths import Element, children, has, texts

SELLER = "cac:AccountingSupplierParty/cac:Party"
BUYER = "cac:AccountingCustomerParty/cac:Party"
REPRESENTATIVE = "cac:TaxRepresentativeParty"
COUNTRY = "cac:PostalAddress/cac:Country/cbc:IdentificationCode"
INVOICED, CREDITED = f"{CBC}InvoicedQuantity", f"{CBC}CreditedQuantity"
TAX_SCHEME = "cac:TaxScheme/cbc:ID"

WITH_RESPONSE = "urn:peppol:bis:billing_with_response"
_FRENCH = ("urn:peppol:france:billing:regulated", "urn:peppol:france:billing:non-regulated")
_PROCESSES = {
    WITH_RESPONSE: "02",
    **dict.fromkeys(_FRENCH, "01"),
}
"""The approved processes (BT-23), with that of the specification itself, which is 01."""


def vat_schemes(party: Element) -> Iterator[Element]:
    """The tax schemes of a party that are VAT, exactly so."""
    return (each for each in children(party, "cac:PartyTaxScheme") if "VAT" in texts(each, TAX_SCHEME))


def vat_schemes_trimmed(party: Element) -> list[Element]:
    """The same where white space around VAT is allowed, and two identifiers of a scheme are not."""
    return [each for each in children(party, "cac:PartyTaxScheme") if normal_text(each, TAX_SCHEME) == "VAT"]


def vat_numbers(party: Element) -> Iterator[str]:
    """The VAT number of each of those schemes, empty where a scheme has none."""
    return (text(each, "cbc:CompanyID") for each in vat_schemes(party))


class PeppolFacts(AmountFacts):
    """The answers about one invoice, each worked out when it is first asked for."""

    def __init__(self, root: Element) -> None:
        self.root = root
        self._vat_countries: dict[str, list[str]] = {}
        self._address_countries: dict[str, list[str]] = {}
        self._periods: dict[tuple[Element, str], list[str]] = {}

    def period(self, root: Element, end: str) -> list[str]:
        """The days (`StartDate`, `EndDate`) at which the period of an invoice starts, or ends."""
        if (root, end) not in self._periods:
            self._periods[root, end] = texts(root, f"cac:InvoicePeriod/cbc:{end}")
        return self._periods[root, end]

    @once
    def quantity(self) -> str:
        return CREDITED if self.is_credit_note else INVOICED

    def process(self, own: str) -> str | None:
        """The process (BT-23): `01`, where it is `own`, the specification's, or a French one, or `02`; None for
        one that is not approved."""
        given = normal_text(self.root, "cbc:ProfileID")
        return "01" if given == own else _PROCESSES.get(given)

    @once
    def is_credit_note(self) -> bool:
        return str(self.root.tag).endswith("}CreditNote")

    @once
    def currencies(self) -> list[str]:
        """The invoice currency (BT-5); no schema allows several."""
        return texts(self.root, "cbc:DocumentCurrencyCode")

    # Norway, Italy, Greece: by the VAT number, else by the address -------------------------------------------

    @once
    def seller_country(self) -> str:
        """By the VAT number of the seller or its tax representative, else by the seller's address; or XX."""
        by_number = self._of_vat_number(SELLER)
        if by_number is None:
            by_number = self._of_vat_number(REPRESENTATIVE)
        return self._by_number_or_address(SELLER) if by_number is None else by_number

    @once
    def seller_country_without_representative(self) -> str:
        return self._by_number_or_address(SELLER)

    @once
    def buyer_country(self) -> str:
        return self._by_number_or_address(BUYER)

    def _by_number_or_address(self, party: str) -> str:
        by_number = self._of_vat_number(party)
        if by_number is not None:
            return by_number
        by_address = self._of_address(party)
        return "XX" if by_address is None else by_address

    def _of_vat_number(self, party: str) -> str | None:
        """None where there is no number, or an empty one."""
        if (numbers := self._vat_countries.get(party)) is None:
            numbers = [number[:2] for each in children(self.root, party) for number in vat_numbers(each)]
            self._vat_countries[party] = numbers
        return normal(one(numbers)).upper() if any(numbers) or len(numbers) > 1 else None

    def _of_address(self, party: str) -> str | None:
        countries = self._countries(party)
        return normal(one(countries)).upper() if countries else None

    def _countries(self, party: str) -> list[str]:
        if (found := self._address_countries.get(party)) is None:
            found = self._address_countries[party] = texts(self.root, f"{party}/{COUNTRY}")
        return found

    # Germany and the Netherlands: by the address ---------------------------------------------------------------

    @once
    def seller_address(self) -> str | None:
        """The country of the seller's address, in capitals."""
        return self._of_address(SELLER)

    @once
    def buyer_address(self) -> str | None:
        return self._of_address(BUYER)

    @once
    def representative_address(self) -> str | None:
        return self._of_address(REPRESENTATIVE)

    @once
    def is_german(self) -> bool:
        """Whether both parties are in Germany."""
        return self.seller_address == "DE" and self.buyer_address == "DE"

    # Denmark and Iceland: by the address, as it is written -----------------------------------------------------

    @once
    def seller_as_written(self) -> str:
        return one(self._countries(SELLER))

    @once
    def buyer_as_written(self) -> str:
        return one(self._countries(BUYER))

    # Sweden: any party of that role, anywhere ------------------------------------------------------------------

    def _is_swedish(self, role: str) -> bool:
        parties = (party for each in self.root.iter(f"{CAC}{role}") for party in children(each, "cac:Party"))
        return any("SE" in texts(party, COUNTRY) for party in parties)

    @once
    def has_swedish_seller(self) -> bool:
        return self._is_swedish("AccountingSupplierParty")

    @once
    def has_swedish_buyer(self) -> bool:
        return self._is_swedish("AccountingCustomerParty")

    @once
    def has_seller_with_swedish_vat(self) -> bool:
        """A seller in Sweden with a Swedish VAT number."""
        sellers = self.root.iter(f"{CAC}AccountingSupplierParty")
        return any(is_swedish_with_vat(party) for each in sellers for party in children(each, "cac:Party"))

    # The Netherlands -------------------------------------------------------------------------------------------

    @once
    def has_payment_means(self) -> bool:
        """Payment means anywhere in the document."""
        return next(self.root.iter(f"{CAC}PaymentMeans"), None) is not None

    @once
    def has_order(self) -> bool:
        return has(self.root, "cac:OrderReference/cbc:ID")


def is_swedish_with_vat(party: Element, _facts: object = None) -> bool:
    """Whether a party is in Sweden and has a Swedish VAT number."""
    return "SE" in texts(party, COUNTRY) and any(number[:2] == "SE" for number in vat_numbers(party))
