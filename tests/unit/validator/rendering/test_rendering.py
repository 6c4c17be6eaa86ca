"""A document to read: nothing of it is hidden, nothing of it runs, and what was found is next to its term."""

from functools import cache

import lxml.html
import pytest
import segno

import gateway
from gateway.validator.cii.bindings import as_day
from gateway.validator.rendering.rendering import REST_MAX, ShownDocument, view_of
from gateway.validator.rendering.view import ShownItem, View
from gateway.validator.report.report import report_of
from tests.samples import SAMPLES, invoice, sample
from tests.samples.document import Attachment, Payment, Sample
from tests.unit.validator.rendering.pages import mutated, read_page, squeezed, texts_in, with_tokens

OTHERS = (
    *("order", "order-change", "order-response", "despatch-advice", "application-response", "receipt-advice"),
    *("time-card", "cii-invoice", "cii-everything", "ohnl-order", "ohnl-order-response"),
)
IN_WORDS = {"VAT", "VA", "102"}
"""The tax scheme, which Dutch calls btw, and the format of a date that is read by it."""
EVERYTHING = sample("en16931-everything")


@cache
def view(document: bytes, language: str = "en") -> View:
    return view_of(ShownDocument(document, report_of(gateway.judge(document), "")), language)


def items(shown: View) -> dict[str, ShownItem]:
    """Every item by the terms that it shows."""
    found: dict[str, ShownItem] = {}
    for section in shown.sections:
        cells = (
            [cell for row in section.table.rows for cell in (*row.cells, *row.details)] if section.table else []
        )
        for item in (*shown.facts, *(item for card in section.cards for item in card.items), *cells):
            found |= {term: item for term in item.terms if item.values and term not in found}
    return found


def texts(item: ShownItem) -> list[str]:
    return [value.text for value in item.values]


# --- nothing is hidden -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*SAMPLES, *OTHERS])
def test_every_text_of_a_sample_is_on_its_page(name: str) -> None:
    shown = read_page(gateway.show(sample(name), "html", language="nl"))
    missing = {
        text for text in texts_in(sample(name)) if squeezed(text) not in shown and as_day(text) not in shown
    }
    assert missing <= IN_WORDS


@pytest.mark.parametrize("name", ["nlcius-direct-debit", "cii-direct-debit"])
def test_a_mandate_is_shown_with_the_payment(name: str) -> None:
    """Mandate (BT-89) and creditor (BT-90), which CII has elsewhere than the rest of a direct debit."""
    shown = view(sample(name))
    assert all(section.style != "rest" for section in shown.sections)
    [payment] = [section for section in shown.sections if section.title == "Payment"]
    values = " ".join(text for card in payment.cards for item in card.items for text in texts(item))
    assert "M-2024-0093" in values
    assert ("NL07ZZZ908172630000" in values) == (name == "cii-direct-debit")


@pytest.mark.parametrize(
    "name",
    [
        "en16931-everything",
        "en16931-everything-credit-note",
        "cii-everything",
        "order",
        "despatch-advice",
        "time-card",
        "ohnl-order",
    ],
)
@pytest.mark.parametrize("form", ["html", "text"])
def test_a_text_is_shown_wherever_it_is(name: str, form: str) -> None:
    """With a text at every place that is nowhere else, none can be seen for another."""
    document, tokens = with_tokens(sample(name))
    page = gateway.show(document, form)
    shown = read_page(page) if form == "html" else squeezed(page.decode()).replace(",", "")
    assert [token for token in tokens if squeezed(token) not in shown] == []


@pytest.mark.parametrize("seed", range(40))
def test_nothing_that_a_sender_adds_is_hidden(seed: int) -> None:
    name = [*SAMPLES, *OTHERS][seed % (len(SAMPLES) + len(OTHERS))]
    document = mutated(sample(name), seed)
    shown = read_page(gateway.show(document, "html", language=["nl", "en"][seed % 2]))
    missing = {text for text in texts_in(document) if squeezed(text) not in shown and as_day(text) not in shown}
    assert missing <= IN_WORDS


def test_an_order_says_in_words_until_when_it_holds() -> None:
    [_, until] = view(sample("order"), "nl").facts
    assert texts(until) == ["30 oktober 2026"]


