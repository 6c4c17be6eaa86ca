"""SETU Reporting Time and Expenses 1.4: the rules of time cards.

The official Schematron gives its rules an id each and its asserts none: SETU-TC-nn is the nth assert, and
`OFFICIAL` names the rule. Each is its own pattern. It names no language of queries, so it is read as XPath 1.0;
numbers are read as the compiled text reads them, which takes `+8` too. Some of its paths are misspelt: a rule on
`AddtionalData` is met only where the schema is left out, and two rules are never about any element of a time card.
The rules are in `setu.rules`.

Source: SETU, Standard for Reporting Time and Expenses 1.4.2, business rules of 7 October 2024.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from functools import partial
from itertools import product

from gateway.i18n import Text, either
from gateway.validator.finding import Flag
from gateway.validator.model.codes import CodeList
from gateway.validator.model.time_card import TimeCard
from gateway.validator.rules.asserts import read_rules
from gateway.validator.rules.detail import Detail, no_detail
from gateway.validator.rules.engine import Claim, RulePage, RuleSet, rule_set
from gateway.validator.rules.forms import name_of, not_on_list
from gateway.validator.rules.patterns import Pattern, PatternRule, Test
from gateway.validator.rules.xpath import normal, number
from gateway.validator.xml.namespaces import HR_XML
from gateway.validator.xml.paths import Element, child, children, text_of, texts

STANDARD = "SETU Reporting Time and Expenses 1.4.2"
OFFICIAL = (
    *("Id.1", "Id.2", "Person.2", "Person.3", "PersonName.1", "ReportedTime.1", "ReportedTime.2", "ActionCode.1"),
    *("TimeInterval.1", "TimeInterval.2", "EndDateTime.3", "EndDateTime.4", "RateOrAmount.1", "RateOrAmount.2"),
    *("ActionCode.2", "Allowance.1", "Allowance.2", "Allowance.3", "Amount.1"),
    *("CustomerReportingRequirements.1", "CustomerReportingRequirements.2"),
    *(f"Staffing{part}.{nth}" for part in ("SupplierId", "CustomerId") for nth in (1, 2, 3)),
    *("AssignmentId.1", "AssignmentId.2"),
    *(f"Staffing{part}.{nth}" for part in ("SupplierOrgUnitId", "CustomerOrgUnitId") for nth in (1, 2, 3)),
    *("Duration.1", "AdditionalData.1", "TimeInterval.1", "Allowance.1"),
)
"""How the official text calls the nth rule."""
_PREFIXES = {
    37: "nl.setu.2007.businessrules.timevard.businessrule",
    38: "nl.setu.2022.businessrules.invoice.businessrule",
    39: "nl.setu.2022.businessrules.invoice.businessrule",
}
"""What comes before that, where it is not what is usual."""
_NEVER = {
    19: Text(
        "The official text looks for an Allowance outside the namespace of HR-XML, where a time card has none."
    ),
    21: Text("The official text looks below Timecard; the element is TimeCard."),
}
"""Why no time card breaks these."""

# --- the code lists ----------------------------------------------------------------------------------------


def _list(title: str, *values: str) -> CodeList:
    return CodeList(title, STANDARD, frozenset(values), "exact", f",{','.join(values)},")


ACTIONS = _list("SETU ActionCode", "Add", "Change", "Void", "Unchanged")
RATES = _list("SETU RateOrAmount", "hourly", "hourlysplit", "4weekly", "monthly", "weekly", "hourlyconsolidated")
OWNERS = _list("SETU IdOwner", "StaffingCustomer", "StaffingCompany", "KvK", "OIN", "BTW", "Fi")
HOURS = _list(
    "SETU HourTypes",
    *("Additional wage dispensation", "Adoption leave", "Child-birth sick time", "Internship"),
    *("Overtime wage dispensation", "Pregnancy sick time", "Regular wage dispensation", "Shift wage dispensation"),
    *("Transition allowance", "Vacation additional", "Additionalplus", "Regular canceled", "Shift canceled"),
    *("Shiftplus canceled", "Additional canceled", "Additionalplus canceled", "Regular complemented"),
    *("Additional complemented", "Shift complemented", "Overtime complemented", "Overtime canceled"),
    *("Overtimeplus canceled", "Regular", "Overtime", "Overtimeplus", "Shift", "Shiftplus", "Attendance"),
    *("Travel", "Additional", "Internal", "Time for time hour build-up", "Time for time overtime hour build-up"),
    *("Special Leave", "Short leave", "Holiday", "Unpaid leave", "Training", "Vacation"),
    *("Reduction of working hours", "Sick time", "Work underload", "Care Leave", "WTR (work time reduction)"),
    *("Compensation leave", "Funeral", "Maternity Leave", "Withdrawal time for time hours", "Contract hours"),
    *("Standby", "Break"),
)
_ALLOWANCE_NUMBERS = (
    *(*range(100, 108), *range(201, 204), *range(300, 305), 400, *range(501, 504), *range(600, 605)),
    *(*range(701, 704), *range(801, 804), 900, 901, *range(903, 915)),
)
ALLOWANCES = _list(
    "SETU ExpenseAllowanceTypes",
    *(f"{each}{taxation}" for each, taxation in product(_ALLOWANCE_NUMBERS, ("", "B", "O"))),
)

# --- forms of rules ----------------------------------------------------------------------------------------

Show = Callable[[Element, object], Detail]
_UPWARDS = tuple(
    f"{{{HR_XML}}}{name}"
    for name in ("ReferenceInformation", "StaffingAdditionalData", "AddtionalData", "TimeCard")
)


def _rule(key: str, terms: str, sentence: Text, holds: Test, advice: Text | None, detail: Show) -> PatternRule:
    return PatternRule(key, Flag.FATAL, sentence, holds, STANDARD, advice, (terms,), detail)


def _is_in_references(element: Element, _facts: object) -> bool:
    """Whether an element is anywhere in the ReferenceInformation of the card's AddtionalData."""
    return any(
        tuple(each.tag for each in (above, *above.iterancestors())) == _UPWARDS
        for above in element.iterancestors(_UPWARDS[0])
    )


