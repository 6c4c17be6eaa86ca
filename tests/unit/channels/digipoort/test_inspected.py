"""What a sandbox shows of a request: as it came, how far it got, and no secrets."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from gateway.channels.digipoort.request import BEGINNING_BYTES_MAX
from gateway.channels.digipoort.wire.checks import RequestCheck
from gateway.channels.inspection import Inspection
from tests.unit.channels.digipoort.conftest import GEMEENTE, LEVERANCIER, STATUS, Open, Server
from tests.unit.channels.digipoort.wire.xmlsec_client import (
    PARTS,
    SOAP,
    WSSE,
    aanlever_request,
    sign,
    to_bytes,
    unsigned,
)
from tests.unit.pki.hierarchies import pair

OLD = datetime(2020, 1, 1, tzinfo=UTC)
PASSWORD = (
    f'<s:Envelope xmlns:s="{SOAP}"><s:Header><w:Security xmlns:w="{WSSE}"><w:UsernameToken>'
    '<w:Password Type="text">hunter2</w:Password></w:UsernameToken></w:Security></s:Header>'
    "<s:Body><a/></s:Body></s:Envelope>"
).encode()


def requests_of(server: Server, party_id: str = LEVERANCIER) -> tuple[Inspection, ...]:
    assert server.sandbox
    assert server.sandbox.inspections
    return server.sandbox.inspections.of_party(party_id)


def marks(inspection: Inspection) -> str:
    """A sign for each check: passed, failed, not reached."""
    return "".join({True: "+", False: "x", None: "."}[one.is_passed] for one in inspection.checks)


async def test_an_accepted_request_passed_every_check(open_endpoint: Open) -> None:
    server = await open_endpoint(is_sandbox=True)
    await server.call("aanleveren", aanlever_request(b"<Invoice/>", aanleverkenmerk="Happyflow"))
    [one] = requests_of(server)
    assert (one.operation, one.status, one.refusal, one.failure) == ("aanleveren", 200, None, None)
    assert marks(one) == "+" * len(RequestCheck)
    assert [(part.name, part.is_equal) for part in one.parts] == [(name, True) for name in ("SignedInfo", *PARTS)]
    assert [(sent.file_name, sent.size_bytes, sent.is_part) for sent in one.contents] == [
        ("factuur.xml", 10, False)
    ]
    assert one.request_line == "POST /wus/2.0/aanleverservice/1.2 HTTP/1.1"
    assert one.body.startswith("<?xml")
    assert one.body_bytes == len(one.body.encode())


@pytest.mark.parametrize(
    ("body", "failed"),
    [
        (lambda _: b"<a/>", RequestCheck.ENVELOPE),
        (lambda _: PASSWORD, RequestCheck.SECURITY),
        (lambda to: signed(to, key="gemeente"), RequestCheck.SIGNATURE),
        (lambda to: signed(to, parts=("Body", "Timestamp")), RequestCheck.COVERAGE),
        (lambda to: signed(to).replace(b"factuur.xml", b"factuur.txt"), RequestCheck.DIGESTS),
        (lambda to: signed(to, created=OLD), RequestCheck.TIMESTAMP),
        (lambda to: signed(f"{to}/elsewhere"), RequestCheck.OPERATION),
        (lambda to: signed(to, body=aanlever_request().replace("Bedrijf", "B" * 50)), RequestCheck.SCHEMA),
        (lambda to: signed(to, body=aanlever_request(aanleverkenmerk="AanleverFault")), RequestCheck.REQUEST),
    ],
)
async def test_a_refused_request_shows_the_check_that_failed(
    open_endpoint: Open, body: Callable[[str], bytes], failed: RequestCheck
) -> None:
    server = await open_endpoint(is_sandbox=True)
    answer = await server.post(body(server.url()))
    [one] = requests_of(server)
    passed = list(RequestCheck).index(failed)
    assert marks(one) == "+" * passed + "x" + "." * (len(RequestCheck) - passed - 1)
    assert one.failure
    assert one.failure.name == failed.value
    assert one.refusal
    assert one.refusal.nl in (answer.text("foutbeschrijving") or "")


def signed(
    to: str,
    *,
    key: str = "leverancier",
    body: str = "",
    created: datetime | None = None,
    parts: tuple[str, ...] = PARTS,
) -> bytes:
    envelope = unsigned(body or aanlever_request(), to=to, created=created)
    return to_bytes(sign(envelope, pair("leverancier")[0], pair(key)[1], parts=parts))


async def test_a_replay_is_shown_as_one(open_endpoint: Open) -> None:
    server = await open_endpoint(is_sandbox=True)
    message = signed(server.url())
    for _ in range(2):
        await server.post(message)
    assert [one.failure and one.failure.name for one in requests_of(server)] == [RequestCheck.NEW.value, None]


async def test_a_request_belongs_to_the_party_of_its_connection(open_endpoint: Open) -> None:
    server = await open_endpoint(is_sandbox=True)
    await server.post(signed(server.url()), name="gemeente")
    [one] = requests_of(server, GEMEENTE)
    assert one.failure
    assert one.failure.name == RequestCheck.CERTIFICATE.value
    assert one.parts == ()
    assert requests_of(server) == ()


async def test_secrets_are_not_kept(open_endpoint: Open) -> None:
    server = await open_endpoint(is_sandbox=True)
    await server.post(
        PASSWORD, Authorization="Bearer hunter2", X_API_Key="hunter2", Cookie="a=hunter2", X_Own="shown"
    )
    [one] = requests_of(server)
    assert "hunter2" not in repr(one)
    assert 'Password Type="text">…<' in one.body
    assert [value for name, value in one.headers if name == "X-Own"] == ["shown"]
    assert [value for name, value in one.headers if name in {"Authorization", "X-API-Key", "Cookie"}] == [None] * 3


async def test_a_large_body_is_kept_in_part_and_what_is_no_text_is_marked(open_endpoint: Open) -> None:
    server = await open_endpoint(is_sandbox=True)
    large = aanlever_request(b"x" * 100_000)
    await server.call("aanleveren", large)
    await server.post(b"\x00\x01\xff<a/>")
    binary, cut = requests_of(server)
    assert (binary.body, binary.body_bytes) == ("\ufffd<a/>", 7)
    assert cut.failure is None
    assert len(cut.body) == BEGINNING_BYTES_MAX < cut.body_bytes
    assert [one.size_bytes for one in cut.contents] == [100_000]


async def test_an_mtom_part_is_shown_as_one(open_endpoint: Open) -> None:
    server = await open_endpoint(is_sandbox=True)
    content = base64.b64encode(b"<Invoice/>")
    include = b'<x:Include xmlns:x="http://www.w3.org/2004/08/xop/include" href="cid:doc@x"/>'
    envelope = signed(server.url()).replace(content, include)
    parts = (
        b"--B\r\nContent-Type: application/xop+xml\r\nContent-ID: <root@x>\r\n\r\n" + envelope,
        b"--B\r\nContent-Type: application/xml\r\nContent-ID: <doc@x>\r\n\r\n<Invoice/>",
        b"--B--\r\n",
    )
    kind = 'multipart/related; boundary=B; start="<root@x>"'
    assert (await server.post(b"\r\n".join(parts), Content_Type=kind)).status == 200
    [one] = requests_of(server)
    assert [(sent.size_bytes, sent.is_part) for sent in one.contents] == [(10, True)]


async def test_questions_are_shown_by_their_operation(open_endpoint: Open) -> None:
    server = await open_endpoint(is_sandbox=True)
    await server.call("getProcessen", "<getProcessenRequest/>", STATUS)
    [one] = requests_of(server)
    assert one.operation == "getBerichtsoorten"  # no element of this name is known, so it is the service's first