def test_an_order_in_ubl_ohnl_has_its_addresses_and_kinds_of_number_where_they_are_read() -> None:
    page = gateway.show(sample("ohnl-order"), "text", language="nl").decode()
    shown, _, rest = page.partition("AL HET OVERIGE")
    for line in (
        "Nummer                  00000001812345678000 (OIN)",
        "Adres                   Kadeweg, 4, 4321 ZS Zilverstrand, Nederland (NL)\n  Van ",
        "Kostenplaats            6150",
        "Leveringsvoorwaarden    DAP",
    ):
        assert line in shown
    assert "Delivery › Delivery address › Street name" not in rest


def test_the_attributes_of_a_code_are_in_one_row() -> None:
    rest = view(sample("ohnl-order")).sections[-1]
    assert rest.table is not None
    rows = {row.cells[0].values[0].text: row.cells[1].values[0].text for row in rest.table.rows}
    assert rows["Document currency code"].startswith("List ID: ISO 4217 Alpha; List agency ID: 6; ")
    assert rows["UBL version ID"] == "2.0"
    assert not [path for path in rows if path.endswith("List agency ID")]


def test_of_a_flood_of_unknown_texts_the_number_left_out_is_shown() -> None:
    flood = b"".join(b'<x xmlns="urn:example">%d</x>' % nth for nth in range(REST_MAX + 7))
    document = EVERYTHING.replace(b"</Invoice>", flood + b"</Invoice>")
    last = view(document).sections[-1]
    assert last.style == "rest"
    assert " more texts are only in the XML." in last.remark


def test_base64_is_never_on_the_page() -> None:
    document = Sample(attachments=(Attachment("B1", "Uren", b"%PDF-" + b"x" * 3_000_000),)).xml()
    page = gateway.show(document, "html")
    assert len(page) < 40_000
    shown = items(view(document))
    assert texts(shown["BT-125-2"]) == ["bijlage.pdf"]
    assert b"3.0 MB" in page


# --- nothing of it runs --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["en16931-everything", "order"])
@pytest.mark.parametrize(
    "hostile", ["<script>{}</script>", "\"'><img src=x onerror={}>", "javascript:{}", "]]>{}&amp;"]
)
def test_a_hostile_text_is_only_text(name: str, hostile: str) -> None:
    document, tokens = with_tokens(sample(name), around=hostile)
    harmless, _ = with_tokens(sample(name))
    page = gateway.show(document, "html")
    root, usual = (lxml.html.document_fromstring(each.decode()) for each in (page, gateway.show(harmless, "html")))
    assert {each.tag for each in root.iter("*")} <= {each.tag for each in usual.iter("*")} | {
        "data",
        "span",
        "small",
    }
    assert not [each for each in root.iter("*") for name in each.attrib if name.startswith("on")]
    assert all(str(each).startswith("#") for each in root.xpath("//a/@href"))
    shown = read_page(page)
    assert [token for token in tokens if squeezed(token) not in shown] == []


@pytest.mark.parametrize("document", [b"", b"%PDF-1.7", b"<a", b"<a/>", b"<a b='c'>d</a>", b"\xff\xfe"])
@pytest.mark.parametrize("form", ["html", "text", "pdf"])
def test_what_is_no_invoice_is_shown_as_far_as_it_goes(document: bytes, form: str) -> None:
    assert gateway.show(document, form, language="nl")


# --- what a clerk needs ----------------------------------------------------------------------------------------


def test_an_invoice_says_what_it_is_and_what_is_to_be_paid() -> None:
    english, dutch = view(EVERYTHING), view(EVERYTHING, "nl")
    assert (english.kind, english.number, english.tone) == ("Invoice", "2026-0420", "invoice")
    assert english.amount
    assert dutch.amount
    assert (texts(english.amount), english.amount_label) == (["€ 2,368.31"], "Amount due")
    assert (texts(dutch.amount), dutch.amount_label) == (["€ 2.368,31"], "Te betalen")
    assert dutch.amount.values[0].raw == "2368.31"


