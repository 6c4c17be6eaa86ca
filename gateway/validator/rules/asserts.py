"""How rules on the XML itself are written down: a rule with its sentence, its test and what a finding shows."""

from typing import Any

from gateway.i18n import Text
from gateway.validator.finding import Flag
from gateway.validator.rules.detail import Detail
from gateway.validator.rules.patterns import HasInside, PatternRule, Test
from gateway.validator.rules.xpath import normal
from gateway.validator.xml.paths import Element, has, tag_of, text_of, texts


def assertion(
    key: str,
    terms: str,
    sentence: Text,
    holds: Test | None,
    advice: Text,
    *,
    source: str,
    found: str = "",
    expected: Text | str | None = None,
    flag: Flag = Flag.FATAL,
) -> PatternRule:
    """A rule. `terms` are separated by blanks, the first is the one that is wrong. A finding shows the texts at
    the path `found`, `.` for the element's own, and what is `expected`."""
    numbers = tuple(terms.split())

    def detail(element: Element, _facts: Any) -> Detail:
        shown = [text_of(element)] if found == "." else texts(element, found) if found else []
        return Detail(", ".join(shown) or None, expected, term=numbers[0] if numbers else None)

    return PatternRule(key, flag, sentence, holds, source, advice, numbers, detail)


def has_element(path: str) -> Test:
    """There is an element, or an attribute, at a path."""
    if "/" in path or "@" in path:
        return lambda element, _facts: has(element, path)
    return HasInside(tag_of(path))


def has_text(path: str) -> Test:
    """There is one that is not blank."""
    return lambda element, _facts: any(map(normal, texts(element, path)))


def has_none_of(*paths: str) -> Test:
    """There is no element at any of these paths."""
    return lambda element, _facts: not any(has(element, path) for path in paths)


def on_both(*paths: str) -> tuple[str, ...]:
    """Paths from the root of an invoice and of a credit note; `LINE` is a line of either."""
    return tuple(
        f"/{root}/{path}".removesuffix("/").replace("LINE", line)
        for path in paths
        for root, line in (("Invoice", "cac:InvoiceLine"), ("CreditNote", "cac:CreditNoteLine"))
    )