def _owned_by(key: str, term: str, *owners: str) -> PatternRule:
    """An identifier has one of these owners."""
    return _rule(
        key,
        term,
        Text("{owner} is {owners}.", owner=name_of(term), owners=either(owners)),
        lambda element, _facts: normal(element.get("idOwner") or "") in owners,
        Text("Write whose number it is: idOwner is {owners}.", owners=either(owners)),
        lambda element, _facts: Detail(element.get("idOwner"), " | ".join(owners), term=term),
    )


def _coded(key: str, term: str, attribute: str, codes: str, *, if_there: bool = False) -> PatternRule:
    """An attribute has a value of a list; with `if_there` it may be left out."""
    listed: CodeList = globals()[codes]
    sentence = Text("{wanted:capital} is a code of the list {titles}.", wanted=name_of(term), titles=listed.title)
    if if_there:
        sentence = Text(
            "{wanted:capital}, if given, is a code of {titles}.", wanted=name_of(term), titles=listed.title
        )

    def is_listed(element: Element, _facts: object) -> bool:
        value = element.get(attribute)
        return if_there if value is None else f",{value}," in listed.text

    return _rule(
        key, term, sentence, is_listed, None, lambda one, _facts: not_on_list(one.get(attribute), listed, term)
    )


_coded_if_there = partial(_coded, if_there=True)


def _given_once(key: str, term: str, path: str) -> PatternRule:
    """There is one number, or one name, that is not blank."""
    name = path.rpartition(":")[2]

    def count_found(element: Element) -> Text | str:
        """How many there are, or that the one is blank."""
        there = len(children(element, path))
        return Text("a blank {element}", element=name) if there == 1 else f"{there} {name}"

    return _rule(
        key,
        term,
        Text("{what} is given once and is not blank.", what=name_of(term)),
        _has_one(path),
        Text("Write one {element} with a text in it.", element=name),
        lambda element, _facts: Detail(count_found(element), f"1 {name}", term=term),
    )


def _each_owner_once(key: str, term: str, name: str) -> PatternRule:
    """It compares the elements of its name right inside one, where none should be."""

    def has_owners_once(element: Element, _facts: object) -> bool:
        owners = texts(element, f"hr:{name}/@idOwner")
        return len(owners) == len(set(owners))

    return _rule(
        key,
        term,
        Text("No two {element} inside one {element} have the same idOwner.", element=name),
        has_owners_once,
        Text("Give the number of each owner once."),
        no_detail,
    )


