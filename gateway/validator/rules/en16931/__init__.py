"""EN 16931-1:2017+A1 as its UBL artefact 1.3.16 publishes it. Rules on the UBL itself are in `validator.ubl`."""

from datetime import date

from gateway.i18n import Text
from gateway.validator.model.invoice import Invoice
from gateway.validator.rules.en16931.amounts import AMOUNTS
from gateway.validator.rules.en16931.codes import CODES
from gateway.validator.rules.en16931.conditions import CONDITIONS
from gateway.validator.rules.en16931.presence import PRESENCE
from gateway.validator.rules.en16931.totals import TOTALS
from gateway.validator.rules.en16931.unchecked import UNCHECKED
from gateway.validator.rules.en16931.vat import VAT
from gateway.validator.rules.engine import Claim, RulePage, rule_set
from gateway.validator.rules.invoice_facts import InvoiceFacts

_PAGES = (
    RulePage(
        "vat",
        "Rules: VAT categories",
        "What each VAT category demands: BR-S, BR-Z, BR-E, BR-AE, BR-IC (code K), BR-G, BR-O, BR-AF (L), BR-AG "
        "(M) and split payment (BR-B).",
        r"BR-(S|Z|E|AE|IC|G|O|AF|AG|B)-\d+",
    ),
    RulePage(
        "totals",
        "Rules: totals and conditions",
        "How the totals of an invoice follow from each other, and what goes with what (BR-CO).",
        r"BR-CO-\d+",
    ),
    RulePage(
        "codes",
        "Rules: code lists",
        "Which terms hold a code, and from which list (BR-CL).",
        r"BR-CL-\d+",
    ),
    RulePage(
        "decimals",
        "Rules: decimals",
        "Amounts have at most two decimals (BR-DEC).",
        r"BR-DEC-\d+",
    ),
    RulePage(
        "presence",
        "Rules: what an invoice has",
        "The terms that a core invoice, or a group of it, must have (BR-01 to BR-65).",
        r"BR-\d+",
    ),
    RulePage(
        "ubl-structure",
        "Rules: UBL structure and data types",
        "How often an element may occur in the XML (UBL-SR), and the form of attributes and amounts (UBL-DT).",
        r"UBL-(SR|DT)-\d+",
        is_table=True,
    ),
    RulePage(
        "ubl-unused",
        "Rules: UBL that an invoice has no use for",
        "Elements and attributes that nobody is obliged to read (UBL-CR): a document that has them is valid, with "
        "a warning.",
        r"UBL-CR-\d+",
        is_table=True,
    ),
)

_SCHEMA_FIRST = (
    *("BR-03", "BR-15", "BR-16", "BR-24", "BR-31", "BR-36", "BR-41", "BR-43", "BR-46", "BR-49"),
    *("UBL-CR-629", "UBL-CR-630", "UBL-CR-651", "UBL-DT-06", "UBL-DT-13", "UBL-DT-14"),
    *("UBL-SR-06", "UBL-SR-27", "UBL-SR-28"),
)

EN16931 = rule_set(
    "EN 16931",
    "1.3.16",
    PRESENCE,
    CONDITIONS,
    TOTALS,
    VAT,
    AMOUNTS,
    CODES,
    UNCHECKED,
    id="en16931",
    document=Invoice,
    facts=InvoiceFacts,
    claim=Claim("urn:cen.eu:en16931:2017", is_whole=True),
    why=Text("every invoice meets these rules"),
    url="https://github.com/ConnectingEurope/eInvoicing-EN16931",
    pages=_PAGES,
    syntax=frozenset({"UBL"}),
    written_in="UBL",
    schema_first=frozenset(_SCHEMA_FIRST),
    valid_from=date(2026, 3, 30),
)
"""Every BR rule: fatal and warning as published."""
