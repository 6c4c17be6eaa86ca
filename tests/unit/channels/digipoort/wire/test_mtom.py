"""MTOM: contents as separate parts are read as if they were in the envelope; parts that do not fit are refused."""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from tests.unit.channels.digipoort.conftest import Answer, Server
from tests.unit.channels.digipoort.test_request import MIB20, require_fault
from tests.unit.channels.digipoort.wire.xmlsec_client import aanlever_request, sign, to_bytes, unsigned
from tests.unit.pki.hierarchies import pair

XOP = "http://www.w3.org/2004/08/xop/include"
DOCUMENT = b"<Invoice>" + b"regel " * 5_000 + b"</Invoice>"
Part = tuple[dict[str, str], bytes]
ROOT = {"Content-Type": 'application/xop+xml; charset=UTF-8; type="text/xml"', "Content-ID": "<root>"}
CONTENT = {
    "Content-Type": "application/xml",
    "Content-ID": "<inhoud@client>",
    "Content-Transfer-Encoding": "binary",
}


@dataclass(frozen=True)
class Mtom:
    """A multipart message, to be spoiled."""

    parts: list[Part]
    boundary: str = "grens"
    parameters: dict[str, str] = field(
        default_factory=lambda: {"type": "application/xop+xml", "start": "<root>", "start-info": "text/xml"}
    )
    end: bytes = b"--"

    def body(self) -> bytes:
        """As sent."""
        out = b""
        for headers, data in self.parts:
            lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            out += f"--{self.boundary}\r\n{lines}\r\n".encode() + data + b"\r\n"
        return out + f"--{self.boundary}".encode() + self.end + b"\r\n"

    def content_type(self) -> str:
        """With its parameters."""
        listed = "".join(f'; {name}="{value}"' for name, value in self.parameters.items())
        return f'multipart/related; boundary="{self.boundary}"{listed}'


def envelope(server: Server, content: bytes = DOCUMENT) -> bytes:
    """Signed over the base64 in place, as MTOM has it."""
    return to_bytes(sign(unsigned(aanlever_request(content), to=server.url()), *pair("leverancier")))


def include(message: bytes, href: str = "cid:inhoud%40client") -> bytes:
    """The content replaced by a reference."""
    reference = f'<inhoud><xop:Include xmlns:xop="{XOP}" href="{href}"/></inhoud>'.encode()
    return re.sub(rb"<inhoud>[^<]*</inhoud>", reference, message)


def mtom(server: Server, content: bytes = DOCUMENT) -> Mtom:
    return Mtom([(ROOT, include(envelope(server, content))), (CONTENT, content)])


async def send(server: Server, message: Mtom) -> Answer:
    return await server.post(message.body(), Content_Type=message.content_type())


@pytest.mark.parametrize("content", [b"<Invoice/>", DOCUMENT, bytes(300_001)])
async def test_a_content_as_a_separate_part(server: Server, content: bytes) -> None:
    answer = await send(server, mtom(server, content))
    assert answer.status == 200, answer.body
    row = server.gateway.rows[answer.text("kenmerk") or ""]
    assert await server.gateway.storage.read(row.message.document) == content


async def test_parts_in_another_order_and_a_root_without_start(server: Server) -> None:
    message = mtom(server)
    assert (await send(server, replace(message, parts=message.parts[::-1]))).status == 200
    message = mtom(server)
    assert (await send(server, replace(message, parameters={}))).status == 200


async def test_twenty_megabytes_as_a_separate_part(server: Server) -> None:
    answer = await send(server, mtom(server, bytes(MIB20)))
    assert answer.status == 200, answer.body[:500]


def with_detached_token(message: Mtom, token: bytes | None = None) -> Mtom:
    """As Apache CXF sends it: the certificate in a part, too."""
    (root, sent), *others = message.parts
    reference = f'><xop:Include xmlns:xop="{XOP}" href="cid:token"/></'.encode()
    [(start, written, end)] = re.findall(rb"(<[^<]*:BinarySecurityToken[^>]*)>([^<]*)</([^>]*)>", sent)
    sent = sent.replace(start + b">" + written + b"</" + end, start + reference + end)
    part = ({**CONTENT, "Content-ID": "<token>"}, base64.b64decode(written) if token is None else token)
    return replace(message, parts=[(root, sent), *others, part])


async def test_a_token_as_a_separate_part(server: Server) -> None:
    for message in (mtom(server), Mtom([(ROOT, envelope(server))])):
        sent = with_detached_token(message)
        assert sent.parts[0][1].count(b"BinarySecurityToken") == 2
        answer = await send(server, sent)
        assert answer.status == 200, answer.body
        row = server.gateway.rows[answer.text("kenmerk") or ""]
        assert await server.gateway.storage.read(row.message.document) == DOCUMENT


def other_certificate() -> bytes:
    return pair("gemeente")[0].public_bytes(Encoding.DER)


def changed_root(change: Callable[[bytes], bytes]) -> Callable[[Mtom], Mtom]:
    return lambda m: replace(m, parts=[(m.parts[0][0], change(m.parts[0][1])), *m.parts[1:]])


