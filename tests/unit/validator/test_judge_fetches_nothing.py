"""Whatever a document names, nothing is fetched for it: a server listens, and nobody comes."""

import socket

import pytest

from gateway.validator.judge import judge
from tests.samples import SAMPLES

INVOICE = SAMPLES["nlcius-invoice"].xml()
ROOT = b"<Invoice "

WAYS = {
    "doctype": (b"<Invoice ", b'<!DOCTYPE Invoice SYSTEM "%b"><Invoice '),
    "entity": (b"<Invoice ", b'<!DOCTYPE Invoice [<!ENTITY e SYSTEM "%b">]><Invoice '),
    "parameter entity": (b"<Invoice ", b'<!DOCTYPE Invoice [<!ENTITY %% e SYSTEM "%b"> %%e;]><Invoice '),
    "stylesheet": (b"<Invoice ", b'<?xml-stylesheet type="text/xsl" href="%b"?><Invoice '),
    "xinclude": (b"<cbc:ID>", b'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="%b"/><cbc:ID>'),
    "schema location": (
        b"<Invoice ",
        b'<Invoice xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:x %b" '
        b'xsi:noNamespaceSchemaLocation="%b" ',
    ),
    "extension with a schema": (
        b"<cbc:CustomizationID>",
        b'<ext:UBLExtensions xmlns:ext="urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2">'
        b"<ext:UBLExtension><ext:ExtensionContent>"
        b'<x xmlns="urn:x" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:x %b"/>'
        b"</ext:ExtensionContent></ext:UBLExtension></ext:UBLExtensions><cbc:CustomizationID>",
    ),
}


@pytest.mark.parametrize(("way", "explain"), [*((way, False) for way in WAYS), ("schema location", True)])
def test_nobody_calls(way: str, explain: bool) -> None:
    old, new = WAYS[way]
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.02)
        address = b"http://127.0.0.1:%d/x" % server.getsockname()[1]
        document = INVOICE.replace(old, new.replace(b"%b", address).replace(b"%%", b"%"), 1)
        assert address in document
        verdict = judge(document, explain=explain)
        with pytest.raises(TimeoutError):
            server.accept()
    if way in {"doctype", "entity", "parameter entity"}:
        assert [finding.rule for finding in verdict.findings] == ["MP-XML-DOCTYPE"]


def test_no_file_is_read() -> None:
    document = INVOICE.replace(
        b"<cbc:ID>",
        b'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="/etc/hostname" parse="text"/><cbc:ID>',
        1,
    )
    rules = [finding.rule for finding in judge(document).findings]
    assert rules == ["MP-XSD-UNKNOWN"]
