"""Long base64 is cut out of a message while it streams in; put back in its place the message is the same again."""

import base64
import binascii
import io
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from gateway.channels.digipoort.wire.canonical import split_at_tokens
from gateway.channels.digipoort.wire.cut import (
    Cutter,
    Inhoud,
    InlineBase64,
    ReadingLimits,
    SpooledOctets,
    new_spool,
)
from gateway.channels.digipoort.wire.faults import MalformedError

SMALL = ReadingLimits(cut_bytes_min=16, inhoud_bytes_max=300, skeleton_bytes_max=2_000)


def cut(message: bytes, limits: ReadingLimits = SMALL, chunk_bytes: int = 7) -> Cutter:
    """A cutter that has read the message in chunks."""
    cutter = Cutter(limits, io.BytesIO())
    for at in range(0, len(message), chunk_bytes):
        cutter.feed(message[at : at + chunk_bytes])
    return cutter


def put_back(skeleton: bytes, cuts: dict[str, Inhoud]) -> bytes:
    """The message with every cut in its place."""
    pieces = split_at_tokens(skeleton, cuts)
    return b"".join(piece if isinstance(piece, bytes) else b"".join(piece.canonical()) for piece in pieces)


def inhoud(content: bytes, line_end: str = "", line_length: int = 76) -> str:
    text = base64.b64encode(content).decode()
    lines = [text[at : at + line_length] for at in range(0, len(text), line_length)]
    return f"<inhoud>{line_end.join(lines)}</inhoud>"


@given(
    contents=st.lists(st.binary(max_size=200), max_size=3),
    line_end=st.sampled_from(["", "\n", "\r\n", "\r", " \t"]),
    line_length=st.sampled_from([4, 5, 76]),
    chunk_bytes=st.integers(1, 70),
)
def test_lxml_reads_the_same_from_the_message_and_from_what_is_put_back(
    contents: list[bytes], line_end: str, line_length: int, chunk_bytes: int
) -> None:
    values = "".join(inhoud(content, line_end, line_length) for content in contents)
    message = f'<a b="x > y">Factuur &amp; bijlage<c/>{values}</a>'.encode()
    cutter = cut(message, chunk_bytes=chunk_bytes)
    whole = put_back(cutter.close(), cutter.cuts)
    assert etree.tostring(etree.fromstring(whole), method="c14n") == etree.tostring(
        etree.fromstring(message), method="c14n"
    )
    texts = [element.text or "" for element in etree.fromstring(message).iter("inhoud")]
    for one in cutter.cuts.values():
        text = b"".join(one.canonical()).decode()
        assert text in texts
        assert b"".join(one.octets()) == base64.b64decode(text)
        assert one.size_bytes == len(base64.b64decode(text))


@pytest.mark.parametrize("chunk_bytes", [1, 1_000, 65_536, 10_000_000])
def test_the_skeleton_of_a_large_message_is_small_and_its_spool_a_file(chunk_bytes: int) -> None:
    content = bytes(range(256)) * (4 if chunk_bytes == 1 else 8_000)
    limits = ReadingLimits(cut_bytes_min=1_024, memory_bytes_max=4_096)
    with new_spool(limits) as spool:
        cutter = Cutter(limits, spool)
        message = f"<a>{inhoud(content)}{inhoud(content[::-1])}</a>".encode()
        for at in range(0, len(message), chunk_bytes):
            cutter.feed(message[at : at + chunk_bytes])
        assert len(cutter.close()) < 100
        first, second = cutter.cuts.values()
        for _ in range(2):  # a digest is taken first, then it is stored
            assert b"".join(second.octets()) == content[::-1]
            assert b"".join(first.octets()) == content


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (f"<a>{inhoud(bytes(302))}</a>", "at least 303 bytes is over the limit of 300"),
        (f"<a>{'- ' * 2_000}</a>", "too much text around its contents"),
        (f"<a>{'A' * 40}&amp;</a>", "not base64"),
        (f"<a>{'A' * 40}", "ends inside a value"),
    ],
)
def test_a_problem_is_raised_at_the_end_and_the_rest_is_not_kept(message: str, reason: str) -> None:
    spool = io.BytesIO()
    cutter = Cutter(SMALL, spool)
    for character in message.encode():
        cutter.feed(bytes([character]))
    size = spool.seek(0, 2)
    if cutter.problem is not None:
        cutter.feed(b"A" * 1_000)
    assert spool.seek(0, 2) == size <= 405
    with pytest.raises(MalformedError, match=reason):
        cutter.close()


