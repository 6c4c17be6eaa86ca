"""SETU Reporting Time and Expenses 1.4: the rules of time cards.

The official Schematron gives its rules an id each and its asserts none: SETU-TC-nn is the nth assert, and `source`
names the rule. Each is its own pattern. It names no language of queries, so it is read as XPath 1.0; numbers
are read as the compiled text reads them, which takes `+8` too. Some of its paths are misspelt: a rule on
`AddtionalData` is met only where the schema is left out, and two rules are never about any element of a time card.

Source: SETU, Standard for Reporting Time and Expenses 1.4.2, business rules of 7 October 2024.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import product
from typing import Any

from gateway.i18n import Text, either
from gateway.validator.finding import Flag
from gateway.validator.model.codes import CodeList
from gateway.validator.model.time_card import TimeCard
from gateway.validator.rules.detail import Detail, no_detail
from gateway.validator.rules.engine import Claim, RulePage, RuleSet, rule_set
from gateway.validator.rules.forms import name_of, not_on_list
from gateway.validator.rules.patterns import Pattern, PatternRule, RuleContext, Test
from gateway.validator.rules.xpath import normal, number
from gateway.validator.xml.namespaces import HR_XML
from gateway.validator.xml.paths import Element, child, children, text_of, texts

STANDARD = "SETU Reporting Time and Expenses 1.4.2"
_RULE = "nl.setu.2007.businessrules.timecard.businessrule"
_CODE_RULE = "nl.setu.2022.businessrules.invoice.businessrule"

_CARD = "/hr:TimeCard"
_TIME = f"{_CARD}/hr:ReportedTime"
_INTERVAL = f"{_TIME}/hr:TimeInterval"
_ALLOWANCE = f"{_TIME}/hr:Allowance"
_ASSIGNMENT = f"{_CARD}/hr:AddtionalData/hr:StaffingAdditionalData/hr:ReferenceInformation/hr:AssignmentId"
_UPWARDS = tuple(
    f"{{{HR_XML}}}{name}"
    for name in ("ReferenceInformation", "StaffingAdditionalData", "AddtionalData", "TimeCard")
)

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

_PARTIES = ("StaffingCustomer", "StaffingCompany")


def _pattern(
    path: str,
    key: str,
    rule: str,
    sentence: Text,
    holds: Test,
    terms: str = "",
    *,
    advice: Text | None = None,
    detail: Callable[[Element, Any], Detail] = no_detail,
    never: Text | None = None,
) -> Pattern:
    """A rule on the elements at a path. `rule` is its official id."""
    numbers = tuple(terms.split())
    judged = PatternRule(
        f"SETU-TC-{key}", Flag.FATAL, sentence, holds, STANDARD, advice, numbers, detail, rule, never
    )
    where = _is_in_references if path.startswith("hr:Staffing") else None
    return Pattern((RuleContext((path,), (judged,), where),))


def _is_in_references(element: Element, _facts: object) -> bool:
    """Whether an element is anywhere in the ReferenceInformation of the card's AddtionalData."""
    return any(
        tuple(each.tag for each in (above, *above.iterancestors())) == _UPWARDS
        for above in element.iterancestors(_UPWARDS[0])
    )


def _owner(path: str, key: str, rule: str, term: str, owners: Sequence[str] = _PARTIES) -> Pattern:
    """The identifier at a path has one of these owners."""
    return _pattern(
        path,
        key,
        f"{_RULE}.{rule}",
        Text("{owner} is {owners}.", owner=name_of(term), owners=either(owners)),
        lambda element, _facts: normal(element.get("idOwner") or "") in owners,
        term,
        advice=Text("Write whose number it is: idOwner is {owners}.", owners=either(owners)),
        detail=lambda element, _facts: Detail(element.get("idOwner"), " | ".join(owners), term=term),
    )


