"""The conversation of every operation over real mutual TLS, signed by a client that is not ours."""

import asyncio
import base64
from collections.abc import Callable
from dataclasses import replace

import pytest
from lxml import etree
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from structlog.testing import capture_logs

from gateway.channels.digipoort.options import WusOptions
from gateway.clock import AMSTERDAM
from gateway.messages.decision import Decision
from gateway.messages.lifecycle import State, Step
from gateway.messages.message import JournalEntry
from gateway.messages.submission import Receipt, Submission
from tests.unit.channels.digipoort.conftest import AANLEVER, GEMEENTE, LEVERANCIER, OPHAAL, STATUS, Open, Server
from tests.unit.channels.digipoort.wire import xmlsec_client
from tests.unit.channels.digipoort.wire.xmlsec_client import (
    NAMES,
    K,
    aanlever_request,
    sign,
    signed_parts,
    to_bytes,
    unsigned,
)
from tests.unit.pki.hierarchies import pair
from tests.waiting import WAIT_SECONDS_MAX

STATUS_ACTION = "http://logius.nl/digipoort/wus/2.0/statusinformatieservice/1.2/StatusinformatieService/"
KVK = "<identiteitBelanghebbende><nummer>27418562</nummer><type>KvK</type></identiteitBelanghebbende>"
SOORT = "<berichtsoort>E-Factuur-UBL</berichtsoort>"


def body(element: str, inner: str) -> str:
    return f'<{element} xmlns="{K}">{inner}</{element}>'


async def hand_in(server: Server, inhoud: bytes = b"<Invoice/>", **more: str) -> str:
    answer = await server.call("aanleveren", aanlever_request(inhoud, **more))
    assert answer.status == 200, answer.body
    return answer.text("kenmerk") or ""


async def ask(server: Server, operation: str, inner: str, name: str = "leverancier") -> list[str]:
    """The answer's statuscodes."""
    answer = await server.call(operation, body(f"{operation}Request", inner), STATUS, name)
    assert answer.status == 200, answer.body
    xmlsec_client.verify(answer.body)
    return answer.texts("statuscode")


async def collect(server: Server, operation: str, inner: str, element: str = "inhoud") -> list[str]:
    answer = await server.call(operation, body(f"{operation}Request", inner), OPHAAL, "gemeente")
    assert answer.status == 200, answer.body
    xmlsec_client.verify(answer.body)
    return answer.texts(element)


async def _until(is_so: Callable[[], bool]) -> None:
    """A message is confirmed when its last byte was sent: just after the client has it."""
    async with asyncio.timeout(WAIT_SECONDS_MAX):
        while not is_so():  # noqa: ASYNC110  # the gateway in memory has no event to wait for
            await asyncio.sleep(0.005)


async def test_aanleveren_echoes_what_was_sent_and_gives_a_kenmerk(server: Server) -> None:
    answer = await server.call("aanleveren", aanlever_request(aanleverkenmerk="F-2026-17"))
    assert (answer.status, answer.content_type) == (200, "text/xml")
    assert answer.text("aanleverkenmerk") == "F-2026-17"
    assert answer.text("berichtsoort") == "E-Factuur-UBL"
    assert answer.text("nummer") == "27418562"
    assert answer.text("autorisatieAdres") == "http://geenausp.nl"
    assert (answer.text("tijdstempelAangeleverd") or "").endswith("Z")
    row = server.gateway.rows[answer.text("kenmerk") or ""]
    assert row.message.submitter_id == LEVERANCIER
    assert row.message.channel == "wus"
    assert await server.gateway.storage.read(row.message.document) == b"<Invoice/>"


async def test_the_answer_is_signed_over_what_the_profile_asks(server: Server) -> None:
    envelope = unsigned(aanlever_request(), to=server.url())
    asked = envelope.findtext(".//wsa:MessageID", namespaces=NAMES)
    answer = await server.post(to_bytes(sign(envelope, *pair("leverancier"))))
    xmlsec_client.verify(answer.body)
    assert signed_parts(answer.body) == {"Body", "To", "MessageID", "Action", "RelatesTo", "Timestamp"}
    assert answer.root.findtext(".//wsa:RelatesTo", namespaces=NAMES) == asked
    assert (answer.root.findtext(".//wsa:Action", namespaces=NAMES) or "").endswith("/aanleverenResponse")
    assert len(answer.root.findall(".//wsse:BinarySecurityToken", NAMES)) == 1


