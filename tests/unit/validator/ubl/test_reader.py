"""Reading UBL: what a document says, wherever and however often it says it."""

import gc

import pytest
from lxml import etree

from gateway.validator.model.invoice import (
    BreakdownVat,
    DocumentAllowance,
    DocumentCharge,
    Invoice,
    InvoiceLine,
    Item,
    LineVat,
    OtherAllowance,
    SupportingDocument,
    TaxRegistration,
)
from gateway.validator.model.terms import Repeated
from gateway.validator.ubl.bindings import UBL_INVOICE
from gateway.validator.ubl.breaches import breaches
from gateway.validator.ubl.reader import Reading, read

_SPACES = (
    'xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2" '
    'xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"'
)
_LINE = (
    "<cac:InvoiceLine><cbc:ID>{0}</cbc:ID><cbc:InvoicedQuantity unitCode='C62'>1</cbc:InvoicedQuantity>"
    "<cbc:LineExtensionAmount currencyID='EUR'>{0}.00</cbc:LineExtensionAmount>"
    "<cac:Item><cbc:Name>Paal</cbc:Name><cac:ClassifiedTaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>21</cbc:Percent>"
    "<cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:ClassifiedTaxCategory></cac:Item></cac:InvoiceLine>"
)


def _root(content: str, kind: str = "Invoice") -> etree._Element:
    namespace = f"urn:oasis:names:specification:ubl:schema:xsd:{kind}-2"
    return etree.fromstring(f'<u:{kind} xmlns:u="{namespace}" {_SPACES}>{content}</u:{kind}>')


def _read(content: str, kind: str = "Invoice") -> Reading[Invoice]:
    return read(_root(content, kind), UBL_INVOICE)


def test_terms_are_the_text_as_it_stands() -> None:
    invoice = _read(
        "<cbc:ID> F-1 </cbc:ID><cbc:IssueDate/><cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>"
    ).document
    assert (invoice.number, invoice.issue_date, invoice.currency, invoice.due_date) == (" F-1 ", "", "EUR", None)


def test_a_comment_in_a_text_is_not_part_of_it_and_has_no_ordinal() -> None:
    found = _read("<cbc:ID>F<!-- x -->-1</cbc:ID><!-- y --><cbc:Note>a<![CDATA[<b>]]></cbc:Note>")
    assert found.document.number == "F-1"
    assert found.document.notes[0].text == "a<b>"
    assert found.document.notes[0].ordinal == 2
    assert found.elements([2])[2].text == "a<b>"


def test_a_repeated_element_keeps_all_its_texts() -> None:
    found = _read("<cbc:ID>1</cbc:ID><cbc:ID>2</cbc:ID>").document
    assert isinstance(found.number, Repeated)
    assert found.number.values == ("1", "2")
    assert found.repeats == ((found, "number"),)


def test_a_line_has_its_groups() -> None:
    line = _read(_LINE.format(7)).document.lines[0]
    assert (line.number, line.quantity, line.unit, line.net_amount) == ("7", "1", "C62", "7.00")
    assert (line.item.name, line.price.net) == ("Paal", None)
    assert [(vat.code, vat.rate, vat.is_vat, vat.on_line) for vat in line.vat] == [("S", "21", True, True)]


def test_lines_that_differ_in_attributes_are_read_each_by_itself() -> None:
    odd = _LINE.format(3).replace("unitCode='C62'", "unitCode='KWH' unitCodeListID='x'")
    bare = _LINE.format(4).replace(" currencyID='EUR'", "")
    lines = _read("".join(_LINE.format(n) for n in range(3)) + odd + bare + _LINE.format(5)).document.lines
    assert [line.unit for line in lines] == ["C62", "C62", "C62", "KWH", "C62", "C62"]
    assert [line.net_amount for line in lines] == ["0.00", "1.00", "2.00", "3.00", "4.00", "5.00"]


def test_an_attribute_without_use_is_found_on_one_line_among_many() -> None:
    odd = _LINE.format(3).replace("<cbc:Name>", "<cbc:Name languageID='nl'>")
    found = _read("".join(_LINE.format(n) for n in range(3)) + odd + _LINE.format(5))
    [ordinal] = [breach.ordinal for breach in breaches(found) if breach.rule.id == "UBL-DT-19"]
    assert found.elements([ordinal])[ordinal].text == "Paal"
    assert [item.ordinal for item in found.document.all(Item)][3] == ordinal - 1


def test_the_same_tags_nested_otherwise_mean_something_else() -> None:
    flat = _LINE.format(1)
    nested = flat.replace("</cac:TaxScheme></cac:ClassifiedTaxCategory>", "</cac:TaxScheme>").replace(
        "</cac:Item>", "</cac:ClassifiedTaxCategory></cac:Item>"
    )
    scheme = "<cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>"
    out = flat.replace(f"{scheme}</cac:ClassifiedTaxCategory>", f"</cac:ClassifiedTaxCategory>{scheme}")
    lines = _read(flat + nested + out + flat).document.lines
    assert [line.vat[0].is_vat for line in lines] == [True, True, False, True]


def test_ordinals_are_numbers_of_elements_in_document_order() -> None:
    found = _read("<cbc:Note>a</cbc:Note><!-- x --><cbc:Note>b</cbc:Note>" + _LINE.format(1) + _LINE.format(2))
    assert [line.ordinal for line in found.document.lines] == [3, 14]
    elements = found.elements([line.ordinal for line in found.document.lines])
    assert [each.findtext("{*}ID") for each in elements.values()] == ["1", "2"]


