"""Paths against libxml2's own XPath."""

import pytest
from lxml import etree

from gateway.validator.xml.namespaces import PREFIXES
from gateway.validator.xml.paths import child, children, has, text_of, texts

_DOCUMENT = etree.fromstring(
    f"""<Order xmlns:cbc="{PREFIXES["cbc"]}" xmlns:cac="{PREFIXES["cac"]}"><cbc:ID schemeID="a">1</cbc:ID>
    <cac:Party><cbc:ID schemeID="b"> 2 <!-- two -->3</cbc:ID></cac:Party>
    <cac:Party><cbc:ID>4</cbc:ID><cbc:ID schemeID="c"/></cac:Party></Order>"""
)
_PATHS = ("cbc:ID", "cac:Party", "cac:Party/cbc:ID", "cac:Party/cbc:ID/@schemeID", "cbc:ID/@schemeID", "cbc:Name")


@pytest.mark.parametrize("path", _PATHS)
def test_paths_select_what_xpath_selects(path: str) -> None:
    theirs = _DOCUMENT.xpath(path, namespaces=PREFIXES)
    assert isinstance(theirs, list)
    assert texts(_DOCUMENT, path) == [
        str(each) if isinstance(each, str) else each.xpath("string()")
        for each in theirs
        if isinstance(each, str | etree._Element)
    ]
    assert has(_DOCUMENT, path) == bool(theirs)
    if "@" not in path:
        assert children(_DOCUMENT, path) == theirs
        assert child(_DOCUMENT, path) is (theirs[0] if theirs else None)


def test_the_text_of_an_element_leaves_comments_out() -> None:
    assert text_of(etree.XML("<a>x<!-- y --><b>z</b></a>")) == "xz"