def test_the_limit_itself_is_within_it() -> None:
    cutter = cut(f"<a>{inhoud(bytes(300))}</a>".encode())
    assert cutter.close()
    assert [one.size_bytes for one in cutter.cuts.values()] == [300]


@pytest.mark.parametrize(
    "text", [b"QUJD=QUJDQUJDQUJD", b"QUJDQUJDQUJDQUJDQ", b"QUJDQUJDQUJD====", b"QQ==QUJDQUJDQUJD"]
)
def test_a_long_value_that_is_no_base64_is_refused_when_it_is_decoded(text: bytes) -> None:
    cutter = cut(b"<a>%b</a>" % text, ReadingLimits(cut_bytes_min=8))
    cutter.close()
    (one,) = cutter.cuts.values()
    assert b"".join(one.canonical()) == text
    with pytest.raises(MalformedError, match="not base64"):
        list(one.octets())


def test_what_stayed_in_the_tree_is_decoded_and_kept_as_it_was_written() -> None:
    one = InlineBase64(b"QUJD\n RA==")
    assert (list(one.canonical()), list(one.octets()), one.size_bytes) == ([b"QUJD\n RA=="], [b"ABCD"], 4)
    with pytest.raises(MalformedError):
        list(InlineBase64(b"QUJ*").octets())


@given(st.binary(max_size=500_000), st.integers(0, 3))
def test_the_octets_of_a_part_stand_for_their_base64(content: bytes, start: int) -> None:
    spool = io.BytesIO(bytes(start) + content + b"more")
    part = SpooledOctets(spool, start, len(content))
    assert b"".join(part.canonical()) == base64.b64encode(content)
    assert (b"".join(part.octets()), part.size_bytes) == (content, len(content))


# -- a message that is short as a whole -----------------------------------------------------------------------


def cut_short(message: bytes) -> tuple[bytes, dict[str, Inhoud]]:
    cutter = cut(message, ReadingLimits())
    return cutter.close(), cutter.cuts


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(b'<x a="inhoud>QUJD" b="1"><y/></x>', id="in an attribute"),
        pytest.param(b"<k:inhoud>QUJD\nQUJD</k:inhoud>", id="over two lines"),
        pytest.param(b"<k:inhoud>QUJDQ</k:inhoud>", id="not base64"),
        pytest.param(b"<k:inhoud>QUJD", id="without an end"),
        pytest.param(b"<k:inhoud>QUJDQ", id="base64 but for its last character, without an end"),
        pytest.param(b"<k:inhoud></k:inhoud>", id="empty"),
        pytest.param(b"<k:inhoud><x/></k:inhoud>", id="no text"),
        pytest.param(b"QUJD", id="no XML"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_what_is_no_plain_base64_stays_where_it_is(message: bytes) -> None:
    assert cut_short(message) == (message, {})


def test_a_short_inhoud_is_decoded_as_strictly_as_any() -> None:
    """Against Python's own strict decoder: the same octets, or it stays in the tree."""
    chance, count = random.Random(20261126), 0
    for _ in range(20_000):
        characters = bytearray(base64.b64encode(chance.randbytes(chance.randrange(1, 9))))
        for _ in range(chance.randrange(3)):
            odd = chance.choice(b'AZaz09+/==\\u"\n \x00\xc3-_')
            at = chance.randrange(len(characters))
            characters[at : at + chance.randrange(2)] = bytes([odd])
        message = b"<inhoud>%b</inhoud>" % bytes(characters)
        skeleton, cuts = cut_short(message)
        assert put_back(skeleton, cuts) == message
        for one in cuts.values():
            count += 1
            assert b"".join(one.octets()) == binascii.a2b_base64(characters, strict_mode=True)
            assert b"".join(one.canonical()) == characters
    assert count > 5_000
