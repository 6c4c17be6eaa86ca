"""Codes in words: each is a code of its list, in both languages."""

import pytest

from gateway.validator.model.codes import LISTS, PEPPOL_LISTS
from gateway.validator.rendering.words import tables, words_for

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


def test_every_code_has_words_in_both_languages() -> None:
    for table in tables().values():
        for code, words in table.items():
            assert len(words) == 2, code
            assert all(word and word == word.strip() for text in words for word in text.split("|")), code


@pytest.mark.parametrize(
    ("code", "one", "many"), [("C62", "stuk", "stuks"), ("HUR", "uur", "uur"), ("XBX", "doos", "dozen")]
)
def test_units_have_a_plural(code: str, one: str, many: str) -> None:
    assert (words_for("unit", code, "nl"), words_for("unit", code, "nl", is_one=False)) == (one, many)


def test_countries_and_currencies_have_their_names() -> None:
    assert (words_for("country", "DE", "nl"), words_for("country", "DE", "en")) == ("Duitsland", "Germany")
    assert words_for("currency", "SEK", "nl") == "Zweedse kroon"
    assert [words_for(table, "??", "nl") for table in ("country", "currency", "unit")] == [None] * 3
