"""What is written is in canonical form: libxml2 is the oracle."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from gateway.channels.digipoort.wire.canonical import Binary, attribute, split_at, text

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], include_characters="\t\n\r"))


@given(TEXT, TEXT)
def test_libxml2_writes_the_same(content: str, value: str) -> None:
    ours = f'<a b="{attribute(value)}">{text(content)}</a>'.encode()
    try:
        element = etree.fromstring(ours)
    except etree.XMLSyntaxError:  # characters that XML does not have
        return
    assert etree.tostring(element, method="c14n", exclusive=True) == ours
    assert (element.text or "", element.get("b")) == (content, value)


def test_binaries_are_found_in_their_order() -> None:
    one, two = Binary("mp1X", 3), Binary("mp2X", 3)
    assert list(split_at(b"<a>mp1X</a><b>mp2X</b>", [one, two])) == [b"<a>", one, b"</a><b>", two, b"</b>"]


@pytest.mark.parametrize("written", [b"<a/>", b"<a>mp1X</a><b>mp1X</b>"])
def test_a_binary_that_is_not_in_the_text_exactly_once_is_an_error(written: bytes) -> None:
    with pytest.raises(ValueError, match="exactly once"):
        list(split_at(written, [Binary("mp1X", 3)]))
