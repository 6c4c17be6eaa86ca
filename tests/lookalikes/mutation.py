"""Documents that look like valid ones: bytes, tags, values and order changed a little; some are still valid."""

import re
from collections.abc import Callable, Iterator, Sequence
from random import Random

from tests.conformance.mutants import mutant

Change = Callable[[bytes, Random], bytes]

_ODD = b"<<>>&\"'=/!?-[];:#% \t\r\n\x00\x0b\x1f\x7f\x80\xc3\xa9\xed\xef\xbf\xfe\xff0a1Z.+"
_SNIPPETS = (
    *("<!-- x -->", "<!--->", "<!/>", "<?pi x?>", "<?xml version='1.0'?>", "<![CDATA[x]]>", "]]>", "<!DOCTYPE x>"),
    *("&amp;", "&lt;", "&gt;", "&quot;", "&apos;", "&#65;", "&#x41;", "&#0;", "&#13;", "&foo;", "& ", "&amp", "&"),
    *(
        '"',
        "'",
        ">",
        "<",
        "/",
        "/>",
        "</",
        "<>",
        "</>",
        "<a>",
        "</a>",
        "<a/>",
        "><",
        "= ",
        "\r",
        "\r\n",
        "\n",
        "\t",
    ),
    *(' xmlns:x="urn:x"', ' xmlns:cbc="urn:x"', ' xmlns="urn:x"', ' xsi:type="x"', ' xml:lang="nl"', ' a="b"'),
    *("\ufffe", "\uffff", "\u2028", "\u3000", "\xa0", "\x85", "\x7f", "\U0001f600", "e\u0301", "\ufeff"),
    *("0123456789abcdef00000000", "QQ==", "<cbc:Note>x</cbc:Note>", "<cbc:ID>1</cbc:ID>", "<cac:Delivery/>"),
)
_BYTES = (b"\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80", b"\xef\xbb\xbf", b"\x00", b"\x1b", b"\xc3", b"\x80")
_VALUES = (
    *(
        "2025-02-28",
        "2025-02-29",
        "2024-02-29",
        "2025-02-30",
        "2025-04-31",
        "2025-12-31",
        "2025-13-01",
        "2025-00-10",
    ),
    *("0000-01-01", "-2025-01-01", "12025-01-01", "2025-1-1", "2025-01-01Z", "2025-01-01+14:00", " 2025-01-01"),
    *("2025-01-01\n", "\uff12025-01-01", "2025-01-01T00:00:00", "9999-10-31", "1000-01-30", "2025-11-31"),
    *("1", "-1", "+1", "1.", ".5", "-.5", "1e3", "1,5", "NaN", "INF", "", " ", "\n", " 1", "1 ", "--1", "1.2.3"),
    *("9" * 18, "9" * 19, "9" * 30, "0." + "9" * 18, "0." + "9" * 30, "00012", "-0", "\u0661\u0662", "1_0", "0x1"),
    *(
        "true",
        "false",
        "TRUE",
        "0",
        "1",
        "2",
        "yes",
        " true",
        "truefalse",
        "0123456789abcdef00000000",
        "QQ==",
        "Q",
    ),
    *("08:30:00", "24:00:00", "23:59:60", "8:30:00", "08:30", "08:30:00.123", "08:30:00Z", "08:30:00+14:00"),
    *("nl", "nl-NL", "n", "123", "nl_NL", "toolonglanguage", "en-", "nl-NL-x-a", "a1", "urn:x", "http://x/?a=b#c"),
    *("a b", "%zz", "http://[", "::", "#", "a#b#c", "x/../y", "\\", "{x}", "^", "|", "a.b_c-d/e", "EUR", "C62"),
    *("<", ">", "&", "&amp;", "&lt;x&gt;", "&#10;", "]]>", "x" * 5000, '"', "'", "a\tb", "a\rb", "a\x01b", "\x7f"),
)
_LEAF = re.compile(rb"(<(?P<name>[\w:.]+)(?: [^<>]*)?>)(?P<text>[^<]*)(</(?P=name)\s*>)")
_ATTRIBUTE = re.compile(rb"""(\s)([\w:]+)(\s*=\s*)("[^"<]*"|'[^'<]*')""")
_ELEMENT = re.compile(rb"<(?P<name>[\w:.]+)(?: [^<>]*)?>(?:(?!<(?P=name)[ >]).)*?</(?P=name)\s*>", re.DOTALL)
_TAG = re.compile(rb"<[^<>]*>")


def lookalikes(document: bytes, random: Random) -> Iterator[bytes]:
    """Endlessly many."""
    while True:
        changed = document
        for _ in range(random.choice((1, 1, 1, 1, 2, 3))):
            changed = random.choice(CHANGES)(changed, random)
        yield changed


def structural(samples: Sequence[str], random: Random) -> Iterator[bytes]:
    """Endlessly many by edits of the tree, written by lxml."""
    while True:
        yield mutant(random, samples).document()


def _one(pattern: re.Pattern[bytes], document: bytes, random: Random) -> re.Match[bytes] | None:
    start = random.randrange(len(document) + 1)
    return pattern.search(document, start) or pattern.search(document)


def _replaced(document: bytes, span: tuple[int, int], new: bytes) -> bytes:
    return document[: span[0]] + new + document[span[1] :]