async def test_a_client_that_goes_on_is_answered_as_at_first(server: Server) -> None:
    for number in range(4):
        document = f"<Invoice>{number}</Invoice>".encode() * 200
        envelope = unsigned(aanlever_request(document, aanleverkenmerk=f"F-{number}"), to=server.url())
        asked = envelope.findtext(".//wsa:MessageID", namespaces=NAMES)
        sent = to_bytes(sign(envelope, *pair("leverancier")))
        forged = await server.post(sent.replace(b">F-", b">G-"))
        assert (forged.status, forged.foutcode) == (500, "ALS100")
        assert forged.root.findtext(".//wsa:RelatesTo", namespaces=NAMES) == asked
        answer = await server.post(sent)
        assert answer.text("aanleverkenmerk") == f"F-{number}"
        assert answer.root.findtext(".//wsa:RelatesTo", namespaces=NAMES) == asked
        row = server.gateway.rows[answer.text("kenmerk") or ""]
        assert await server.gateway.storage.read(row.message.document) == document
        again = await server.post(sent)
        assert (again.status, again.foutcode) == (500, "ALS100")
    assert len(server.gateway.rows) == 4


async def test_statuses_are_there_at_once(server: Server) -> None:
    kenmerk = await hand_in(server)
    codes = await ask(server, "getStatussenProces", f"<kenmerk>{kenmerk}</kenmerk>")
    assert codes[:3] == ["105", "100", "110"]
    assert codes[-1] == "400"


async def test_new_statuses_are_handed_out_once_per_oin(server: Server) -> None:
    kenmerk = await hand_in(server)
    inner = f"<kenmerk>{kenmerk}</kenmerk>"
    assert await ask(server, "getNieuweStatussenProces", inner)
    assert await ask(server, "getNieuweStatussenProces", inner) == []
    assert await ask(server, "getStatussenProces", inner)
    assert await ask(server, "getNieuweStatussenProces", inner, "softwarehuis")


async def take_step(server: Server, kenmerk: str) -> None:
    """One more status: as if another gateway had begun to judge it."""
    entry = JournalEntry(Step.RULES_PASSED, server.gateway.clock(), "gateway")
    before = server.gateway.rows[kenmerk].message
    await server.gateway.commit(Decision(before, replace(before, steps=before.steps + 1), (entry,)))


async def test_a_list_with_exactly_one_status(server: Server) -> None:
    server.gateway.judges_at_once = False
    kenmerk = await hand_in(server)
    inner = f"<kenmerk>{kenmerk}</kenmerk>"
    assert len(await ask(server, "getNieuweStatussenProces", inner)) == 3
    await take_step(server, kenmerk)
    assert await ask(server, "getNieuweStatussenProces", inner) == ["301"]


@pytest.mark.parametrize(
    ("operation", "inner"),
    [("getNieuweStatussenProces", "<kenmerk>{}</kenmerk>"), ("getNieuweStatussen", SOORT + KVK)],
)
async def test_a_client_that_cannot_read_one_status_gets_the_one_before_it_too(
    open_endpoint: Open, operation: str, inner: str
) -> None:
    server = await open_endpoint(WusOptions(lone_status_with_last=True))
    server.gateway.judges_at_once = False
    kenmerk = await hand_in(server)
    asked = inner.format(kenmerk)
    assert await ask(server, operation, asked) == ["105", "100", "110"]
    assert await ask(server, operation, asked) == []
    await take_step(server, kenmerk)
    assert await ask(server, operation, asked) == ["110", "301"]
    assert await ask(server, operation, asked) == []


async def test_new_statuses_of_all_processen(server: Server) -> None:
    kenmerken = {await hand_in(server), await hand_in(server, b"<wrong/>")}
    answer = await server.call("getNieuweStatussen", body("getNieuweStatussenRequest", SOORT + KVK), STATUS)
    assert set(answer.texts("kenmerk")) == kenmerken
    assert "311" in answer.texts("statuscode")
    assert await ask(server, "getNieuweStatussen", SOORT + KVK) == []


async def test_processen_and_berichtsoorten_of_a_belanghebbende(server: Server) -> None:
    kenmerk = await hand_in(server)
    await hand_in(server, berichtsoort="BESTELLING-BEVESTIGING-UBL")
    answer = await server.call("getProcessen", body("getProcessenRequest", SOORT + KVK), STATUS)
    assert answer.texts("kenmerk") == [kenmerk]
    answer = await server.call("getBerichtsoorten", body("getBerichtsoortenRequest", KVK), STATUS)
    assert answer.texts("berichtsoort") == ["BESTELLING-BEVESTIGING-UBL", "E-Factuur-UBL"]