@pytest.mark.parametrize(
    ("name", "kind", "tone"),
    [
        ("nlcius-credit-note", "Creditnota", "credit"),
        ("nlcius-corrective", "Correctiefactuur", "invoice"),
        ("nlcius-invoice", "Factuur", "invoice"),
        ("order", "Order", "other"),
        ("time-card", "Tijdkaart", "other"),
    ],
)
def test_the_kind_is_in_words_and_has_its_own_colour(name: str, kind: str, tone: str) -> None:
    shown = view(sample(name), "nl")
    assert (shown.kind, shown.tone) == (kind, tone)


def test_codes_are_in_words_with_the_code() -> None:
    shown = items(view(EVERYTHING, "nl"))
    assert [(value.text, value.code) for value in shown["BT-130"].values] == [("240", ""), ("stuks", "C62")]
    assert [(value.text, value.code) for value in shown["BT-151"].values][1] == ("Belast", "S")
    assert [(value.prefix, value.text, value.code) for value in shown["BT-30"].values] == [
        ("KVK", "90817263", "0106")
    ]
    reverse = items(view(sample("en16931-reverse-charge"), "nl"))
    assert texts(reverse["BT-120"]) == ["Btw verlegd"]


def test_amounts_are_not_rounded() -> None:
    document = invoice(1).replace(b">5.25</cbc:PriceAmount>", b">5.2512345</cbc:PriceAmount>")
    assert texts(items(view(document, "nl"))["BT-146"])[0] == "5,2512345"


def test_an_amount_in_another_currency_says_so() -> None:
    shown = view(EVERYTHING, "nl")
    sums = next(section for section in shown.sections if section.style == "sums")
    assert [texts(item) for item in sums.cards[0].items if item.terms == ("BT-111",)] == [["SEK 1.254,61"]]


def test_the_chain_of_totals_ends_in_what_is_due() -> None:
    sums = next(section for section in view(EVERYTHING).sections if section.style == "sums")
    steps = [(item.values[0].prefix, item.terms[0]) for item in sums.cards[0].items]
    assert [term for _, term in steps] == [
        *("BT-106", "BT-107", "BT-108", "BT-109", "BT-110", "BT-111", "BT-112", "BT-113", "BT-114", "BT-115")
    ]
    assert sums.cards[0].items[-1].is_total


# --- payment -----------------------------------------------------------------------------------------------------


def pictures(document: bytes) -> list[str]:
    return [card.picture for section in view(document).sections for card in section.cards if card.picture]


def drawn(*lines: str) -> str:
    """The code of these lines (EPC069-12, 2.1), error correction level M."""
    code = segno.make_qr("\n".join(lines).encode(), error="m", boost_error=False)
    return code.svg_inline(scale=4, border=4, dark="#000", light="#fff")


def test_the_code_to_pay_by_says_what_the_invoice_says() -> None:
    lines = ("BCD", "002", "1", "SCT", "", "Groenbedrijf De Wilgenroos B.V.", "NL48MPRT0417164300", "EUR121")
    assert pictures(sample("nlcius-invoice")) == [drawn(*lines, "", "", "2026-0417")]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"NL48MPRT0417164300", b"NL49MPRT0417164300"),
        (b">58<", b">10<"),
        (b">EUR</cbc:DocumentCurrencyCode>", b">USD</cbc:DocumentCurrencyCode>"),
        (b">121.00</cbc:PayableAmount>", b">121.005</cbc:PayableAmount>"),
        (b">121.00</cbc:PayableAmount>", b">-121.00</cbc:PayableAmount>"),
        (b">121.00</cbc:PayableAmount>", b">1e2</cbc:PayableAmount>"),
    ],
)
def test_there_is_no_code_where_it_would_say_something_else(old: bytes, new: bytes) -> None:
    document = sample("nlcius-invoice")
    assert old in document
    assert pictures(document.replace(old, new)) == []


def test_a_name_cannot_bring_another_account_into_the_code() -> None:
    document = sample("nlcius-invoice").replace(
        b"Groenbedrijf De Wilgenroos B.V.</cbc:RegistrationName>",
        b"Groen&#10;NL66MPRT0912345678&#10;EUR999</cbc:RegistrationName>",
    )
    lines = ("BCD", "002", "1", "SCT", "", "Groen NL66MPRT0912345678 EUR999", "NL48MPRT0417164300", "EUR121")
    assert pictures(document) == [drawn(*lines, "", "", "2026-0417")]


