"""BIS Billing 3 and self-billing as rule sets, on top of EN 16931.

A document chooses one by its specification identifier (BT-24). Where it names another process than that of its
specification (BT-23), a rule says so.

Source: OpenPEPPOL, validation artefacts 2026.5 (BIS Billing 3.0.21), in force 17 August 2026.
"""

from datetime import date

from gateway.validator.model.invoice import Invoice
from gateway.validator.rules.en16931 import EN16931
from gateway.validator.rules.engine import Claim, RulePage, RuleSet, rule_set
from gateway.validator.rules.invoice_facts import InvoiceFacts
from gateway.validator.rules.peppol.billing import BILLING, SELF_BILLING, patterns_of
from gateway.validator.rules.peppol.germany import GERMANY
from gateway.validator.rules.peppol.netherlands import NETHERLANDS
from gateway.validator.rules.peppol.nordic import DENMARK, ICELAND, NORWAY, SWEDEN
from gateway.validator.rules.peppol.southern import GREECE, ITALY

VERSION = "2026.5"
IN_FORCE = date(2026, 8, 17)
URL = "https://docs.peppol.eu/poacc/billing/3.0/"

_OWN = patterns_of(BILLING)

PEPPOL: RuleSet = rule_set(
    "Peppol BIS Billing",
    VERSION,
    id="peppol",
    document=Invoice,
    facts=InvoiceFacts,
    extends=EN16931,
    written_in="UBL",
    claim=Claim("urn:fdc:peppol.eu:2017:poacc:billing:3.0"),
    url=URL,
    pages=(
        RulePage(
            "peppol",
            "Rules: Peppol BIS Billing",
            "What Peppol asks of every invoice, on top of EN 16931.",
            r"PEPPOL-.+",
        ),
        RulePage(
            "peppol-countries",
            "Rules: Peppol BIS Billing, countries",
            "What Peppol asks of invoices of sellers in some countries, or between two parties in one.",
            r"(DE|DK|GR|IS|IT|NL|NO|SE)-.+",
        ),
    ),
    patterns=(*_OWN[:4], NORWAY, DENMARK, ITALY, SWEDEN, *GREECE, ICELAND, NETHERLANDS, GERMANY, *_OWN[4:]),
    valid_from=IN_FORCE,
)
PEPPOL_SELF_BILLING: RuleSet = rule_set(
    "Peppol BIS Self-Billing",
    VERSION,
    id="peppol-self-billing",
    document=Invoice,
    facts=InvoiceFacts,
    extends=EN16931,
    written_in="UBL",
    claim=Claim("urn:fdc:peppol.eu:2017:poacc:selfbilling:3.0"),
    url=URL,
    pages=(
        RulePage(
            "peppol-self-billing",
            "Rules: Peppol BIS Self-Billing",
            "What Peppol asks of invoices that the buyer writes for the seller, on top of EN 16931.",
            r"PEPPOL-.+",
        ),
    ),
    patterns=patterns_of(SELF_BILLING),
    valid_from=IN_FORCE,
)