def _code(
    path: str, key: str, rule: str, term: str, attribute: str, codes: CodeList, *, if_there: bool = False
) -> Pattern:
    """An attribute has a value of a list; with `if_there` it may be left out."""
    what = name_of(term)
    sentence = Text("{wanted:capital} is a code of the list {titles}.", wanted=what, titles=codes.title)
    if if_there:
        sentence = Text("{wanted:capital}, if given, is a code of {titles}.", wanted=what, titles=codes.title)

    def is_listed(element: Element, _facts: object) -> bool:
        value = element.get(attribute)
        return if_there if value is None else f",{value}," in codes.text

    return _pattern(
        path,
        key,
        rule,
        sentence,
        is_listed,
        term,
        detail=lambda element, _facts: not_on_list(element.get(attribute), codes, term),
    )


def _has_one(element: Element, path: str) -> bool:
    """Whether there is one element at a path, and it is not blank."""
    found = texts(element, path)
    return len(found) == 1 and normal(found[0]) != ""


def _number(path: str, key: str, rule: str, term: str, part: str = "hr:IdValue") -> Pattern:
    """What is at a path has one number, or one name, that is not blank."""
    name = part.removeprefix("hr:")
    return _pattern(
        path,
        key,
        f"{_RULE}.{rule}",
        Text("{what} is given once and is not blank.", what=name_of(term)),
        lambda element, _facts: _has_one(element, part),
        term,
        advice=Text("Write one {element} with a text in it.", element=name),
        detail=lambda element, _facts: Detail(_number_found(element, part), f"1 {name}", term=term),
    )


def _number_found(element: Element, path: str) -> Text | str:
    """What was found where one is wanted: how many there are, or that the one is blank."""
    found = children(element, path)
    name = path.rpartition(":")[2]
    return Text("a blank {element}", element=name) if len(found) == 1 else f"{len(found)} {name}"


def _references(part: str, keys: Sequence[str]) -> Iterator[Pattern]:
    """The three rules on a kind of identifier in the references: each owner once, a known owner, one number. The
    first compares the elements of its name right inside one, where none should be."""
    path = f"hr:{part}"
    yield _pattern(
        path,
        keys[0],
        f"{_RULE}.{part}.1",
        Text("No two {element} inside one {element} have the same idOwner.", element=part),
        _has_owners_once(path),
        "TG-11",
        advice=Text("Give the number of each owner once."),
    )
    yield _pattern(
        path,
        keys[1],
        f"{_RULE}.{part}.2",
        Text("{element}: idOwner is a code of the list {titles}.", element=part, titles=OWNERS.title),
        lambda element, _facts: f",{element.get('idOwner') or ''}," in OWNERS.text,
        "TT-66",
        detail=lambda element, _facts: not_on_list(element.get("idOwner"), OWNERS, "TT-66"),
    )
    yield _number(path, keys[2], f"{part}.3", "TT-65")


def _has_owners_once(path: str) -> Test:
    def has_owners_once(element: Element, _facts: object) -> bool:
        owners = texts(element, f"{path}/@idOwner")
        return len(owners) == len(set(owners))

    return has_owners_once


# --- the tests that are about one rule ---------------------------------------------------------------------

_UNUSED = (
    *("SupervisorName", "LocationCode", "LocationName", "CustomerJobCode", "CustomerJobDescription"),
    *("AccountCode", "ExternalOrderNumber", "ExternalReqNumber", "Entity", "SubEntity", "Shift"),
)


def _unused_in(element: Element) -> list[str]:
    return [name for name in _UNUSED if child(element, f"hr:{name}") is not None]


def _is_numbered(card: Element, _facts: object) -> bool:
    owners = texts(card, "hr:Id/@idOwner")
    return (
        _has_one(card, "hr:Id")
        and len(owners) == 1
        and normal(owners[0]) != ""
        and _has_one(card, "hr:Id/hr:IdValue")
    )


def _has_either(one: str, other: str) -> Test:
    """An interval without the one has the other, once."""
    return lambda interval, _facts: child(interval, one) is not None or len(children(interval, other)) == 1


def _has_multiplier(rate: Element, _facts: object) -> bool:
    return number(rate.get("multiplier") or "") >= 100


def _times(element: Element, part: str) -> str:
    return f"{len(children(element, part))} {part.rpartition(':')[2]}"


_HOURS = Text("Write the duration in hours as a number with a point, 7.5; correct earlier hours by a correction.")
_END_OR_DURATION = Text("Give the end of the interval or its duration in hours.")