async def test_times_without_a_zone_are_those_of_amsterdam(server: Server) -> None:
    kenmerk = await hand_in(server)
    now = server.gateway.clock().astimezone(AMSTERDAM)
    inner = f"<kenmerk>{kenmerk}</kenmerk><tijdstempelVanaf>{{}}</tijdstempelVanaf>"
    assert await ask(server, "getStatussenProces", inner.format(now.strftime("%Y-%m-%dT%H:%M:%S")))
    assert await ask(server, "getStatussenProces", inner.format(now.strftime("%Y-%m-%dT00:00:00")))
    assert (
        await ask(
            server, "getStatussenProces", inner.format((now.replace(year=2099)).strftime("%Y-%m-%dT%H:%M:%S"))
        )
        == []
    )


async def test_a_window_includes_its_ends_as_the_client_saw_them(server: Server) -> None:
    kenmerk = await hand_in(server)
    answer = await server.call(
        "getStatussenProces", body("getStatussenProcesRequest", f"<kenmerk>{kenmerk}</kenmerk>"), STATUS
    )
    last = answer.texts("tijdstempelStatus")[-1]
    window = f"<tijdstempelVanaf>{last}</tijdstempelVanaf><tijdstempelTot>{last}</tijdstempelTot>"
    inner = f"<kenmerk>{kenmerk}</kenmerk>{window}"
    assert "400" in await ask(server, "getStatussenProces", inner)


async def test_collecting_by_list_and_kenmerk_confirms_the_message(server: Server) -> None:
    document = b"<Invoice>" + b"x" * 100_000 + b"</Invoice>"
    kenmerk = await hand_in(server, document)
    assert await collect(server, "getBerichtenLijst", SOORT, "kenmerk") == [kenmerk]
    assert await collect(server, "getNieuweBerichtenLijst", "", "kenmerk") == [kenmerk]
    assert await collect(server, "getNieuweBerichtenLijst", "", "kenmerk") == []
    inhoud = await collect(server, "getBerichtenKenmerk", f"<kenmerk>{kenmerk}</kenmerk>")
    assert [base64.b64decode(one) for one in inhoud] == [document]
    await _until(lambda: server.gateway.rows[kenmerk].message.state is State.CONFIRMED)


async def test_new_messages_are_collected_once_and_may_be_asked_again(server: Server) -> None:
    first, second = await hand_in(server, b"<Invoice>1</Invoice>"), await hand_in(server, b"<Invoice>2</Invoice>")
    assert len(await collect(server, "getNieuweBerichten", KVK)) == 2
    assert await collect(server, "getNieuweBerichten", KVK) == []
    assert await collect(server, "getNieuweBerichtenKenmerk", f"<kenmerk>{first}</kenmerk>") == []
    assert len(await collect(server, "getBerichten", KVK)) == 2
    assert len(await collect(server, "getBerichtenKenmerk", f"<kenmerk>{second}</kenmerk>")) == 1


async def test_attachments_travel_with_their_message(server: Server) -> None:
    bijlage = base64.b64encode(b"%PDF-1.7 " * 20_000).decode()
    bijlagen = (
        "<berichtBijlagen><bijlage><mimeType>application/pdf</mimeType><bestandsnaam>urenstaat.pdf</bestandsnaam>"
        f"<inhoud>{bijlage}</inhoud></bijlage></berichtBijlagen>"
    )
    kenmerk = await hand_in(server, bijlagen=bijlagen)
    assert await collect(server, "getBerichtenKenmerk", f"<kenmerk>{kenmerk}</kenmerk>", "inhoud") == [
        base64.b64encode(b"<Invoice/>").decode(),
        bijlage,
    ]
    names = await collect(server, "getBerichtenKenmerk", f"<kenmerk>{kenmerk}</kenmerk>", "bestandsnaam")
    assert names == ["factuur.xml", "urenstaat.pdf"]


async def test_nobody_collects_what_is_anothers(server: Server) -> None:
    kenmerk = await hand_in(server)
    answer = await server.call(
        "getBerichtenKenmerk", body("getBerichtenKenmerkRequest", f"<kenmerk>{kenmerk}</kenmerk>"), OPHAAL
    )
    assert answer.texts("inhoud") == []  # the sender sees its message, but it is not its to collect
    answer = await server.call(
        "getBerichtenKenmerk", body("getBerichtenKenmerkRequest", "<kenmerk>none</kenmerk>"), OPHAAL
    )
    assert (answer.status, answer.foutcode) == (500, "MPO100")


