"""Documents to try the check with, of parties that do not exist: right ones as files, wrong ones as a change."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from gateway.i18n import Text


@dataclass(frozen=True, slots=True)
class Trial:
    """A document to try, and `rule`, which it breaks; empty where it is right."""

    name: str
    title: Text
    file: str
    rule: str = ""
    before: bytes = b""
    after: bytes = b""

    @property
    def document(self) -> bytes:
        """The document."""
        whole = _file(self.file)
        return whole.replace(self.before, self.after) if self.before else whole


@cache
def _file(name: str) -> bytes:
    return (files(__package__) / name).read_bytes()


EXAMPLES = (
    Trial("invoice", Text("an invoice with an attachment"), "invoice.xml"),
    Trial("credit-note", Text("a credit note"), "credit-note.xml"),
    Trial("order", Text("an order"), "order.xml"),
    Trial("time-card", Text("a time sheet"), "time-card.xml"),
    Trial(
        "wrong-total",
        Text("an invoice that does not add up"),
        "invoice.xml",
        *("BR-CO-15", b">2450.15<", b">2540.15<"),
    ),
    Trial(
        "unknown-unit",
        Text("an invoice with a unit that does not exist"),
        "invoice.xml",
        *("BR-CL-23", b'unitCode="HUR"', b'unitCode="UUR"'),
    ),
    Trial(
        "no-kvk",
        Text("a credit note without the KvK number of the supplier"),
        "credit-note.xml",
        *("BR-NL-1", b"0106", b"0088"),
    ),
    Trial(
        "wrong-element",
        Text("an invoice that is not built as the standard says"),
        "invoice.xml",
        *("MP-XSD-UNKNOWN", b"cbc:IssueDate>", b"cbc:InvoiceDate>"),
    ),
)
