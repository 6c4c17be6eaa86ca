"""What is written is in canonical form: libxml2 is the oracle."""

import base64

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from gateway.channels.digipoort.wire.canonical import new_token, split_at_tokens, text

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], include_characters="\t\n\r"))


@given(TEXT)
def test_libxml2_writes_the_same(content: str) -> None:
    ours = f"<a>{text(content)}</a>".encode()
    try:
        element = etree.fromstring(ours)
    except etree.XMLSyntaxError:  # characters that XML does not have
        return
    assert etree.tostring(element, method="c14n", exclusive=True) == ours
    assert (element.text or "") == content


def test_contents_take_the_places_of_their_tokens_in_any_order() -> None:
    one, two = new_token(), new_token()
    written = f"<a>{two}</a><b>{one}</b>".encode()
    assert list(split_at_tokens(written, {one: 1, two: 2})) == [b"<a>", 2, b"</a><b>", 1, b"</b>"]


def test_a_token_that_is_unknown_or_only_part_of_a_value_is_text() -> None:
    token = new_token()
    written = f'<a b=">{token}">{token} </a><b>{new_token()}</b><c>{token[:-1]}</c>'.encode()
    assert b"".join(piece for piece in split_at_tokens(written, {token: b"x"})) == written


def test_a_token_is_base64_of_whole_groups() -> None:
    """So that the schema holds a skeleton to the rules for base64."""
    token = new_token()
    assert base64.b64encode(base64.b64decode(token, validate=True)).decode() == token
    assert new_token() != token
