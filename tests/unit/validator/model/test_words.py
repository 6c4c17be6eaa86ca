"""Codes in words: each is a code of its list, in both languages."""

import re

import pytest

from gateway.validator.model.codes import LISTS, PEPPOL_LISTS
from gateway.validator.model.words import name_of_code, tables, words_for
from gateway.validator.rules.forms import not_on_list

_LISTS = {
    "document_type": ("invoice_types", "credit_note_types"),
    "payment_means": ("payment_means",),
    "vat_category": ("vat_categories",),
    "exemption": ("exemption_reasons",),
    "unit": ("units",),
    "allowance_reason": ("allowance_reasons",),
    "charge_reason": ("charge_reasons",),
    "scheme": ("identifier_schemes", "electronic_address_schemes"),
    "classification": ("classification_schemes",),
    "vat_point": ("vat_point_dates",),
    "object_scheme": ("object_schemes",),
    "note_subject": ("note_subjects",),
    "media_type": ("media_types",),
    "order_type": ("order_types",),
    "answer": ("invoice_statuses", "order_response_codes"),
    "line_answer": ("line_statuses",),
}
_OTHER_CODES = {"SEPA", "VAT", "LOC", "5", "29", "72", "916"}
"""What is among the schemes and is none of ISO 6523 or EAS; what CII has alone."""


def test_every_code_is_on_its_list() -> None:
    assert tables().keys() == _LISTS.keys() | {"indicator", "yes_no"}
    for table, names in _LISTS.items():
        known = {code for name in names for code in {**PEPPOL_LISTS, **LISTS}[name].values}
        assert tables()[table].keys() - known - _OTHER_CODES == set(), table


def test_every_code_has_words_or_those_for_one_and_for_several() -> None:
    for table in tables().values():
        for code, words in table.items():
            forms = words if isinstance(words, list) else [words, words]
            assert len(forms) == 2, code
            assert all(form and form == form.strip() for form in forms), code


@pytest.mark.parametrize(
    ("code", "one", "many"),
    [("C62", "stuk", "stuks"), ("EA", "stuk", "stuks"), ("HUR", "uur", "uur"), ("XBX", "doos", "dozen")],
)
def test_units_have_a_plural(code: str, one: str, many: str) -> None:
    assert (words_for("unit", code, "nl"), words_for("unit", code, "nl", is_one=False)) == (one, many)


def test_countries_and_currencies_have_their_names() -> None:
    assert (words_for("country", "DE", "nl"), words_for("country", "DE", "en")) == ("Duitsland", "Germany")
    assert words_for("currency", "SEK", "nl") == "Zweedse kroon"
    assert [words_for(table, "??", "nl") for table in ("country", "currency", "unit")] == [None] * 3


@pytest.mark.parametrize(
    ("title", "code", "words"),
    [
        ("UNTDID 1001, Invoice", "380", ("Invoice", "Factuur")),
        ("ISO 4217", "SEK", ("Swedish Krona", "Zweedse kroon")),
        ("UN/ECE Rec. 20, Rec. 21", "HUR", ("hour", "uur")),
        ("CEF EAS", "0190", ("OIN", "OIN")),
        ("UDI", "1", None),
    ],
)
def test_a_code_of_a_list_has_a_name(title: str, code: str, words: tuple[str, str] | None) -> None:
    name = name_of_code(title, code)
    assert (name and (name.en, name.nl)) == words


def test_a_code_that_is_not_on_its_list_is_answered_with_the_nearest_and_their_names() -> None:
    advice = not_on_list("830", LISTS["invoice_types"]).advice
    assert advice is not None
    assert advice.en == "Did you mean 130 (Invoicing data sheet) or 380 (Invoice) or 870 (Consular invoice)?"
    assert advice.nl.startswith("Bedoelde u 130 (Factuurgegevens) of 380 (Factuur)")
    short = not_on_list("1", LISTS["vat_point_dates"]).advice
    assert short is not None
    assert re.fullmatch(r"Choose 3 \(.+\) or 35 \(.+\) or 432 \(.+\)\.", short.en)