PATTERNS: tuple[Pattern, ...] = (
    _pattern(
        _CARD,
        "01",
        f"{_RULE}.Id.1",
        Text("The time card has one Id, with one owner and one number, none of them blank."),
        _is_numbered,
        "TT-1 TT-2",
        advice=Text('Write <Id idOwner="StaffingCustomer"> with one IdValue.'),
        detail=lambda card, _facts: Detail(_times(card, "hr:Id"), term="TT-1"),
    ),
    _owner(f"{_CARD}/hr:Id", "02", "Id.2", "TT-2"),
    _owner(f"{_CARD}/hr:ReportedResource/hr:Person/hr:Id", "03", "Person.2", "TT-11"),
    _number(f"{_CARD}/hr:ReportedResource/hr:Person/hr:Id", "04", "Person.3", "TT-10"),
    _number("hr:PersonName", "05", "PersonName.1", "TT-13", "hr:FormattedName"),
    _pattern(
        _CARD,
        "06",
        f"{_RULE}.ReportedTime.1",
        Text("The time card has one {time}.", time=name_of("TG-8")),
        lambda card, _facts: len(children(card, "hr:ReportedTime")) == 1,
        "TG-8",
        advice=Text("Put all hours and allowances in one ReportedTime."),
        detail=lambda card, _facts: Detail(_times(card, "hr:ReportedTime"), "1 ReportedTime"),
    ),
    _pattern(
        _TIME,
        "07",
        f"{_RULE}.ReportedTime.2",
        Text("{status} is rejected, corrected or nothing.", status=name_of("TT-16")),
        lambda time, _facts: normal(time.get("status") or "") in ("", "rejected", "corrected"),
        "TT-16",
        advice=Text("Leave status out, or write rejected or corrected."),
        detail=lambda time, _facts: Detail(time.get("status"), "rejected | corrected", term="TT-16"),
    ),
    _code(_INTERVAL, "08", f"{_RULE}.ActionCode.1", "TT-23", "actionCode", ACTIONS, if_there=True),
    _owner(f"{_INTERVAL}/hr:Id", "09", "TimeInterval.1", "TT-21"),
    _pattern(
        f"{_INTERVAL}/hr:Id",
        "10",
        f"{_RULE}.TimeInterval.2",
        Text("{number} is given at most once.", number=name_of("TT-20")),
        lambda element, _facts: len(children(element, "hr:IdValue")) <= 1,
        "TT-20",
        advice=Text("Leave out the other IdValue elements."),
        detail=lambda element, _facts: Detail(_times(element, "hr:IdValue"), "<= 1 IdValue", term="TT-20"),
    ),
    _pattern(
        _INTERVAL,
        "11",
        f"{_RULE}.EndDateTime.3",
        Text("A time interval without a duration has one end (TT-26)."),
        _has_either("hr:Duration", "hr:EndDateTime"),
        "TT-26 TT-27",
        advice=_END_OR_DURATION,
        detail=lambda interval, _facts: Detail(_times(interval, "hr:EndDateTime"), "1 EndDateTime"),
    ),
    _pattern(
        _INTERVAL,
        "12",
        f"{_RULE}.EndDateTime.4",
        Text("A time interval without an end has one duration (TT-27)."),
        _has_either("hr:EndDateTime", "hr:Duration"),
        "TT-26 TT-27",
        advice=_END_OR_DURATION,
        detail=lambda interval, _facts: Detail(_times(interval, "hr:Duration"), "1 Duration"),
    ),
    _code(f"{_INTERVAL}/hr:RateOrAmount", "13", f"{_RULE}.RateOrAmount.1", "TT-42", "type", RATES),
    _pattern(
        f"{_INTERVAL}/hr:RateOrAmount",
        "14",
        f"{_RULE}.RateOrAmount.2",
        Text("{multiplier} is given, and is 100 or more.", multiplier=name_of("TT-43")),
        _has_multiplier,
        "TT-43",
        advice=Text("Write the multiplier as a percentage: 100 for the rate itself, 150 for half as much again."),
        detail=lambda rate, _facts: Detail(rate.get("multiplier"), ">= 100", term="TT-43"),
    ),
    _code("hr:Allowance", "15", f"{_RULE}.ActionCode.2", "TT-34", "actionCode", ACTIONS, if_there=True),
    _owner(f"{_ALLOWANCE}/hr:Id", "16", "Allowance.1", "TT-31"),
    _number(f"{_ALLOWANCE}/hr:Id", "17", "Allowance.2", "TT-30"),
    _pattern(
        f"{_ALLOWANCE}/hr:Id/hr:IdValue",
        "18",
        f"{_RULE}.Allowance.3",
        Text("{name} is allowance or expense.", name=name_of("TT-32")),
        lambda value, _facts: normal(value.get("name") or "") in ("allowance", "expense"),
        "TT-32",
        advice=Text("Write allowance or expense as name of the IdValue."),
        detail=lambda value, _facts: Detail(value.get("name"), "allowance | expense"),
    ),
    _pattern(
        "Allowance",
        "19",
        f"{_RULE}.Amount.1",
        Text("An allowance has one amount that is not blank."),
        lambda allowance, _facts: _has_one(allowance, "hr:Amount"),
        "TT-37",
        never=Text(
            "The official text looks for an Allowance outside the namespace of HR-XML, where a time card has none."
        ),
    ),
    _pattern(
        "hr:CustomerReportingRequirements",
        "20",
        f"{_RULE}.CustomerReportingRequirements.1",
        Text("The requirements of the customer have no elements that SETU does not use."),
        lambda element, _facts: not _unused_in(element),
        "TG-10",
        advice=Text("Leave out: {elements}.", elements=", ".join(_UNUSED)),
        detail=lambda element, _facts: Detail(", ".join(_unused_in(element))),
    ),
    _pattern(
        "/hr:Timecard/hr:ReportedTime/hr:TimeInterval/hr:AdditionalData/hr:StaffingAdditionalData"
        "/hr:CustomerReportingRequirements/hr:AdditionalRequirement",
        "21",
        f"{_RULE}.CustomerReportingRequirements.2",
        Text("Each AdditionalRequirement has a requirementTitle that is not blank."),
        lambda element, _facts: normal(element.get("requirementTitle") or "") != "",
        "TG-10",
        never=Text("The official text looks below Timecard; the element is TimeCard."),
    ),
    *_references("StaffingSupplierId", ("22", "23", "24")),
    *_references("StaffingCustomerId", ("25", "26", "27")),
    _owner(_ASSIGNMENT, "28", "AssignmentId.1", "TT-66", ("StaffingCompany",)),
    _number(_ASSIGNMENT, "29", "AssignmentId.2", "TT-65"),
    *_references("StaffingSupplierOrgUnitId", ("30", "31", "32")),
    *_references("StaffingCustomerOrgUnitId", ("33", "34", "35")),
    _pattern(
        "hr:Duration",
        "36",
        f"{_RULE}.Duration.1",
        Text("{duration} is a number that is not negative.", duration=name_of("TT-27")),
        lambda duration, _facts: number(text_of(duration)) >= 0,
        "TT-27",
        advice=_HOURS,
        detail=lambda duration, _facts: Detail(text_of(duration), ">= 0"),
    ),
    _pattern(
        "hr:AdditionalData",
        "37",
        "nl.setu.2007.businessrules.timevard.businessrule.AdditionalData.1",
        Text("Each AdditionalData has one StaffingAdditionalData."),
        lambda element, _facts: len(children(element, "hr:StaffingAdditionalData")) == 1,
        advice=Text(
            "Put what is about staffing in one StaffingAdditionalData, and leave an empty AdditionalData out."
        ),
        detail=lambda element, _facts: Detail(
            _times(element, "hr:StaffingAdditionalData"), "1 StaffingAdditionalData"
        ),
    ),
    _code("hr:ReportedTime/hr:TimeInterval", "38", f"{_CODE_RULE}.TimeInterval.1", "TT-22", "type", HOURS),
    _code("hr:ReportedTime/hr:Allowance", "39", f"{_CODE_RULE}.Allowance.1", "TT-33", "type", ALLOWANCES),
)

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
    patterns=PATTERNS,
    schema_first=frozenset(f"SETU-TC-{each:02}" for each in (8, 11, 12, 15, *range(22, 36))),
    valid_from=date(2024, 10, 7),
)
"""For a time card that names no version (VersionId), or 1.4."""
