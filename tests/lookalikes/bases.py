"""Valid documents to make lookalikes of: samples in several ways of writing, and one with every datatype."""

import re

from tests.samples import SAMPLES, invoice
from tests.samples.xml import CAC, CBC


def _quoted(document: bytes) -> bytes:
    return re.sub(rb'(?<!n)="([^"\']*)"', rb"='\1'", document)


def _compact(document: bytes) -> bytes:
    return re.sub(rb">\s+<", b"><", document)


def _renamed(document: bytes) -> bytes:
    return document.replace(b"cac:", b"a.b:").replace(b":cac=", b":a.b=")


def _explicit(document: bytes) -> bytes:
    """With a prefix for the root too."""
    document = document.replace(b"<Invoice xmlns=", b"<ubl:Invoice xmlns:ubl=")
    return document.replace(b"</Invoice>", b"</ubl:Invoice>")


def _of_every_datatype() -> bytes:
    document = invoice(2, notes=2, attachments=1)
    for after, more in (
        (b"</cbc:IssueDate>", b"<cbc:IssueTime>08:30:00+01:00</cbc:IssueTime>"),
        (b"<cbc:Note>Opmerking 1", b'<cbc:Note languageID="nl-NL">Jansen &amp; Zn &lt;b&gt;'),
        (b"<cbc:EndpointID", b"<cbc:MarkCareIndicator>true</cbc:MarkCareIndicator><cbc:WebsiteURI>x/y"
         b"</cbc:WebsiteURI><cbc:EndpointID"),
    ):  # fmt: skip
        if after.startswith(b"</"):
            document = document.replace(after, after + more, 1)
        else:
            document = document.replace(after, more, 1)
    scheme = b'<cbc:ID schemeID="ABT" schemeURI="urn/x" schemeAgencyName="x y">WEG</cbc:ID>'
    reference = b"<cac:ContractDocumentReference>" + scheme + b"</cac:ContractDocumentReference>"
    document = document.replace(b"</cac:OrderReference>", b"</cac:OrderReference>" + reference, 1)
    return document.replace(b"<cac:PartyName>", b"<cac:PartyName >", 1)


def bases() -> dict[str, bytes]:
    """By name."""
    found = {name: sample.xml() for name, sample in SAMPLES.items()}
    plain = found["nlcius-invoice"]
    found |= {
        "quotes": _quoted(plain),
        "compact": _compact(found["nlcius-invoice-full"]),
        "prefixes": _renamed(plain),
        "prefixed root": _explicit(plain),
        "lines of Windows": found["nlcius-credit-note"].replace(b"\n", b"\r\n"),
        "no declaration": plain.partition(b"?>\n")[2],
        "a mark": b"\xef\xbb\xbf" + plain,
        "datatypes": _of_every_datatype(),
        "lines": invoice(3),
    }
    assert all(space.encode() in plain for space in (CAC, CBC))
    return found