def _known_owner(key: str, term: str, name: str) -> PatternRule:
    """It has an owner of the list."""
    return _rule(
        key,
        term,
        Text("{element}: idOwner is a code of the list {titles}.", element=name, titles=OWNERS.title),
        lambda element, _facts: f",{element.get('idOwner') or ''}," in OWNERS.text,
        None,
        lambda element, _facts: not_on_list(element.get("idOwner"), OWNERS, term),
    )


def _uses_none_of(key: str, term: str, *names: str) -> PatternRule:
    """None of these elements is in it."""

    def names_in(element: Element) -> list[str]:
        return [name for name in names if child(element, f"hr:{name}") is not None]

    return _rule(
        key,
        term,
        Text("The requirements of the customer have no elements that SETU does not use."),
        lambda element, _facts: not names_in(element),
        Text("Leave out: {elements}.", elements=", ".join(names)),
        lambda element, _facts: Detail(", ".join(names_in(element))),
    )


# --- tests and what a finding shows ------------------------------------------------------------------------


def _has_one(path: str) -> Test:
    """There is one element at a path, and it is not blank."""
    return lambda element, _facts: len(found := texts(element, path)) == 1 and normal(found[0]) != ""


_has_numbers = tuple(map(_has_one, ("hr:Id", "hr:Id/@idOwner", "hr:Id/hr:IdValue")))


def _is_numbered(card: Element, facts: object) -> bool:
    return all(has_one(card, facts) for has_one in _has_numbers)


def _has_either(one: str, other: str) -> Test:
    """An interval without the one has the other, once."""
    return lambda interval, _facts: child(interval, one) is not None or len(children(interval, other)) == 1


def _has_status(*values: str) -> Test:
    return lambda time, _facts: normal(time.get("status") or "") in ("", *values)


def _has_name(*values: str) -> Test:
    return lambda value, _facts: normal(value.get("name") or "") in values


def _has_title(requirement: Element, _facts: object) -> bool:
    return normal(requirement.get("requirementTitle") or "") != ""


def _has_multiplier(rate: Element, _facts: object) -> bool:
    return number(rate.get("multiplier") or "") >= 100


def _has_at_most_one(path: str) -> Test:
    return lambda element, _facts: len(children(element, path)) <= 1


def _is_from_zero(duration: Element, _facts: object) -> bool:
    return number(text_of(duration)) >= 0


def _times(path: str, *wanted: str) -> Show:
    """How often something is there, and how often it should be."""
    name = path.rpartition(":")[2]
    expected = " ".join([*wanted, name]) if wanted else None
    return lambda element, _facts: Detail(f"{len(children(element, path))} {name}", expected)


def _times_of_term(term: str, path: str, *wanted: str) -> Show:
    show = _times(path, *wanted)
    return lambda element, facts: replace(show(element, facts), term=term)


def _patterns() -> Iterator[Pattern]:
    """Each rule with how the official text calls it."""
    read = read_rules("setu", globals(), STANDARD)
    for nth, (name, pattern) in enumerate(zip(OFFICIAL, read, strict=True), 1):
        [context] = pattern.contexts
        official = f"{_PREFIXES.get(nth, 'nl.setu.2007.businessrules.timecard.businessrule')}.{name}"
        [rule] = context.rules
        yield Pattern((replace(context, rules=(replace(rule, official=official, never=_NEVER.get(nth)),)),))


SETU: RuleSet = rule_set(
    "SETU Time Card",
    "1.4.2",
    id="setu-timecard",
    document=TimeCard,
    claim=Claim("1.4", or_nothing=True),
    url="https://github.com/setu-standards/xml-specifications",
    pages=(
        RulePage(
            "setu-timecard",
            "Rules: SETU time card",
            "What SETU asks of a time card on top of its schema. A card that names another version, as SETU-OHNL "
            "2.0, is not judged by them.",
            r"SETU-TC-\d+",
        ),
    ),
    patterns=tuple(_patterns()),
    schema_first=frozenset(f"SETU-TC-{each:02}" for each in (8, 11, 12, 15, *range(22, 36))),
    valid_from=date(2024, 10, 7),
)
"""For a time card that names no version (VersionId), or 1.4."""
