"""Content-Transfer-Encoding, against the standard library's whole-body decoders."""

import base64
import binascii
import quopri
import random
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.http.transfer import Base64Encoder, TransferError, decoder


def _decode(encoding: str, data: bytes, sizes: list[int]) -> bytes:
    """Feed the data in pieces of these sizes, the rest in one."""
    undo, found, start = decoder(encoding), b"", 0
    for size in sizes:
        found += undo.feed(data[start : start + size])
        start += size
    return found + undo.feed(data[start:]) + undo.finish()


@given(st.binary(max_size=600), st.lists(st.integers(1, 50), max_size=20))
def test_base64_decodes_however_it_is_cut(content: bytes, sizes: list[int]) -> None:
    assert _decode("base64", base64.encodebytes(content), sizes) == content


@given(st.lists(st.binary(max_size=50)))
def test_base64_encodes_however_it_is_cut(pieces: list[bytes]) -> None:
    encoder = Base64Encoder()
    encoded = b"".join(encoder.feed(piece) for piece in pieces) + encoder.finish()
    assert encoded == base64.b64encode(b"".join(pieces))


def test_base64_is_at_least_as_strict_as_the_standard_library() -> None:
    """Whatever is accepted, `validate=True` accepts with the same result.

    Python 3.11 also accepts a padding that is too long, which XML Schema does not.
    """
    chance, accepted = random.Random(20261129), 0
    for _ in range(50_000):
        text = bytearray(base64.b64encode(chance.randbytes(chance.randrange(1, 9))))
        for _ in range(chance.randrange(3)):
            odd, at = chance.choice(b'AZaz09+/==\\u"-_\x00\xc3'), chance.randrange(len(text))
            text[at : at + chance.randrange(2)] = bytes([odd])
        try:
            decoded = _decode("base64", bytes(text), [])
        except TransferError:
            with suppress(binascii.Error):
                base64.b64decode(text, validate=True)
                assert text.endswith(b"=")
            continue
        accepted += 1
        assert decoded == base64.b64decode(text, validate=True)
    assert accepted > 20_000


@given(st.binary(max_size=600), st.lists(st.integers(1, 50), max_size=20))
def test_quoted_printable_decodes_however_it_is_cut(content: bytes, sizes: list[int]) -> None:
    encoded = quopri.encodestring(content)
    assert _decode("Quoted-Printable", encoded, sizes) == quopri.decodestring(encoded)


@given(st.binary(max_size=600), st.lists(st.integers(1, 50), max_size=20))
def test_identity_changes_nothing(content: bytes, sizes: list[int]) -> None:
    assert _decode("8bit", content, sizes) == content


@pytest.mark.parametrize(
    "wrong", [b"QUJD*", b"QUI", b"QQ==QQ==", b"=QUJ", b"QUJ=D", b"Q===", b"QUJD=", b"\xff\xff\xff\xff"]
)
@pytest.mark.parametrize("cut", [0, 1, 3, 4])
def test_base64_is_read_strictly(wrong: bytes, cut: int) -> None:
    with pytest.raises(TransferError):
        _decode("base64", wrong, [cut] if cut else [])


@pytest.mark.parametrize("wrong", [b"a=", b"=4", b"=GG", b"=4\n1"])
def test_quoted_printable_is_read_strictly(wrong: bytes) -> None:
    with pytest.raises(TransferError):
        _decode("quoted-printable", wrong, [])


def test_an_unknown_encoding_is_refused() -> None:
    with pytest.raises(TransferError, match="x-uuencode"):
        decoder("x-uuencode")