def test_a_second_account_for_the_same_amount_gets_no_code() -> None:
    assert (
        len(pictures(Sample(payments=(Payment(accounts=("NL48MPRT0417164300", "NL66MPRT0912345678")),)).xml()))
        == 1
    )
    assert pictures(sample("nlcius-credit-note")) == []


def test_what_goes_to_a_g_account_is_apart() -> None:
    parts = (("BENEFICIARY", "NL48MPRT0417164300", "90.75"), ("GACCOUNT", "NL66MPRT0912345678", "30.25"))
    means = "".join(
        f"<cac:PaymentMeans><cbc:ID>{key}</cbc:ID><cbc:PaymentMeansCode>58</cbc:PaymentMeansCode>"
        f"<cac:PayeeFinancialAccount><cbc:ID>{account}</cbc:ID></cac:PayeeFinancialAccount></cac:PaymentMeans>"
        for key, account, _ in parts
    )
    terms = "".join(
        f"<cac:PaymentTerms><cbc:PaymentMeansID>{key}</cbc:PaymentMeansID>"
        f'<cbc:Amount currencyID="EUR">{amount}</cbc:Amount></cac:PaymentTerms>'
        for key, _, amount in parts
    )
    document = sample("nlcius-invoice")
    start, end = document.index(b"<cac:PaymentMeans>"), document.index(b"</cac:PaymentMeans>") + 19
    section = next(
        one
        for one in view(document[:start] + (means + terms).encode() + document[end:]).sections
        if one.title == "Payment"
    )
    assert [card.title for card in section.cards] == ["Payment", "To the G-account (blocked account)"]
    amounts = [texts(item) for card in section.cards for item in card.items if item.label == "Amount"]
    assert amounts == [["€ 90.75"], ["€ 30.25"]]
    lines = ("BCD", "002", "1", "SCT", "", "Groenbedrijf De Wilgenroos B.V.", "NL66MPRT0912345678", "EUR30.25")
    assert section.cards[1].picture == drawn(*lines, "", "", "2026-0417")


# --- findings ----------------------------------------------------------------------------------------------------


def test_a_finding_is_next_to_its_term() -> None:
    document = sample("nlcius-invoice-full").replace(b'unitCode="HUR"', b'unitCode="UUR"')
    shown = view(document)
    lines = next(one.table for one in shown.sections if one.title == "Lines")
    assert lines
    found = [[note.finding.rule for cell in row.cells for note in cell.notes] for row in lines.rows]
    assert found == [[], ["BR-CL-23"], []]
    assert all(note.is_nearby for note in shown.notes if note.finding.rule == "BR-CL-23")
    assert (shown.verdict_tone, shown.verdict) == ("bad", "Not valid: see what was found.")


def test_every_anchor_of_the_page_is_there_once() -> None:
    document = (
        sample("nlcius-invoice-full").replace(b'unitCode="HUR"', b'unitCode="UUR"').replace(b"21.00", b"20.00")
    )
    root = lxml.html.document_fromstring(gateway.show(document, "html").decode())
    ids = [str(each) for each in root.xpath("//@id")]
    assert len(ids) == len(set(ids))
    assert {str(each).removeprefix("#") for each in root.xpath("//a/@href")} <= set(ids)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (
            sample("order-change"),
            "Not judged: there are no rules for this document here, it was checked by its schema alone.",
        ),
        (
            sample("nlcius-invoice").replace(b"<cbc:ID>2026-0417</cbc:ID>", b"", 1),
            "Not judged: the business rules.",
        ),
    ],
)
def test_what_was_not_judged_is_named(document: bytes, expected: str) -> None:
    assert expected in view(document).not_judged
    assert view(document).verdict_tone != "good"


def test_a_document_without_a_verdict_is_not_called_valid() -> None:
    shown = view_of(ShownDocument(EVERYTHING), "en")
    assert (shown.verdict_tone, shown.notes) == ("warning", [])
