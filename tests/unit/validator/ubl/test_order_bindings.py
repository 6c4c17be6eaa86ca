"""Orders, order responses, despatch advices and invoice responses are read into their models."""

from typing import Any

from lxml import etree

from gateway.validator.model.document import DocumentKind
from gateway.validator.ubl.binding import Vocabulary
from gateway.validator.ubl.order_bindings import (
    UBL_DESPATCH_ADVICE,
    UBL_INVOICE_RESPONSE,
    UBL_ORDER,
    UBL_ORDER_RESPONSE,
)
from gateway.validator.ubl.reader import read
from tests.samples import sample
from tests.samples.documents import document


def read_sample(content: bytes, vocabulary: Vocabulary[Any]) -> Any:
    return read(etree.fromstring(content), vocabulary).document


def test_an_order_is_read() -> None:
    order = read_sample(document(DocumentKind.ORDER), UBL_ORDER)
    assert (order.number, order.issue_date, order.currency) == ("INK-2026-0188", "2026-10-19", "EUR")
    assert (order.buyer.name, order.seller.name) == ("Gemeente Zilverstrand", "Groenbedrijf De Wilgenroos B.V.")
    assert (order.buyer.electronic_address.scheme, order.buyer.address.city) == ("0190", "Zilverstrand")
    assert order.totals.due == "1495.56"
    first, second = order.lines
    assert (first.quantity, first.unit, first.net_amount) == ("240", "C62", "444.00")
    assert (second.item.name, second.price.amount) == ("Straatwerk, vakman", "49.50")


def test_everything_of_an_order_is_read() -> None:
    order = read_sample(sample("peppol-order-full"), UBL_ORDER)
    assert order.documents[0].filename == "bestek.pdf"
    assert order.originator.contact.telephone == "+31 113 555 018"
    assert order.delivery.party.address.country == "NL"
    assert order.delivery.period.start_date == "2026-11-02"
    [line] = order.lines
    assert (line.price.gross_amount, line.allowances_and_charges[0].percentage) == ("6.00", "10")
    assert line.period.end_date == "2026-11-06"
    assert line.item.vat_rate == "21"


def test_an_order_response_is_read() -> None:
    response = read_sample(sample("peppol-order-response-full"), UBL_ORDER_RESPONSE)
    [line] = response.lines
    assert (response.response, line.status, line.order_line) == ("CA", "3", "X94")
    assert response.buyer.identifiers[0].value == "90817263"
    assert line.replacement.vat_category == "S"


def test_a_despatch_advice_is_read() -> None:
    advice = read_sample(sample("peppol-despatch-advice-full"), UBL_DESPATCH_ADVICE)
    [line] = advice.lines
    assert (line.quantity, line.unit, line.outstanding_quantity) == ("2", "C62", "2")
    assert advice.despatcher.contact.email == "verkoop@wilgenroos.example"
    assert advice.shipment.carrier.identifiers[0].scheme == "0106"
    assert advice.shipment.delivery.party.address.country == "NL"


def test_an_invoice_response_is_read() -> None:
    response = read_sample(sample("peppol-invoice-response-full"), UBL_INVOICE_RESPONSE)
    [reason] = response.clarifications
    assert (response.status, reason.code, reason.code_list) == ("RE", "REF", "OPStatusReason")
    assert response.sender.electronic_address.value == "90817263"
