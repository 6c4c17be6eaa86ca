"""Hostile documents by name, and a process that judges them and tells what each cost.

`python -m tests.unit.validator.hostile [NAME…]` prints a JSON object a line: rules found, CPU seconds, extra MiB.
"""

import ctypes
import gc
import gzip
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from gateway.validator.judge import judge
from gateway.validator.kinds import definition_of
from gateway.validator.model.document import DocumentKind

MIB = 1024 * 1024
INVOICE = definition_of(DocumentKind.INVOICE).namespace.encode()
CBC = b"urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
CAC = b"urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
_START = (
    b'<Invoice xmlns="%b" xmlns:cac="%b" xmlns:cbc="%b"><cbc:ID>1</cbc:ID>'
    b"<cbc:IssueDate>2026-11-02</cbc:IssueDate>"
    % (
        INVOICE,
        CAC,
        CBC,
    )
)
_END = b"</Invoice>"


def invoice(content: bytes) -> bytes:
    """Bytes inside an Invoice that begins well."""
    return _START + content + _END


def _numbered(form: bytes, count: int) -> bytes:
    return b"".join(form % {b"n": number} for number in range(count))


def _laughs() -> bytes:
    entities = b"".join(b'<!ENTITY l%d "%b">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
    return b'<!DOCTYPE l [<!ENTITY l0 "lol">' + entities + b"]><l>&l9;</l>"


def _attachments(count: int, content: bytes) -> bytes:
    one = (
        b'<cbc:EmbeddedDocumentBinaryObject mimeCode="application/pdf">%b</cbc:EmbeddedDocumentBinaryObject>'
        % content
    )
    return one * count


HOSTILE: dict[str, Callable[[], bytes]] = {
    "5-million-elements": lambda: invoice(b"<a/>" * 5_000_000),
    "20-mb-of-start-tags": lambda: b"<a>" * 7_000_000,
    "100000-attributes": lambda: invoice(b"<a %b/>" % _numbered(b"a%(n)d='' ", 100_000)),
    "100000-attributes-with-signs": lambda: invoice(b"<a %b/>" % _numbered(b"a%(n)d='>' ", 100_000)),
    "190000-attributes-with-signs": lambda: invoice(b"<a %b/>" % _numbered(b"a%(n)d='>' ", 190_000)),
    "same-attribute-199000-times": lambda: invoice(b"<a " + b"a='' " * 199_000 + b"/>"),
    "190000-namespaces": lambda: invoice(_numbered(b"<a xmlns:n%(n)d='u%(n)d'/>", 190_000)),
    "60-namespaces-250-deep": lambda: invoice(
        b"".join(b"<a " + _numbered(b"xmlns:n%%(n)dx%d='u' " % depth, 60) + b">" for depth in range(250))
        + b"</a>" * 250
    ),
    "deep": lambda: b"<a>" * 100_000 + b"</a>" * 100_000,
    "deep-and-wide": lambda: invoice((b"<a>" * 250 + b"</a>" * 250) * 1_000),
    "billion-laughs": _laughs,
    "external-entity": lambda: b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    "long-doctype": lambda: b"<!DOCTYPE a [" + b"<!-- x -->" * 1_400_000,
    "gzip-bomb": lambda: gzip.compress(bytes(1024 * MIB // 8), 9),
    "gzip-bomb-declared": lambda: b"\x1f\x8b" + bytes(20 * MIB),
    "long-name": lambda: invoice(b"<" + b"a" * 10_000_000 + b"/>"),
    "split-text": lambda: invoice(b"<cbc:Note>" + b"x<![CDATA[y]]>" * 190_000 + b"</cbc:Note>"),
    "split-long-text": lambda: invoice((b"<cbc:Note>" + (b"x" * 2_600 + b"<!---->") * 99 + b"</cbc:Note>") * 60),
    "text-of-references": lambda: invoice(
        (b"<cbc:Note>" + b"x" * 130_000 + b"&lt;" * 24_000 + b"</cbc:Note>") * 2
    ),
    "text-in-large-pieces": lambda: invoice(b"<cbc:Note>" + (b"x" * 250_000 + b"<!---->") * 60 + b"</cbc:Note>"),
    "many-long-names": lambda: invoice(_numbered(b"<" + b"a" * 200 + b"%(n)d/>", 70_000)),
    "long-attribute": lambda: invoice(b"<a b='" + b"x" * 15_000_000 + b"'/>"),
    "long-comment": lambda: invoice(b"<!--" + b"x" * 15_000_000 + b"-->"),
    "many-comments": lambda: invoice(b"<!---->" * 2_000_000),
    "unclosed-comments": lambda: invoice(b"<!-- " * 3_000_000),
    "unclosed-cdata": lambda: invoice(b"<![CDATA[" * 1_500_000),
    "unclosed-quotes": lambda: invoice(b"<a b=\"'" * 190_000),
    "long-instruction": lambda: invoice(b"<?p " + b"x" * 15_000_000 + b"?>"),
    "prolog-of-comments": lambda: b"<!---->" * 2_000_000 + b"<a/>",
    "prolog-unclosed": lambda: b"<!-- " * 4_000_000,
    "long-text": lambda: invoice(b"<cbc:Note>" + b"x" * 15_000_000 + b"</cbc:Note>"),
    "ampersands": lambda: invoice(b"<cbc:Note>" + b"&" * 15_000_000 + b"</cbc:Note>"),
    "character-references": lambda: invoice(b"<cbc:Note>" + b"&#65;" * 49_000 + b"</cbc:Note>" * 1),
    "greater-than-signs": lambda: invoice(b"<cbc:Note>" + b">" * 2_000_000 + b"</cbc:Note>"),
    "newlines": lambda: b"\n" * (20 * MIB),
    "nulls": lambda: bytes(20 * MIB),
    "not-utf-8": lambda: invoice(b"<cbc:Note>" + b"\xc3\xa9" * 7_000_000 + b"\xff</cbc:Note>"),
    "wide-characters": lambda: invoice(("<cbc:Note>" + "\U0001f600" * 400_000 + "</cbc:Note>").encode() * 8),
    "too-large": lambda: b"<a>" + bytes(60 * MIB),
    "bad-base64-at-the-end": lambda: invoice(_attachments(1, b"QUJD" * 6_990_000 + b"*")),
    "21-mb-attachment": lambda: invoice(_attachments(1, b"QUJD" * 7_340_000)),
    "42-mb-attachment": lambda: invoice(_attachments(1, b"QUJD" * 12_000_000)),
    "base64-in-references": lambda: invoice(_attachments(1, b"&#65;" * 4_000_000)),
    "base64-in-spaces": lambda: invoice(_attachments(1, b"Q " * 10_000_000)),
    "base64-in-a-comment": lambda: invoice(b"<!--" + _attachments(1, b"QUJD" * 5_000_000) + b"-->"),
    "100000-attachments": lambda: invoice(_attachments(100_000, b"QUJD")),
    "500000-mentions": lambda: invoice(b"<!--" + b"EmbeddedDocumentBinaryObject " * 500_000 + b"-->"),
    "100000-errors": lambda: invoice(b"<cbc:Note x='1' y='2'>q</cbc:Note>" * 100_000),
    "errors-under-64-kb": lambda: invoice(b"<cbc:Note a='' b='' c=''>q</cbc:Note>" * 1_700),
    "bad-values": lambda: invoice(
        b"<cac:InvoicePeriod><cbc:StartDate>x</cbc:StartDate></cac:InvoicePeriod>" * 90_000
    ),
    "errors-after-190000-siblings": lambda: invoice(
        b"<cbc:Note>x</cbc:Note>" * 190_000 + b"<cbc:Note a=''>x</cbc:Note>" * 60
    ),
    "200-bad-attachments-after-180000-notes": lambda: invoice(
        b"<cbc:Note>x</cbc:Note>" * 180_000 + _attachments(200, b"QUJ")
    ),
    "200-bad-attachments": lambda: invoice(_attachments(200, b"QUJD" * 40_000 + b"*")),
    "200-warned-attachments": lambda: invoice(b"<cbc:Note>x</cbc:Note>" * 180_000 + _attachments(200, b"QUJD")),
    "one-unknown-element-of-199000": lambda: invoice(b"<b/>" * 199_000),
    "one-line-of-16-mb": lambda: invoice(
        b"<cbc:Note>" + b"x" * 50 + b"</cbc:Note>" * 1 + b"<cbc:Note>y</cbc:Note>" * 190_000
    ),
    "unknown-root": lambda: b"<a>" + b"<b>c</b>" * 199_000 + b"</a>",
}


def _peak_bytes() -> int:
    """The most memory this process has held since the mark was last reset."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))


def _reset_peak() -> None:
    """Give freed memory back to the system and let the peak begin anew, so that one document says nothing of
    the next."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def cost(name: str) -> dict[str, object]:
    """Judge one hostile document: what was found, and what it took beyond the document itself."""
    document = HOSTILE[name]()
    _reset_peak()
    before_bytes, before_seconds = _peak_bytes(), time.process_time()
    verdict = judge(document)
    seconds = time.process_time() - before_seconds
    return {
        "name": name,
        "valid": verdict.valid,
        "rules": sorted({finding.rule for finding in verdict.findings}),
        "findings": len(verdict.findings),
        "cpu_seconds": round(seconds, 3),
        "extra_mib": round((_peak_bytes() - before_bytes) / MIB, 1),
    }


def main(names: list[str]) -> None:
    """Judge these documents, or all; a good one first, so that schemas and modules are there already."""
    judge(invoice(b""))
    for name in names or HOSTILE:
        print(json.dumps(cost(name)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
