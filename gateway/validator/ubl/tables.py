"""The tables of rules on the XML itself, by the name that a rule set gives in `syntax`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.validator.cii import breaches as cii_breaches
from gateway.validator.cii import rules as cii_rules
from gateway.validator.cii.bindings import CII_INVOICE
from gateway.validator.ubl import breaches, rules
from gateway.validator.ubl.binding import Vocabulary
from gateway.validator.ubl.bindings import UBL_INVOICE
from gateway.validator.ubl.breaches import SyntaxBreach
from gateway.validator.ubl.reader import Reading
from gateway.validator.ubl.rules import SyntaxRule


@dataclass(frozen=True, slots=True)
class SyntaxTable:
    """The rules of a table on documents of one vocabulary, and the function that finds those that a document
    breaks, in document order."""

    vocabulary: Vocabulary[Any]
    rules: Mapping[str, SyntaxRule]
    breaches: Callable[[Reading[Any]], Sequence[SyntaxBreach]]


TABLES: dict[str, SyntaxTable] = {
    "UBL": SyntaxTable(UBL_INVOICE, rules.RULES, breaches.breaches),
    "CII": SyntaxTable(CII_INVOICE, cii_rules.RULES, cii_breaches.breaches),
}
