"""A SOAP 1.1 envelope is read strictly; what is odd is refused before any signature is looked at."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from lxml import etree

from gateway.channels.digipoort.wire.canonical import new_token
from gateway.channels.digipoort.wire.cut import Inhoud, InlineBase64, ReadingLimits
from gateway.channels.digipoort.wire.envelope import (
    Envelope,
    read_addressing,
    read_envelope,
    require_understood,
)
from gateway.channels.digipoort.wire.faults import AddressingError, MalformedError, MustUnderstandError
from tests.unit.channels.digipoort.wire.xmlsec_client import (
    ACTION,
    SOAP,
    TO,
    WSA,
    WSU,
    K,
    aanlever_request,
    unsigned,
)

LIMITS = ReadingLimits()
SKELETON = etree.tostring(unsigned(aanlever_request()))
ANONYMOUS = b"http://www.w3.org/2005/08/addressing/anonymous"
INHOUD = re.compile(rb"(?<=<inhoud>)[^<]*")


def read(skeleton: bytes, cuts: dict[str, Inhoud] | None = None, limits: ReadingLimits = LIMITS) -> Envelope:
    return read_envelope(skeleton, cuts or {}, limits)


def test_the_parts_are_the_nodes_that_lxml_finds() -> None:
    envelope, names = read(SKELETON), {"s": SOAP, "wsa": WSA, "wsu": WSU}
    expected = etree.fromstring(SKELETON)
    for found, path in (
        (envelope.root, "."),
        (envelope.body, "s:Body"),
        (envelope.request, "s:Body/*"),
        (envelope.header_blocks(WSA, "To")[0], "s:Header/wsa:To"),
    ):
        node = expected.find(path, names)
        assert node is not None
        assert etree.tostring(found, method="c14n") == etree.tostring(node, method="c14n")
    by_xpath = expected.xpath("//*[@wsu:Id]", namespaces=names)
    assert isinstance(by_xpath, list)
    assert {name: node.tag for name, node in envelope.ids.items()} == {
        node.get(f"{{{WSU}}}Id"): node.tag for node in by_xpath if isinstance(node, etree._Element)
    }


def test_header_blocks_are_direct_children_of_the_header_alone() -> None:
    nested = SKELETON.replace(b"<s:Header>", b"<s:Header><x><wsa:From/></x><wsa:From/><wsa:From/>")
    envelope = read(nested)
    assert len(envelope.header_blocks(WSA, "From")) == 2
    assert not envelope.header_blocks(WSA, "Address")


def test_white_space_around_the_one_element_of_the_body_says_nothing() -> None:
    spaced = SKELETON.replace(b"<aanleverRequest", b"\n  <aanleverRequest").replace(b"</s:Body>", b"\n</s:Body>")
    assert read(spaced).request.tag == f"{{{K}}}aanleverRequest"


def renamed(old: bytes, new: bytes) -> bytes:
    assert old in SKELETON
    return SKELETON.replace(old, new)


REFUSED = {
    "no XML": (b"Geachte heer", "not well-formed"),
    "nothing": (b"", "not well-formed"),
    "SOAP 1.2": (renamed(SOAP.encode(), b"http://www.w3.org/2003/05/soap-envelope"), "not a SOAP 1.1 Envelope"),
    "two Bodies": (renamed(b"</s:Body>", b"</s:Body><s:Body/>"), "one Header and then one Body"),
    "no Header": (re.sub(rb"<s:Header>.*</s:Header>", b"", SKELETON, flags=re.DOTALL), "one Header"),
    "an empty Body": (re.sub(rb"(<s:Body[^>]*>).*(</s:Body>)", rb"\1\2", SKELETON), "exactly one element"),
    "two elements in the Body": (renamed(b"</s:Body>", b"<x/></s:Body>"), "exactly one element"),
    "text before the element": (renamed(b"<aanleverRequest", b"x<aanleverRequest"), "exactly one element"),
    "text after the element": (renamed(b"</aanleverRequest>", b"</aanleverRequest>x"), "exactly one element"),
    "a comment": (renamed(b"<nummer>", b"<nummer><!-- -->"), "comments"),
    "an instruction": (renamed(b"<nummer>", b"<nummer><?x y?>"), "processing instructions"),
    "a comment before the root": (b"<!-- -->" + SKELETON, "comments"),
    "an instruction before the root": (b"<?x y?>" + SKELETON, "processing instructions"),
    "a comment after the root": (SKELETON + b"<!-- -->", "comments"),
    "an empty Id": (renamed(b'wsu:Id="_To"', b'wsu:Id=""'), "Id is empty"),
    "a long namespace name": (renamed(b"<nummer>", b"<nummer xmlns:n='urn:%b'>" % (b"n" * 600)), "too many"),
    "text before the element, as a space of Unicode": (
        renamed(b"<aanleverRequest", "\u00a0<aanleverRequest".encode()),
        "exactly one element",
    ),
    "a DOCTYPE": (b"<!DOCTYPE x>" + SKELETON, "DOCTYPE"),
    "an entity": (renamed(b"<nummer>", b"<nummer>&e;"), "not well-formed"),
    "an encoding": (b'<?xml version="1.0" encoding="ISO-8859-1"?>' + SKELETON, "UTF-8"),
    "an Id twice": (renamed(b'wsu:Id="_To"', b'wsu:Id="_Body"'), "_Body.* occurs twice"),
    "an Id as another kind": (renamed(b"<nummer>", b'<nummer ID="_Body">'), "_Body.* occurs twice"),
    "an Id of another kind twice": (renamed(b"<nummer>", b'<nummer Id="a"><x xml:id="a"/>'), "occurs twice"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_envelope_that_is_odd_is_refused(name: str) -> None:
    message, reason = REFUSED[name]
    with pytest.raises(MalformedError, match=reason):
        read(message)


@pytest.mark.parametrize("prolog", ['<?xml version="1.0"?>', "<?xml version='1.0' encoding='utf-8'?>", "\n"])
def test_the_declarations_of_utf8_are_welcome(prolog: str) -> None:
    assert read(prolog.encode() + SKELETON).request.tag == f"{{{K}}}aanleverRequest"


@pytest.mark.parametrize(
    ("limit", "inside"),
    [
        ("tags_max", b"<x/>" * 300),
        ("quotes_max", b"<x %s/>" % b" ".join(b'a%d=""' % n for n in range(300))),
        ("namespaces_max", b"<x %s/>" % b" ".join(b"xmlns:a%d='urn:x'" % n for n in range(300))),
    ],
)
def test_what_costs_too_much_to_canonicalize_is_not_parsed(limit: str, inside: bytes) -> None:
    message = SKELETON.replace(b"<nummer>", inside + b"<nummer>")
    limits = ReadingLimits(namespaces_max=400, quotes_max=1_000)
    assert read(message, limits=limits)
    with pytest.raises(MalformedError, match="too many"):
        read(message, limits=replace(limits, **{limit: 150}))


def test_threads_read_at_the_same_time() -> None:
    with ThreadPoolExecutor(4) as threads:
        envelopes = list(threads.map(read, [SKELETON] * 40))
    assert {etree.tostring(one.root, method="c14n") for one in envelopes} == {
        etree.tostring(etree.fromstring(SKELETON), method="c14n")
    }


FAULT = f'<s:Envelope xmlns:s="{SOAP}">%s<s:Body><s:Fault/></s:Body></s:Envelope>'


@pytest.mark.parametrize("header", ["", "<s:Header/>"])
def test_a_fault_may_come_without_a_header(header: str) -> None:
    assert read((FAULT % header).encode()).request.tag == f"{{{SOAP}}}Fault"


@pytest.mark.parametrize(
    ("block", "is_understood"),
    [
        ("<x s:mustUnderstand='1'/>", False),
        ("<wsa:Other s:mustUnderstand='1'/>", False),
        ("<x s:mustUnderstand='1' s:actor='http://schemas.xmlsoap.org/soap/actor/next'/>", False),
        ("<x s:mustUnderstand='1' s:actor='urn:somebody-else'/>", True),
        ("<x s:mustUnderstand='0'/>", True),
        ("<x/>", True),
        ("<wsa:From s:mustUnderstand='1'/>", True),
    ],
)
def test_header_blocks_that_must_be_understood(block: str, is_understood: bool) -> None:
    envelope = read(SKELETON.replace(b"<s:Header>", f"<s:Header>{block}".encode()))
    if is_understood:
        require_understood(envelope)
        return
    with pytest.raises(MustUnderstandError):
        require_understood(envelope)


# -- what was cut out -----------------------------------------------------------------------------------------


def with_token(token: str) -> bytes:
    return INHOUD.sub(token.encode(), SKELETON)


def test_a_cut_is_the_whole_value_of_an_inhoud() -> None:
    token, content = new_token(), InlineBase64(b"QUJD")
    assert read(with_token(token), {token: content}).cuts == {token: content}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(b"<inhoud>TOKEN</inhoud>", b"<inhoud>QUJD</inhoud>", id="nowhere"),
        pytest.param(b"<inhoud>TOKEN", b"<inhoud> TOKEN", id="with something before it"),
        pytest.param(b"E-Factuur-UBL", b"TOKEN", id="in another element as well"),
        pytest.param(b"factuur.xml", b"&#109;REST", id="in another element, written with a reference"),
        pytest.param(b"</berichtsoort>", b"</berichtsoort>TOKEN", id="after an element as well"),
        pytest.param(b'xmlns="' + K.encode(), b'xmlns="urn:x', id="in an inhoud that is not the koppelvlak's"),
    ],
)
def test_a_cut_outside_one_inhoud_is_refused(old: bytes, new: bytes) -> None:
    """The digest of an element with the token in it would be taken over the content."""
    token = new_token()
    old, new = (one.replace(b"TOKEN", token.encode()).replace(b"REST", token[1:].encode()) for one in (old, new))
    message = with_token(token)
    assert old in message
    with pytest.raises(MalformedError, match="is not in an inhoud of the namespace"):
        read(message.replace(old, new, 1), {token: InlineBase64(b"QUJD")})


# -- addressing -----------------------------------------------------------------------------------------------


def test_the_addressing_headers_are_read_without_white_space_around_them() -> None:
    envelope = read(SKELETON.replace(ACTION.encode(), b"\n " + ACTION.encode() + b" "))
    addressing = read_addressing(envelope)
    assert (addressing.action, addressing.to) == (ACTION, TO)
    assert addressing.message_id.startswith("urn:uuid:")


@pytest.mark.parametrize("value", [ANONYMOUS, b"http://www.w3.org/2005/08/addressing/none"])
def test_an_answer_goes_back_over_the_same_connection(value: bytes) -> None:
    fault_to = b"<s:Header><wsa:FaultTo><wsa:Address>%b</wsa:Address></wsa:FaultTo>" % value
    envelope = read(SKELETON.replace(ANONYMOUS, value).replace(b"<s:Header>", fault_to))
    assert read_addressing(envelope).to == TO


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"wsa:Action", b"wsa:Handeling", "wsa:Action"),
        (ACTION.encode(), b"", "wsa:Action"),
        (ACTION.encode(), b"<x/>", "wsa:Action"),
        (TO.encode(), b"u" * 1_025, "wsa:To"),
        (b"<s:Header>", b"<s:Header><wsa:MessageID>urn:x</wsa:MessageID>", "wsa:MessageID"),
        (ANONYMOUS, b"http://169.254.169.254/", "wsa:ReplyTo must be the anonymous address"),
        (b"<s:Header>", b"<s:Header><wsa:FaultTo/>", "wsa:FaultTo must be the anonymous address"),
    ],
)
def test_addressing_that_is_missing_doubled_or_points_elsewhere_is_refused(
    old: bytes, new: bytes, reason: str
) -> None:
    assert old in SKELETON
    message = SKELETON.replace(old, new)
    with pytest.raises(AddressingError, match=reason):
        read_addressing(read(message))