async def test_an_unknown_kenmerk_is_a_typed_fault(server: Server) -> None:
    answer = await server.call(
        "getStatussenProces", body("getStatussenProcesRequest", "<kenmerk>none</kenmerk>"), STATUS
    )
    assert (answer.status, answer.content_type, answer.foutcode) == (500, "text/xml", "STS100")
    assert answer.root.find(f".//{{{K}}}statusinformatieFault") is not None
    assert (answer.root.findtext(".//wsa:Action", namespaces=NAMES) or "").endswith("/getStatussenProces/Fault/")


async def test_an_intermediary_acts_only_with_a_mandate(server: Server) -> None:
    answer = await server.call("aanleveren", aanlever_request(), AANLEVER, "softwarehuis")
    assert answer.status == 200
    message = server.gateway.rows[answer.text("kenmerk") or ""].message
    assert (message.submitter_id, message.sender_id) == ("factuurstroom", LEVERANCIER)
    other = await server.call("aanleveren", aanlever_request(nummer="38190246"), AANLEVER, "softwarehuis")
    assert (other.status, other.foutcode) == (500, "ALS100")
    assert "machtiging" in (other.text("foutbeschrijving") or "")


async def test_the_recipient_in_the_envelope_decides(server: Server) -> None:
    ontvanger = "<identiteitOntvanger><nummer>00000099000000001000</nummer><type>OIN</type></identiteitOntvanger>"
    kenmerk = await hand_in(server, ontvanger=ontvanger)
    assert server.gateway.submissions[kenmerk].recipient is not None
    assert server.gateway.rows[kenmerk].message.recipient_id == GEMEENTE


@pytest.mark.parametrize("family", ["wus/2.0", "cpl"])
async def test_wsdl_and_xsd_are_served_in_both_families(server: Server, family: str) -> None:
    for service in (AANLEVER, STATUS, OPHAAL):
        async with server.session("leverancier").get(f"{server.url(service, family)}?wsdl") as response:
            root = etree.fromstring(await response.read())
        address = root.find(".//{http://schemas.xmlsoap.org/wsdl/soap/}address")
        assert address is not None
        assert address.get("location") == server.url(service, family)
        location = root.find(".//{http://www.w3.org/2001/XMLSchema}import")
        assert location is not None
        async with server.session("leverancier").get(location.get("schemaLocation") or "") as response:
            assert etree.XMLSchema(etree.fromstring(await response.read()))


async def test_the_old_collect_path_is_the_same_service(server: Server) -> None:
    url = f"https://localhost:{server.port}/cpl/ophaalservice/services/OphaalService_V1_2"
    action = "http://logius.nl/digipoort/wus/2.0/ophaalservice/1.2/OphaalService/getBerichtenLijstRequest"
    message = to_bytes(
        sign(unsigned(body("getBerichtenLijstRequest", ""), action=action, to=url), *pair("gemeente"))
    )
    async with server.session("gemeente").post(
        url, data=message, headers={"Content-Type": "text/xml"}
    ) as response:
        assert response.status == 200


@pytest.mark.parametrize(
    "soap_action",
    ['""', "", None, xmlsec_client.ACTION, f'"{xmlsec_client.ACTION}"', "aanleverenRequest", "urn:other", '"'],
)
async def test_soap_action_says_nothing_whatever_it_says(server: Server, soap_action: str | None) -> None:
    """It is not signed; the body and wsa:Action are."""
    message = to_bytes(sign(unsigned(aanlever_request(), to=server.url()), *pair("leverancier")))
    headers = {} if soap_action is None else {"SOAPAction": soap_action}
    assert (await server.post(message, **headers)).status == 200


@pytest.mark.parametrize("soap_action", ["getProcessenRequest", f'"{STATUS_ACTION}getProcessenRequest"'])
async def test_soap_action_gives_a_fault_its_action_where_the_message_cannot(
    server: Server, soap_action: str
) -> None:
    answer = await server.post(b"no XML", STATUS, SOAPAction=soap_action)
    assert answer.root.findtext(".//wsa:Action", namespaces=NAMES) == f"{STATUS_ACTION}getProcessen/Fault/"


async def test_the_operation_may_be_called_after_its_element(server: Server) -> None:
    action = xmlsec_client.ACTION.replace("aanleverenRequest", "aanleverRequest")
    message = unsigned(aanlever_request(), action=action, to=server.url())
    assert (await server.post(to_bytes(sign(message, *pair("leverancier"))))).status == 200
    other = unsigned(aanlever_request(), action="urn:aanleverRequest", to=server.url())
    assert (await server.post(to_bytes(sign(other, *pair("leverancier"))))).foutcode == "ALS100"