def _byte_out(document: bytes, random: Random) -> bytes:
    at = random.randrange(len(document) + 1)
    return _replaced(document, (at, at + random.choice((1, 1, 2, 5))), b"")


def _byte_in(document: bytes, random: Random) -> bytes:
    at = random.randrange(len(document) + 1)
    return _replaced(document, (at, at), bytes([random.choice(_ODD)]))


def _byte_other(document: bytes, random: Random) -> bytes:
    at = random.randrange(len(document) + 1)
    new = random.choice((random.choice(_ODD), random.randrange(256)))
    return _replaced(document, (at, at + 1), bytes([new]))


def _brackets_moved(document: bytes, random: Random) -> bytes:
    if (found := _one(re.compile(rb"[<>]"), document, random)) is None:
        return document
    without = _replaced(document, found.span(), b"")
    at = max(0, found.start() + random.randint(-6, 6))
    return _replaced(without, (at, at), found[0])


def _snippet(document: bytes, random: Random) -> bytes:
    new = random.choice((random.choice(_SNIPPETS).encode(), random.choice(_BYTES)))
    at = random.randrange(len(document) + 1)
    if random.random() < 0.7 and (found := _one(random.choice((_TAG, _LEAF, _ATTRIBUTE)), document, random)):
        at = random.choice((found.start(), found.end(), found.end() - 1, found.start() + 1))
    return _replaced(document, (at, at), new)


def _value(document: bytes, random: Random) -> bytes:
    new = random.choice(_VALUES).encode()
    if (found := _one(_LEAF, document, random)) is None:
        return document
    return _replaced(document, found.span("text"), new)


def _value_moved(document: bytes, random: Random) -> bytes:
    found, other = _one(_LEAF, document, random), _one(_LEAF, document, random)
    return _replaced(document, found.span("text"), other["text"]) if found and other else document


def _attribute(document: bytes, random: Random) -> bytes:
    if (found := _one(_ATTRIBUTE, document, random)) is None:
        return document
    space, name, equals, value = found.groups()
    quote = value[:1]
    other = random.choice(_VALUES).encode()
    return _replaced(
        document,
        found.span(),
        random.choice(
            (
                b"",
                found[0] * 2,
                space + name + equals + quote + other + quote,
                space + name + equals + b'"' + other + b"'",
                space + name + b" = " + value,
                space + b"x" + name + equals + value,
                space + b"xml:lang" + equals + value,
                space + name + equals + value[1:-1],
                name + equals + value,
                found[0] + b' languageID="nl"',
                found[0] + b' currencyID="EUR"',
            )
        ),
    )


def _element_again(document: bytes, random: Random) -> bytes:
    found = _one(_ELEMENT, document, random)
    return _replaced(document, (found.end(), found.end()), found[0]) if found else document


def _element_out(document: bytes, random: Random) -> bytes:
    found = _one(_ELEMENT, document, random)
    return _replaced(document, found.span(), b"") if found else document


def _element_moved(document: bytes, random: Random) -> bytes:
    if (found := _one(_ELEMENT, document, random)) is None:
        return document
    without = _replaced(document, found.span(), b"")
    other = _one(_ELEMENT, without, random)
    at = random.choice((other.start(), other.end())) if other else 0
    return _replaced(without, (at, at), found[0])


def _slice(document: bytes, random: Random) -> bytes:
    start, at = random.randrange(len(document)), random.randrange(len(document))
    piece = document[start : start + random.choice((1, 3, 20, 300, 5000))]
    return _replaced(document, (at, at + random.choice((0, 0, len(piece)))), piece)


def _spaces(document: bytes, random: Random) -> bytes:
    found = _one(re.compile(rb"\s+|(?<=>)(?=<)"), document, random)
    new = random.choice(
        (b"", b" ", b"\n", b"\t\n ", b"\r\n", b"\r", b"\x0c", b"\xc2\xa0", b"x", b"&#10;", b"&#32;")
    )
    return _replaced(document, found.span(), new) if found else document


def _ends(document: bytes, random: Random) -> bytes:
    snippet = random.choice(_SNIPPETS).encode()
    cut = random.randrange(1, 40)
    return random.choice(
        (
            document + snippet,
            snippet + document,
            document[:-cut],
            document[cut:],
            document * 2,
            document + b"\n\n ",
        )
    )


def _tag(document: bytes, random: Random) -> bytes:
    if (found := _one(_TAG, document, random)) is None:
        return document
    inner = found[0][1:-1]
    alone = b"<" + inner + b"/>"
    return _replaced(
        document,
        found.span(),
        random.choice(
            (b"", alone, b"</" + inner + b">", b"<" + inner + b" >", b"< " + inner + b">", found[0] * 2)
        ),
    )


def _emptied(document: bytes, random: Random) -> bytes:
    if (found := _one(_LEAF, document, random)) is None:
        return document
    start = found[1]
    return _replaced(document, found.span(), random.choice((start + found[4], start[:-1] + b"/>", b"")))


CHANGES: tuple[Change, ...] = (
    *(_byte_out, _byte_in, _byte_other, _byte_other, _brackets_moved, _snippet, _snippet, _value, _value),
    *(_value_moved, _attribute, _attribute, _element_again, _element_out, _element_moved, _slice, _spaces, _ends),
    *(_tag, _emptied),
)
