"""The tables of syntax rules are whole, and what they find is where they say.

That they agree with the official stylesheet on every mutant is proven in `tests/conformance`.
"""

import re
from collections import Counter

from lxml import etree

from gateway.validator.finding import Flag
from gateway.validator.ubl.bindings import UBL_INVOICE
from gateway.validator.ubl.breaches import SyntaxBreach, breaches
from gateway.validator.ubl.reader import read
from gateway.validator.ubl.rules import RULES, UNUSED_ELEMENTS, WITH_TEXT
from tests.samples import SAMPLES, invoice

VALID = SAMPLES["nlcius-invoice"].xml()


def judged(document: bytes) -> list[SyntaxBreach]:
    return breaches(read(etree.fromstring(document), UBL_INVOICE))


def test_no_rule_is_missing_and_two_are_fatal_among_the_unused() -> None:
    families = Counter(re.sub(r"-\d+$", "", rule) for rule in RULES)
    assert families == {"UBL-CR": 678, "UBL-SR": 54, "UBL-DT": 24}
    fatal = {rule.id for rule in RULES.values() if rule.flag is Flag.FATAL}
    assert {rule for rule in fatal if rule.startswith("UBL-CR")} == {"UBL-CR-666", "UBL-CR-673"}
    assert {rule for rule in fatal if rule.startswith("UBL-DT")} == {"UBL-DT-01", "UBL-DT-06", "UBL-DT-07"}


def test_no_path_is_forbidden_by_two_rules() -> None:
    assert len(set(UNUSED_ELEMENTS.values())) == len(UNUSED_ELEMENTS)


def test_every_rule_has_its_sentence_in_two_languages() -> None:
    for rule in RULES.values():
        assert rule.sentence.en.endswith(".")
        assert rule.sentence.nl.endswith(".")
        assert rule.sentence.en != rule.sentence.nl


def test_a_valid_invoice_breaks_none() -> None:
    assert judged(VALID) == []
    assert judged(invoice(30, notes=3, attachments=2)) == []


def test_what_has_no_use_is_reported_once_at_its_first_position() -> None:
    document = invoice(3).replace(b"</cac:Price>", b"<cbc:PriceType>net</cbc:PriceType></cac:Price>")
    root = etree.fromstring(document)
    reading = read(root, UBL_INVOICE)
    [breach] = breaches(reading)
    assert (breach.rule.id, breach.times) == ("UBL-CR-627", 3)
    assert reading.elements([breach.ordinal])[breach.ordinal] is next(root.iter("{*}PriceType"))


def test_each_line_breaks_a_rule_for_itself() -> None:
    twice = b"<cbc:Description>een</cbc:Description><cbc:Name>"
    document = invoice(3).replace(b"<cbc:Name>Artikel", twice + b"Artikel")
    assert [breach.rule.id for breach in judged(document)] == ["UBL-SR-50"] * 3


def test_an_amount_with_three_decimals_is_shown() -> None:
    [breach] = judged(VALID.replace(b'"EUR">100.00</cbc:TaxableAmount>', b'"EUR">100.000</cbc:TaxableAmount>'))
    assert (breach.rule.id, breach.found) == ("UBL-DT-01", "100.000")


def test_a_credit_note_may_give_its_due_date_in_payment_means() -> None:
    date = b"</cbc:PaymentMeansCode><cbc:PaymentDueDate>2026-12-01</cbc:PaymentDueDate>"
    document = VALID.replace(b"</cbc:PaymentMeansCode>", date)
    assert [breach.rule.id for breach in judged(document)] == ["UBL-CR-412"]
    assert judged(SAMPLES["nlcius-credit-note"].xml()) == []


def test_rules_that_ask_for_text_have_a_sentence_of_their_own() -> None:
    assert set(WITH_TEXT) <= set(RULES)
