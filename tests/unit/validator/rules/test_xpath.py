"""The words of XPath against libxml2's own."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from gateway.validator.model.terms import Unreadable
from gateway.validator.rules import xpath
from gateway.validator.rules.patterns import UndecidableError
from gateway.validator.xml.namespaces import PREFIXES

_DOCUMENT = etree.fromstring(
    f"""<Order xmlns:cbc="{PREFIXES["cbc"]}" xmlns:cac="{PREFIXES["cac"]}"><cbc:ID schemeID="a">1</cbc:ID>
    <cac:Party><cbc:ID schemeID="b"> 2 <!-- two -->3</cbc:ID></cac:Party>
    <cac:Party><cbc:ID>4</cbc:ID><cbc:ID schemeID="c"/></cac:Party></Order>"""
)


def test_text_nodes_are_parted_by_comments() -> None:
    found = _DOCUMENT.xpath("cac:Party[1]/cbc:ID", namespaces=PREFIXES)
    assert isinstance(found, list)
    assert isinstance(found[0], etree._Element)
    assert xpath.text_nodes(found[0]) == [" 2 ", "3"] == found[0].xpath("text()")


_TEXT = st.text(st.sampled_from(" \t\n\r\u00a0ab1.-e"), max_size=8)


@given(_TEXT)
def test_blanks_are_those_of_xpath(text: str) -> None:
    element = etree.Element("a")
    element.text = text
    assert xpath.normal(text) == element.xpath("normalize-space()")


@given(st.text(st.sampled_from("0123456789.- +"), max_size=6))
def test_numbers_are_those_of_xpath(text: str) -> None:
    element = etree.Element("a")
    element.text = text
    theirs = element.xpath("number()")
    if "+" not in text:  # XPath 1.0 knows no plus sign
        assert xpath.number(text) == theirs or math.isnan(xpath.number(text)) == math.isnan(float(str(theirs)))


def test_two_texts_are_not_one() -> None:
    assert xpath.text(_DOCUMENT, "cbc:ID") == "1"
    assert xpath.text(_DOCUMENT, "cbc:Name") == ""
    with pytest.raises(UndecidableError):
        xpath.text(_DOCUMENT, "cac:Party/cbc:ID")


def test_what_is_no_number_and_no_date_is_undecidable() -> None:
    assert xpath.decimal(" 1.50 ") == 1.5
    assert xpath.date("2026-03-01") > xpath.date("2026-02-28")
    assert not xpath.is_date("2026-02-29")
    for read in (xpath.decimal, xpath.date):
        with pytest.raises(Unreadable):
            read("1e3")


@pytest.mark.parametrize(
    ("text", "is_one"), [("12", True), (" +1 ", True), ("1 2", False), ("", False), ("٣", False)]
)
def test_integers(text: str, *, is_one: bool) -> None:
    assert xpath.is_integer(text) is is_one
