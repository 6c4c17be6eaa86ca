"""The elements of koppelvlak 1.2: what is read is what was sent, what is written is valid and canonical."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from msgspec import structs

from gateway.channels.digipoort.wire.cut import InlineBase64
from gateway.channels.digipoort.wire.elements import (
    Aanlevering,
    SentBericht,
    SentInhoud,
    StatusResultaat,
    Vraag,
    aanlever_response,
    aflever_request,
    berichten_response,
    berichtsoorten_response,
    lijst_response,
    processen_response,
    read_aanlevering,
    read_vraag,
    require_valid,
    statussen_response,
    tijdstempel,
)
from gateway.channels.digipoort.wire.faults import MalformedError
from gateway.channels.digipoort.wire.wsdl import xsd
from gateway.channels.proces import Identiteit, Proces
from tests.unit.channels.digipoort.wire.xmlsec_client import K, aanlever_request

AT = datetime(2026, 11, 29, 9, 6, 4, 544_999, tzinfo=UTC)
KVK, OIN = Identiteit("27418562", "KvK"), Identiteit("00000099000000001000", "OIN")
LEAST = Proces("k-1", "E-Factuur-UBL", "urn:uuid:1", AT, KVK, "Bedrijf")
MOST = structs.replace(
    LEAST,
    aanleverkenmerk="F-17 <&>",
    eerder_aanleverkenmerk="F-16",
    identiteit_aanleveraar="00000003274185620000",
    ontvanger=OIN,
    rol_ontvanger="Overheid",
    autorisatie_adres="http://geenausp.nl",
    bestandsnaam="factuur.xml",
)


def parsed(written: str) -> etree._Element:
    """Valid by the published schema and canonical by libxml2, or the test fails."""
    root = etree.fromstring(written)
    etree.XMLSchema(etree.fromstring(xsd())).assertValid(root)
    assert etree.tostring(root, method="c14n", exclusive=True).decode() == written
    return root


def values(root: etree._Element) -> list[tuple[str, str]]:
    """Every element that has text, by its local name."""
    return [(etree.QName(one).localname, one.text) for one in root.iter() if one.text]


async def no_octets() -> AsyncIterator[bytes]:
    yield b""


def content(name: str) -> SentInhoud:
    return SentInhoud("application/xml", name, 3, no_octets)


def sent(proces: Proces, *bijlagen: str) -> SentBericht:
    return SentBericht(proces, content("factuur.xml"), tuple(content(name) for name in bijlagen))


# -- written ----------------------------------------------------------------------------------------------------


def test_an_aanlever_response_echoes_everything_in_the_order_of_the_schema() -> None:
    assert values(parsed(aanlever_response(MOST))) == [
        ("kenmerk", "k-1"),
        ("berichtsoort", "E-Factuur-UBL"),
        ("aanleverkenmerk", "F-17 <&>"),
        ("eerderAanleverkenmerk", "F-16"),
        ("tijdstempelAangeleverd", "2026-11-29T09:06:04.544Z"),
        ("nummer", "27418562"),
        ("type", "KvK"),
        ("rolBelanghebbende", "Bedrijf"),
        ("nummer", "00000099000000001000"),
        ("type", "OIN"),
        ("rolOntvanger", "Overheid"),
        ("autorisatieAdres", "http://geenausp.nl"),
    ]


@pytest.mark.parametrize(
    "proces", [LEAST, MOST, structs.replace(LEAST, rol_belanghebbende="", berichtsoort="x" * 80)]
)
def test_every_answer_is_valid_with_much_and_with_little(proces: Proces) -> None:
    status = StatusResultaat("k-1", KVK, "410", AT, "Afleveren niet gelukt", "AFS400", None, "<a>&</a>")
    parsed(aanlever_response(proces))
    parsed(berichtsoorten_response([proces.berichtsoort]))
    parsed(processen_response([proces, proces]))
    parsed(lijst_response("getBerichtenLijst", [proces]))
    parsed(lijst_response("getNieuweBerichtenLijst", []))
    for operation in ("getStatussenProces", "getNieuweStatussenProces", "getNieuweStatussen"):
        parsed(statussen_response(operation, [status, replace(status, foutcode=None, details=None)]))
        parsed(statussen_response(operation, []))
    for operation in ("getBerichten", "getNieuweBerichten", "getBerichtenKenmerk", "getNieuweBerichtenKenmerk"):
        parsed(berichten_response(operation, [sent(proces, "a.pdf", "b.pdf"), sent(proces)]))
        parsed(berichten_response(operation, []))
    parsed(aflever_request(sent(proces, "a.pdf")))


def test_a_status_has_a_foutcode_only_with_its_description() -> None:
    status = StatusResultaat("k-1", KVK, "410", AT, "x" * 90, "AFS400", "Technische fout", "details")
    written = values(parsed(statussen_response("getStatussenProces", [status])))
    assert written[3:] == [
        ("statuscode", "410"),
        ("tijdstempelStatus", "2026-11-29T09:06:04.544Z"),
        ("statusomschrijving", "x" * 80),  # the schema allows no more
        ("foutcode", "AFS400"),
        ("foutbeschrijving", "Technische fout"),
        ("statusdetails", "details"),
    ]
    good = parsed(statussen_response("getStatussenProces", [replace(status, foutcode=None)]))
    assert "foutbeschrijving" not in dict(values(good))


def test_contents_are_named_by_their_tokens() -> None:
    message = sent(MOST, "n" * 90)
    root = parsed(aflever_request(message))
    found = dict.fromkeys(one.text for one in root.iter(f"{{{K}}}inhoud"))
    assert list(found) == [one.token for one in message.contents]
    assert [one.text for one in root.iter(f"{{{K}}}bestandsnaam")] == ["factuur.xml", "n" * 80]


def test_what_is_delivered_does_not_name_the_earlier_aanleverkenmerk() -> None:
    """The afleverRequest has no place for it, a BerichtResultaat has."""
    assert "eerderAanleverkenmerk" not in dict(values(parsed(aflever_request(sent(MOST)))))
    assert "eerderAanleverkenmerk" in dict(values(parsed(berichten_response("getBerichten", [sent(MOST)]))))


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff")))
def test_any_text_is_written_as_it_is(text: str) -> None:
    root = etree.fromstring(aanlever_response(structs.replace(LEAST, rol_ontvanger=text)))
    assert (root.findtext(f"{{{K}}}rolOntvanger") or "") == text


def test_a_time_is_written_in_utc_with_milliseconds() -> None:
    assert tijdstempel(AT.astimezone(timezone(timedelta(hours=2)))) == "2026-11-29T09:06:04.544Z"
    assert tijdstempel(AT.replace(microsecond=0)) == "2026-11-29T09:06:04.000Z"


# -- read -------------------------------------------------------------------------------------------------------


def request(element: str, inner: str) -> etree._Element:
    root = etree.fromstring(f'<{element} xmlns="{K}">{inner}</{element}>')
    require_valid(root)
    return root


def test_an_aanlevering_is_read_whole() -> None:
    inner = (
        "<berichtsoort> E-Factuur-UBL\n</berichtsoort><aanleverkenmerk>F-17</aanleverkenmerk>"
        "<eerderAanleverkenmerk>F-16</eerderAanleverkenmerk>"
        "<identiteitBelanghebbende><nummer>27418562</nummer><type>KvK</type></identiteitBelanghebbende>"
        "<rolBelanghebbende>Een  groot\tbedrijf</rolBelanghebbende>"
        "<identiteitOntvanger><nummer>00000099000000001000</nummer><type>OIN</type></identiteitOntvanger>"
        "<rolOntvanger>Overheid</rolOntvanger>"
        "<berichtInhoud><mimeType>application/xml</mimeType><bestandsnaam>f.xml</bestandsnaam>"
        "<inhoud>PHg+ PC94Pg==</inhoud></berichtInhoud>"
        "<berichtBijlagen><bijlage><mimeType>application/pdf</mimeType><bestandsnaam/><inhoud>QUJD</inhoud></bijlage>"
        "</berichtBijlagen><autorisatieAdres>http://geenausp.nl</autorisatieAdres>"
    )
    cut = InlineBase64(b"JVBERg==")
    read = read_aanlevering(request("aanleverRequest", inner), {"QUJD": cut})
    assert read == Aanlevering(
        "E-Factuur-UBL",
        KVK,
        "Een groot bedrijf",
        read.bericht,
        read.bijlagen,
        "F-17",
        "F-16",
        OIN,
        "Overheid",
        "http://geenausp.nl",
    )
    assert (read.bericht.mime_type, read.bericht.bestandsnaam) == ("application/xml", "f.xml")
    assert b"".join(read.bericht.inhoud.octets()) == b"<x></x>"
    assert [(one.mime_type, one.bestandsnaam, one.inhoud) for one in read.bijlagen] == [
        ("application/pdf", "", cut)
    ]


def test_what_is_left_out_of_an_aanlevering_is_none() -> None:
    plain = aanlever_request().replace("<autorisatieAdres>http://geenausp.nl</autorisatieAdres>", "")
    read = read_aanlevering(etree.fromstring(plain), {})
    assert (read.aanleverkenmerk, read.ontvanger, read.autorisatie_adres, read.bijlagen) == (None, None, None, ())


def test_a_question_is_read_whole() -> None:
    inner = (
        "<berichtsoort>E-Factuur-UBL</berichtsoort>"
        "<identiteitBelanghebbende><nummer>27418562</nummer><type>KvK</type></identiteitBelanghebbende>"
        "<autorisatieAdres/><tijdstempelVanaf>2026-11-29T09:00:00Z</tijdstempelVanaf>"
        "<tijdstempelTot>2026-11-29T10:00:00.1234567+01:00</tijdstempelTot>"
    )
    read = read_vraag(request("getNieuweStatussenRequest", inner))
    to = datetime(2026, 11, 29, 9, 0, 0, 123_456, tzinfo=UTC)
    assert read == Vraag(None, "E-Factuur-UBL", KVK, None, datetime(2026, 11, 29, 9, tzinfo=UTC), to)


@pytest.mark.parametrize(
    ("written", "hour"),
    [
        ("2026-11-29T00:00:00", 23),
        ("2026-07-01T00:00:00", 22),
        ("2026-11-29T00:00:00Z", 0),
    ],
)
def test_a_time_without_a_zone_is_the_time_in_amsterdam(written: str, hour: int) -> None:
    inner = f"<kenmerk>k-1</kenmerk><tijdstempelVanaf>{written}</tijdstempelVanaf>"
    element = request("getStatussenProcesRequest", inner)
    vanaf = read_vraag(element).vanaf
    assert vanaf is not None
    assert (vanaf.hour, vanaf.tzinfo) == (hour, UTC)


def test_a_time_that_the_schema_knows_and_we_do_not_is_refused() -> None:
    inner = "<kenmerk>k-1</kenmerk><tijdstempelVanaf>2026-11-29T24:00:00Z</tijdstempelVanaf>"
    with pytest.raises(MalformedError, match="is not a time we can use"):
        read_vraag(request("getStatussenProcesRequest", inner))


@pytest.mark.parametrize(
    ("inner", "reason"),
    [
        ("<kenmerk>k</kenmerk><x/>", "Schema: Element 'x'"),
        (f"<kenmerk>{'k' * 41}</kenmerk>", "Schema: Element 'kenmerk'.*maxLength"),
        (
            "<kenmerk>k</kenmerk><tijdstempelVanaf>gisteren</tijdstempelVanaf>",
            "Schema: Element 'tijdstempelVanaf'",
        ),
    ],
)
def test_what_the_schema_refuses_is_named_without_its_namespace(inner: str, reason: str) -> None:
    with pytest.raises(MalformedError, match=reason) as raised:
        request("getStatussenProcesRequest", inner)
    assert K not in str(raised.value)