def test_the_indicator_says_what_an_allowance_is() -> None:
    def one(indicator: str) -> str:
        return f"<cac:AllowanceCharge><cbc:ChargeIndicator>{indicator}</cbc:ChargeIndicator></cac:AllowanceCharge>"

    content = "".join(one(each) for each in ("false", " 0 ", "true", "1", "TRUE"))
    kinds = [type(each).__name__ for each in _read(content).document.allowances_and_charges]
    assert kinds == [
        "DocumentAllowance",
        "DocumentAllowance",
        "DocumentCharge",
        "DocumentCharge",
        "AllowanceCharge",
    ]


def test_what_stands_where_the_norm_has_no_room_is_found_but_not_taken_for_the_norms() -> None:
    allowance = "<cac:AllowanceCharge><cbc:ChargeIndicator>false</cbc:ChargeIndicator></cac:AllowanceCharge>"
    line = _LINE.format(1).replace("</cac:Item>", f"</cac:Item><cac:Price>{allowance}</cac:Price>")
    sub = _LINE.format(2).replace("InvoiceLine", "SubInvoiceLine")
    document = "<cac:BillingReference><cac:AdditionalDocumentReference/></cac:BillingReference>"
    invoice = _read(document + line.replace("</cac:InvoiceLine>", sub + "</cac:InvoiceLine>")).document
    assert len(invoice.all(OtherAllowance)) == 1
    assert not invoice.all(DocumentAllowance) + invoice.all(DocumentCharge)
    assert [vat.on_line for vat in invoice.all(LineVat)] == [True, False]
    assert (len(invoice.all(InvoiceLine)), len(invoice.all(SupportingDocument)), invoice.documents) == (1, 1, ())


@pytest.mark.parametrize("count", [1, 13])
def test_every_breakdown_is_read(count: int) -> None:
    one = (
        "<cac:TaxSubtotal><cbc:TaxableAmount currencyID='EUR'>1.00</cbc:TaxableAmount>"
        "<cbc:TaxAmount currencyID='EUR'>{0}</cbc:TaxAmount><cac:TaxCategory><cbc:ID>S</cbc:ID></cac:TaxCategory>"
        "</cac:TaxSubtotal>"
    )
    total = "<cbc:TaxAmount currencyID='EUR'>9</cbc:TaxAmount>" + "".join(one.format(n) for n in range(count))
    found = _read(f"<cac:TaxTotal>{total}</cac:TaxTotal>" + _LINE.format(1))
    invoice = found.document
    assert (invoice.vat_totals[0].amount, invoice.vat_totals[0].currency) == ("9", "EUR")
    assert [each.tax for each in invoice.breakdowns()] == [str(n) for n in range(count)]
    assert [each.tax for each in invoice.all(BreakdownVat)] == [str(n) for n in range(count)]
    line = found.elements([invoice.lines[0].ordinal])[invoice.lines[0].ordinal]
    assert line.findtext("{*}Item/{*}Name") == "Paal"


def test_long_amounts_are_those_of_ubl_dt_01() -> None:
    price = "<cac:Price><cbc:PriceAmount>1.2345</cbc:PriceAmount>{}</cac:Price>"
    discount = "<cac:AllowanceCharge><cbc:Amount>0.1234</cbc:Amount></cac:AllowanceCharge>"
    content = "<cac:InvoiceLine><cbc:LineExtensionAmount>1.234</cbc:LineExtensionAmount>{}</cac:InvoiceLine>"
    found = _read(content.format(price.format(discount)) + content.format(price.format("")))
    assert [breach.found for breach in breaches(found) if breach.rule.id == "UBL-DT-01"] == ["1.234", "1.234"]


def test_a_vat_scheme_is_vat_in_any_case() -> None:
    scheme = "<cac:TaxScheme><cbc:ID>{}</cbc:ID></cac:TaxScheme>"
    party = f"<cac:PartyTaxScheme><cbc:CompanyID>NL1</cbc:CompanyID>{scheme}</cac:PartyTaxScheme>"
    content = "".join(party.format(each) for each in (" vat ", "VAT", "GST", ""))
    seller = f"<cac:AccountingSupplierParty><cac:Party>{content}</cac:Party></cac:AccountingSupplierParty>"
    assert [each.is_vat for each in _read(seller).document.all(TaxRegistration)] == [True, True, False, False]


def test_the_element_of_a_term() -> None:
    root = _root(_LINE.format(1))
    assert UBL_INVOICE.element_of(root[0], "BT-131").text == "1.00"
    assert UBL_INVOICE.element_of(root[0], "BT-130").text == "1"
    assert UBL_INVOICE.element_of(root[0], "BT-133") is root[0]
    assert UBL_INVOICE.element_of(root, "BT-1") is root


def test_another_root_is_refused() -> None:
    with pytest.raises(ValueError, match="is not one of Invoice, CreditNote"):
        read(etree.fromstring("<Order/>"), UBL_INVOICE)


def test_reading_leaves_the_garbage_collector_as_it_was() -> None:
    assert gc.isenabled()
    _read(_LINE.format(1))
    assert gc.isenabled()


def test_terms_of_the_group_around_are_there_wherever_that_group_has_them() -> None:
    category = "<cac:TaxCategory><cbc:ID>S</cbc:ID></cac:TaxCategory>"
    indicator = "<cbc:ChargeIndicator>true</cbc:ChargeIndicator>"
    content = f"<cac:AllowanceCharge>{category}{indicator}</cac:AllowanceCharge>"
    [charge] = _read(content).document.allowances_and_charges
    assert [type(each).__name__ for each in (charge, *charge.vat)] == ["DocumentCharge", "ChargeVat"]


def test_an_empty_period_is_one_without_elements() -> None:
    periods = "<cac:InvoicePeriod><!-- x --></cac:InvoicePeriod><cac:InvoicePeriod><cbc:X/></cac:InvoicePeriod>"
    assert [period.is_empty for period in _read(periods).document.periods] == [True, False]
