"""Documents to report on: valid, wrong in several ways, and written to do harm."""

import re

import gateway
from gateway.validator.report.report import JudgedDocument, report_of
from tests.samples import SAMPLES

GOOD = SAMPLES["nlcius-invoice"].xml()
WRONG = (
    SAMPLES["nlcius-invoice-full"]
    .xml()
    .replace(b'<cbc:TaxInclusiveAmount currencyID="EUR">2', b'<cbc:TaxInclusiveAmount currencyID="EUR">3')
    .replace(b'unitCode="XBX"', b'unitCode="KWU"')
    .replace(
        b"</cbc:ChargeIndicator>",
        b"</cbc:ChargeIndicator>\n<cbc:AllowanceChargeReasonCode>95</cbc:AllowanceChargeReasonCode>",
        1,
    )
)
HOSTILE = GOOD.replace(
    b'unitCode="C62"', b'unitCode="&lt;script&gt;alert(1)&lt;/script&gt;]]&gt;&amp;&#9;"'
).replace(
    b"Onderhoud plantsoen",
    "Onderhoud <![CDATA[</code><script>alert(2)</script>]]> \u202e\u0085 'x\" plantsoen".encode(),
)
NOT_XML = b"<Invoice"
ON_ONE_LINE = re.sub(rb">\s+<", b"><", WRONG)


def reported(document: bytes, file: str = "factuur.xml") -> JudgedDocument:
    """The report on a document, with the document."""
    return JudgedDocument(report_of(gateway.judge(document), file), document)
