"""EN 16931-1:2017+A1 as its UBL artefact 1.3.16 publishes it, without the syntax rules (`validator.ubl`)."""

from datetime import date

from gateway.validator.rules.en16931.amounts import AMOUNTS
from gateway.validator.rules.en16931.codes import CODES
from gateway.validator.rules.en16931.conditions import CONDITIONS
from gateway.validator.rules.en16931.presence import PRESENCE
from gateway.validator.rules.en16931.totals import TOTALS
from gateway.validator.rules.en16931.unchecked import UNCHECKED
from gateway.validator.rules.en16931.vat import VAT
from gateway.validator.rules.engine import rule_set
from gateway.validator.rules.invoice_facts import InvoiceFacts

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
    facts=InvoiceFacts,
    syntax=frozenset({"UBL"}),
    valid_from=date(2026, 3, 30),
)
"""Every BR rule: fatal and warning as published."""