def headers_of_content(**headers: str) -> Callable[[Mtom], Mtom]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda m: replace(m, parts=[m.parts[0], ({**CONTENT, **named}, m.parts[1][1])])


BAD: dict[str, Callable[[Mtom], Mtom]] = {
    "the part is missing": lambda m: replace(m, parts=m.parts[:1]),
    "the part is doubled": lambda m: replace(m, parts=[*m.parts, m.parts[1]]),
    "the part has another name": headers_of_content(Content_ID="<iets@anders>"),
    "the part has no name": headers_of_content(Content_ID=""),
    "a part that nobody uses": lambda m: replace(m, parts=[*m.parts, ({**CONTENT, "Content-ID": "<x>"}, b"x")]),
    "another content in the part": lambda m: replace(m, parts=[m.parts[0], (CONTENT, DOCUMENT + b" ")]),
    "the envelope includes itself": changed_root(lambda x: x.replace(b"cid:inhoud%40client", b"cid:root")),
    "an Include by http": changed_root(lambda x: x.replace(b"cid:inhoud%40client", b"http://127.0.0.1:9/")),
    "an Include by file": changed_root(lambda x: x.replace(b"cid:inhoud%40client", b"file:///etc/passwd")),
    "an Include without href": changed_root(lambda x: x.replace(b"href", b"hraf")),
    "an Include twice": changed_root(lambda x: re.sub(rb"(<xop:Include[^>]*>)", rb"\1\1", x)),
    "an Include in an Include": changed_root(
        lambda x: re.sub(rb"(<xop:Include[^>]*)/>", rb"\1>\1/></xop:Include>", x)
    ),
    "text next to the Include": changed_root(lambda x: x.replace(b"</inhoud>", b"QQ==</inhoud>")),
    "an Include in another element": changed_root(
        lambda x: x.replace(
            b"<bestandsnaam>", b'<bestandsnaam><xop:Include xmlns:xop="' + XOP.encode() + b'" href="cid:x"/>'
        )
    ),
    "an Include in To": changed_root(
        lambda x: re.sub(
            rb"(<wsa:To[^>]*>)", rb'\1<xop:Include xmlns:xop="' + XOP.encode() + rb'" href="cid:x"/>', x
        )
    ),
    "a token that is somebody else's": lambda m: with_detached_token(m, other_certificate()),
    "a token that is no certificate": lambda m: with_detached_token(m, b"x"),
    "a token of 17 KB": lambda m: with_detached_token(m, bytes(17 * 1024)),
    "the content as token": lambda m: changed_root(lambda x: x.replace(b"cid:token", b"cid:inhoud%40client"))(
        with_detached_token(m)
    ),
    "two envelopes": lambda m: replace(m, parts=[m.parts[0], *m.parts]),
    "no envelope": lambda m: replace(m, parts=m.parts[1:]),
    "a start that is not there": lambda m: replace(m, parameters={**m.parameters, "start": "<nergens>"}),
    "an envelope that is JSON": lambda m: replace(
        m, parts=[({**ROOT, "Content-Type": "application/json"}, m.parts[0][1]), m.parts[1]]
    ),
    "a part in base64": headers_of_content(Content_Transfer_Encoding="base64"),
    "a header twice": headers_of_content(content_id="<inhoud@client>"),
    "not ended": lambda m: replace(m, end=b""),
    "no boundary in the body": lambda m: replace(m, parts=[]),
    "thousand parts": lambda m: replace(
        m, parts=[*m.parts, *(({**CONTENT, "Content-ID": f"<{n}>"}, b"") for n in range(1_000))]
    ),
}


@pytest.mark.parametrize("name", BAD)
async def test_parts_that_do_not_fit_are_refused(server: Server, name: str) -> None:
    require_fault(server, await send(server, BAD[name](mtom(server))))


async def test_a_missing_boundary_is_refused(server: Server) -> None:
    message = mtom(server)
    require_fault(server, await server.post(message.body(), Content_Type="multipart/related"))


async def test_a_part_over_twenty_megabytes_is_refused(server: Server) -> None:
    message = mtom(server)
    over = replace(message, parts=[message.parts[0], (CONTENT, bytes(MIB20 + 1))])
    answer = await send(server, over)
    require_fault(server, answer)
    assert str(MIB20) in (answer.text("foutbeschrijving") or "")


async def test_signing_the_reference_instead_of_the_content_covers_nothing(server: Server) -> None:
    """A signature over the xop:Include itself would leave the part unsigned."""
    request = aanlever_request(base64="SOON")
    request = request.replace(
        "<inhoud>SOON</inhoud>", f'<inhoud><xop:Include xmlns:xop="{XOP}" href="cid:inhoud%40client"/></inhoud>'
    )
    signed = to_bytes(sign(unsigned(request, to=server.url()), *pair("leverancier")))
    require_fault(server, await send(server, Mtom([(ROOT, signed), (CONTENT, base64.b64decode("SOON"))])))
