"""The rules of CII in `content.rules`: those that look at what is in an element, not only where it is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.resources import files

from lxml import etree

from gateway.i18n import Text
from gateway.validator.finding import Flag
from gateway.validator.rules.asserts import RULE, RulesReader, parse
from gateway.validator.rules.patterns import Test
from gateway.validator.rules.xpath import normal
from gateway.validator.ubl.reader import Located
from gateway.validator.xml.paths import Element, children, text_of, texts


@dataclass(frozen=True, slots=True, eq=False)
class ContentRule:
    """One rule. With `looked_at` it is asked of elements of a context that have one of these paths, else of all
    whose path ends as the context, or that have the attribute."""

    id: str
    flag: Flag
    sentence: Text
    about: str
    context: str
    looked_at: tuple[str, ...]
    holds: Test | None = None
    """For one element; else `together`."""
    together: "Together | None" = None


Together = Callable[[list[Located]], tuple[int, int, str] | None]
"""Of all elements together: the place, the number and the text of what is wrong, if anything is."""


# --- one element at a time ---------------------------------------------------------------------------------


def _has_not_both(one: str, other: str) -> Test:
    return lambda element, _facts: not (children(element, one) and children(element, other))


def _has_one_of_type(code: str, path: str = "") -> Test:
    """At most one document of a type, blanks around it left out, or at most one thing in those."""

    def has_one(element: Element, _facts: object) -> bool:
        documents = children(element, "ram:AdditionalReferencedDocument")
        found = [each for each in documents if code in map(normal, texts(each, "ram:TypeCode"))]
        return len([inside for each in found for inside in children(each, path)] if path else found) <= 1

    return has_one


def _has_one_exactly(code: str) -> Test:
    """At most one document of a type, which is written without blanks."""

    def has_one(element: Element, _facts: object) -> bool:
        documents = children(element, "ram:AdditionalReferencedDocument")
        return len([each for each in documents if code in texts(each, "ram:TypeCode")]) <= 1

    return has_one


def _is_additional(*codes: str) -> Test:
    """It is an additional document of one of these types."""

    def is_additional(element: Element, _facts: object) -> bool:
        name = etree.QName(element).localname
        return name == "AdditionalReferencedDocument" and not set(codes).isdisjoint(texts(element, "ram:TypeCode"))

    return is_additional


def _has_discount(agreement: Element, _facts: object) -> bool:
    discount = "ram:GrossPriceProductTradePrice/ram:AppliedTradeAllowanceCharge"
    indicators = texts(agreement, f"{discount}/ram:ChargeIndicator/udt:Indicator")
    says_false = any(normal(each) in {"false", "0"} for each in indicators)
    return says_false and bool(children(agreement, f"{discount}/ram:ActualAmount"))


def _has_accounts(settlement: Element, _facts: object) -> bool:
    for means in children(settlement, "ram:SpecifiedTradeSettlementPaymentMeans"):
        account = "ram:PayeePartyCreditorFinancialAccount"
        has_account = children(means, f"{account}/ram:IBANID") or children(means, f"{account}/ram:ProprietaryID")
        if not has_account and {"30", "58"} & set(map(normal, texts(means, "ram:TypeCode"))):
            return False
    return True


def _is_vat(tax: Element, _facts: object) -> bool:
    return "VAT" in texts(tax, "ram:TypeCode")


def _is_no_day(day: Element, _facts: object) -> bool:
    return day.get("format") != "102"


# --- all of them together ----------------------------------------------------------------------------------


def _alike(of: Callable[[str], str]) -> Together:
    """All have the same text."""

    def judge(found: list[Located]) -> tuple[int, int, str] | None:
        first = of(text_of(found[0][1]))
        others = ((at, text) for at, element in found[1:] if of(text := text_of(element)) != first)
        return next(((at, 1, text) for at, text in others), None)

    return judge


def _once(found: list[Located]) -> tuple[int, int, str] | None:
    return (found[1][0], len(found), "") if len(found) > 1 else None


_ON_A_LINE = (
    *("SpecifiedLineTradeDelivery", "IncludedSupplyChainTradeLineItem"),
    *("SupplyChainTradeTransaction", "CrossIndustryInvoice"),
)


def _with_a_billed_unit(found: list[Located]) -> tuple[int, int, str] | None:
    """One of them is the invoiced quantity of a line of the document."""
    for _, element in found:
        above = tuple(etree.QName(each).localname for each in element.iterancestors())
        if etree.QName(element).localname == "BilledQuantity" and above == _ON_A_LINE:
            return None
    return found[0][0], len(found), ""


_TOGETHER: dict[str, Together] = {
    "are_alike": _alike(str),
    "are_normally_alike": _alike(normal),
    "are_one": _once,
    "go_with_a_billed_unit": _with_a_billed_unit,
}


# --- the file ----------------------------------------------------------------------------------------------


def _read() -> Iterator[ContentRule]:
    reader = RulesReader(globals(), "", {}, {})
    for written, rules in parse(files(__package__).joinpath("content.rules").read_text("utf-8")):
        if not rules:
            name, _, path = written.partition(" = ")
            reader.names[name] = [path]
        for head, sentence, *about in rules:
            context, _, looked_at = written.partition(" with ")
            if (match := RULE.fullmatch(head)) is None:
                raise ValueError(f"{head!r} does not begin a rule")
            together = _TOGETHER.get(match["test"])
            yield ContentRule(
                match["key"],
                Flag.WARNING if match["flag"] else Flag.FATAL,
                reader.sentence(sentence, ""),
                reader.path(about[0].removeprefix("found ") if about else context),
                reader.path(context),
                tuple(reader.paths(looked_at)),
                None if together else reader.test(match["test"]),
                together,
            )


CONTENT_RULES = {rule.id: rule for rule in _read()}
"""By their ids."""