@pytest.mark.parametrize("to", ["https://[::1", "https://[x]/", "geen adres", "urn:x", "//", "https://a:b:c/"])
async def test_a_to_that_is_no_address_is_the_callers_fault(server: Server, to: str) -> None:
    with capture_logs() as lines:
        answer = await server.post(to_bytes(sign(unsigned(aanlever_request(), to=to), *pair("leverancier"))))
    assert (answer.status, answer.foutcode) == (500, "ALS100")
    assert "wsa:To" in (answer.text("foutbeschrijving") or "")
    assert {line["log_level"] for line in lines} == {"info"}


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00"]
)
async def test_a_time_at_the_end_of_time_is_no_failure_of_ours(server: Server, moment: str) -> None:
    with capture_logs() as lines:
        inner = f"<kenmerk>x</kenmerk><tijdstempelVanaf>{moment}</tijdstempelVanaf>"
        answer = await server.call("getStatussenProces", body("getStatussenProcesRequest", inner), STATUS)
    assert (answer.status, answer.foutcode) == (500, "STS100")
    assert {line["log_level"] for line in lines} == {"info"}


async def test_a_header_block_that_must_be_understood_is_answered_so(server: Server) -> None:
    message = to_bytes(sign(unsigned(aanlever_request(), to=server.url()), *pair("leverancier")))
    answer = await server.post(message.replace(b"<s:Header>", b"<s:Header><x s:mustUnderstand='1'/>"))
    assert (answer.status, answer.foutcode) == (500, "ALS100")
    assert answer.root.findtext(".//faultcode") == "soapenv:MustUnderstand"
    assert "'x'" in (answer.text("foutbeschrijving") or "")


async def test_a_port_or_alias_in_to_may_differ_but_not_the_service(server: Server) -> None:
    alias = unsigned(aanlever_request(), to="https://digipoort.example.nl:443/wus/2.0/aanleverservice/1.2")
    assert (await server.post(to_bytes(sign(alias, *pair("leverancier"))))).status == 200
    other = unsigned(aanlever_request(), to="https://localhost/wus/2.0/ophaalservice/1.2")
    assert (await server.post(to_bytes(sign(other, *pair("leverancier"))))).foutcode == "ALS100"


async def test_a_message_seen_before_is_refused_and_stored_once(server: Server) -> None:
    message = to_bytes(sign(unsigned(aanlever_request(), to=server.url()), *pair("leverancier")))
    assert (await server.post(message)).status == 200
    answer = await server.post(message)
    assert (answer.status, answer.foutcode) == (500, "ALS100")
    assert len(server.gateway.rows) == 1


async def test_a_message_seen_before_a_restart_is_refused_too(server: Server, open_endpoint: Open) -> None:
    message = to_bytes(sign(unsigned(aanlever_request(), to=server.url()), *pair("leverancier")))
    assert (await server.post(message)).status == 200
    restarted = await open_endpoint(earlier=server)
    answer = await restarted.post(message)
    assert (answer.status, answer.foutcode) == (500, "ALS100")
    assert len(restarted.gateway.rows) == 1


async def test_get_without_a_question_is_a_fault_and_no_page(server: Server) -> None:
    async with server.session("leverancier").get(server.url()) as response:
        assert (response.status, response.content_type) == (500, "text/xml")


async def test_a_busy_gateway_says_als400(server: Server) -> None:
    server.gateway.is_full = True
    answer = await server.call("aanleveren", aanlever_request())
    assert (answer.status, answer.foutcode) == (500, "ALS400")
    assert answer.root.findtext(".//faultcode") == "soapenv:Server"


async def test_an_outage_of_the_database_is_the_temporary_fault(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(_submission: Submission) -> Receipt:
        raise PoolTimeoutError("the database does not answer")

    monkeypatch.setattr(server.gateway, "submit", fails)
    answer = await server.call("aanleveren", aanlever_request())
    assert (answer.status, answer.foutcode) == (500, "ALS400")


async def test_a_broken_gateway_still_gives_a_typed_fault(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(server.gateway, "store")
    answer = await server.call("aanleveren", aanlever_request())
    assert (answer.status, answer.content_type, answer.foutcode) == (500, "text/xml", "ALS400")


async def test_an_authorisation_service_elsewhere_is_refused(server: Server) -> None:
    request = aanlever_request().replace("http://geenausp.nl", "http://ausp.example.nl")
    answer = await server.call("aanleveren", request)
    assert answer.foutcode == "ALS100"
    assert "autorisatieservice" in (answer.text("foutbeschrijving") or "")
