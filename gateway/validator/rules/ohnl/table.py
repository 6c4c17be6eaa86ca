"""The tables of UBL-OHNL 1.9 as rules: how often something is there, and which values it has.

A table has a line for each context and below it its rules, in the order of the official text; dashes part the two
patterns. Each rule is a form:

    cbc:Note?                    there is at most one
    @listID+                     there is at least one
    cac:PartyName!               there is exactly one
    cac:PartyIdentification{1-3} there are so many
    cbc:ProfileID=               if it is there, it is one of `VALUES`, or what the code list of its element says
    .                            the element is not empty
    *building                    an assert of `asserts.py`; what it needs follows a colon

A context that ends in an attribute is never met: the compiled stylesheets visit elements alone.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from itertools import groupby
from typing import Any

from gateway.i18n import Text, either
from gateway.validator.rules.detail import Detail
from gateway.validator.rules.ohnl.asserts import ASSERTS, ohnl_rule
from gateway.validator.rules.ohnl.lists import list_for
from gateway.validator.rules.patterns import Pattern, PatternRule, RuleContext
from gateway.validator.ubl.order_bindings import ORDER, ORDER_RESPONSE
from gateway.validator.ubl.structure import terms_of
from gateway.validator.xml.paths import Element, children, has, text_of, texts

VALUES: Mapping[str, tuple[str, ...]] = {
    "cbc:UBLVersionID": ("2.0",),
    "cbc:CustomizationID": ("1.9",),
    "cbc:ProfileID": ("NL",),
    "cac:TaxScheme/cbc:Name": ("BTW", "Accijns", "Toeslag", "Overige"),
    "cac:PartyIdentification/cbc:ID/@schemeAgencyName": ("KvK", "Vest", "BTW", "Fi", "BSN", "OIN", "XXX"),
    "cac:DeliveryTerms/cbc:ID/@schemeAgencyID": ("88",),
    "cac:DeliveryTerms/cbc:ID/@schemeAgencyName": ("Logius Gegevensbeheer NL-Overheid",),
    "cac:DeliveryTerms/cbc:ID/@schemeDataURI": ("urn:digi-inkoop:ubl:2.0:NL:1.8:gc:DeliveryTermsCode",),
    "cac:DeliveryTerms/cbc:ID/@schemeID": ("NL-1002",),
    "cac:DeliveryTerms/cbc:ID/@schemeName": ("DeliveryTermsCode",),
    "cac:DeliveryTerms/cbc:ID/@schemeURI": (
        "http://www.nltaxonomie.nl/ubl/2.0/NL/1.8/cl/gc/DeliveryTermsCode.gc",
    ),
    "cac:DeliveryTerms/cbc:ID/@schemeVersionID": ("1.8",),
}
"""By the end of a path; what the elements of other code lists say of them is with the list."""

_TIMES = re.compile(r"(?P<name>@?[\w:]+)(?:(?P<sign>[+?!])|\{(?P<least>\d)-(?P<most>\d)\})")
_NAME = re.compile(r"[a-z][\w:]+")
_PEPPOL_TERMS = terms_of(ORDER, ORDER_RESPONSE)
_BOUNDS: Mapping[str, tuple[int, int | None]] = {"+": (1, None), "?": (0, 1), "!": (1, 1)}
_NEVER = Text("The compiled official text visits elements alone, never an attribute.")


@dataclass(frozen=True, slots=True)
class OhnlRule:
    """A rule of a table: its id, the path of its context, its form, and the pattern it is in."""

    id: str
    path: str
    form: str
    pattern: int

    @property
    def can_break(self) -> bool:
        """Whether the context is one of elements."""
        return "@" not in self.path

    @property
    def below_root(self) -> str:
        """The context as seen from the root element."""
        return self.path.partition("/")[2]

    def part(self, name: str) -> str:
        """Something in the context, as seen from the root element."""
        return f"{self.below_root}/{name}" if self.below_root else name


def read_table(name: str, prefix: str) -> tuple[OhnlRule, ...]:
    """The rows of a table, by the name of its file; the ids begin with `prefix`."""
    rows: list[OhnlRule] = []
    path, pattern = "", 0
    for line in files(__package__).joinpath(f"{name}.txt").read_text("utf-8").splitlines():
        if line.startswith("---"):
            pattern += 1
        elif line.startswith(" "):
            start = len(rows) + 1
            rows += [
                OhnlRule(f"{prefix}-{number:03}", path, form, pattern)
                for number, form in enumerate(line.split(), start)
            ]
        elif not line.startswith("#"):
            path = line
    return tuple(rows)


def table_patterns(rows: Sequence[OhnlRule]) -> tuple[Pattern, ...]:
    """The patterns of a table."""
    by_pattern = groupby(rows, key=lambda row: row.pattern)
    return tuple(
        Pattern(
            tuple(
                RuleContext((path,), tuple(map(_rule, in_context)))
                for path, in_context in groupby(in_pattern, key=lambda row: row.path)
            )
        )
        for _, in_pattern in by_pattern
    )


def _rule(row: OhnlRule) -> PatternRule:
    made, terms = _assert(row), _terms(row)

    def detail(element: Element, facts: object) -> Detail:
        return replace(made.detail(element, facts), term=terms[0] if terms else None)

    return replace(made, id=row.id, terms=terms, detail=detail, never=None if row.can_break else _NEVER)


def _terms(row: OhnlRule) -> tuple[str, ...]:
    """The term of the element that a rule is about, as Peppol numbers it in the same place: OHNL has none."""
    found = _NAME.match(row.form)
    path = f"/{row.path}/{found[0]}" if found else f"/{row.path}"
    return tuple(filter(None, [_PEPPOL_TERMS.get(path)]))


def _assert(row: OhnlRule) -> PatternRule:
    if row.form == ".":
        return _not_empty(row)
    if row.form.startswith("*"):
        name, _, more = row.form[1:].partition(":")
        return ASSERTS[name](more)
    return _has_value(row, row.form[:-1]) if row.form.endswith("=") else _is_there(row)


def _not_empty(row: OhnlRule) -> PatternRule:
    name = row.path.rpartition("/")[2]
    return ohnl_rule(
        Text("{path} is not empty.", path=row.path),
        lambda element, _facts: text_of(element) != "",
        Text("Fill {name} in, or leave out the element around it.", name=name),
    )


def _values(row: OhnlRule, name: str) -> tuple[str, ...]:
    path = f"{row.path}/{name}"
    for end, values in VALUES.items():
        if path.endswith(f"/{end}"):
            return values
    use = list_for(row.path)
    if use is None:
        raise ValueError(f"{row.id}: nothing says which value {path} has")
    return (use.says[name[1:]],)


def _has_value(row: OhnlRule, name: str) -> PatternRule:
    values = _values(row, name)

    def has_value(element: Element, _facts: object) -> bool:
        found = texts(element, name)
        return not found or any(each in values for each in found)

    return ohnl_rule(
        Text("{path} has the value {values}.", path=f"{row.path}/{name}", values=either(values)),
        has_value,
        Text("Write {name} as {values}.", name=name.removeprefix("@"), values=either(values)),
        lambda element, _facts: Detail(", ".join(texts(element, name)), " | ".join(values)),
    )


def bounds_of(form: str) -> tuple[str, int, int | None]:
    """What a form is about and how often that is there: at least, at most. Raises ValueError for another."""
    if (match := _TIMES.fullmatch(form)) is None:
        raise ValueError(f"{form!r} is no rule of a table")
    least, most = _BOUNDS[match["sign"]] if match["sign"] else (int(match["least"]), int(match["most"]))
    return match["name"], least, most


def _is_there(row: OhnlRule) -> PatternRule:
    name, least, most = bounds_of(row.form)
    path = row.path
    if most is None:
        return ohnl_rule(
            Text("{path} has {name}.", path=path, name=name),
            lambda element, _facts: has(element, name),
            Text("Add {name}.", name=name.removeprefix("@")),
            lambda _element, _facts: Detail(None, name),
        )
    times = str(most) if least == most else f"{least}-{most}"
    return ohnl_rule(
        _how_often(path, name, least, most),
        lambda element, _facts: least <= len(children(element, name)) <= most,
        Text("Leave out what is too many, or add what is missing."),
        lambda element, _facts: Detail(f"{len(children(element, name))} × {name}", f"{times} × {name}"),
    )


def _how_often(path: str, name: str, least: int, most: int) -> Text:
    if least == most:
        return Text("{path} has exactly {most} {name}.", path=path, most=most, name=name)
    if least == 0:
        return Text("{path} has at most {most} {name}.", path=path, most=most, name=name)
    return Text("{path} has {least} to {most} {name}.", path=path, least=least, most=most, name=name)


# --- cases -------------------------------------------------------------------------------------------------

_WRONG = "?"


def table_cases(rows: Sequence[OhnlRule]) -> Iterator[tuple[OhnlRule, dict[str, Any]]]:
    """How each rule that can break does in a document that has all that the table is about, as a row of a file of
    cases; without those of `asserts.py` that look at several elements."""
    for row in rows:
        if not row.can_break or (row.form.startswith("*") and row.form != "*country"):
            continue
        yield row, _case(row, rows)


def _case(row: OhnlRule, rows: Sequence[OhnlRule]) -> dict[str, Any]:
    use = list_for(row.path)
    of_list = [use.id] if use else []
    if row.form == ".":
        return {row.below_root: "", "also": of_list}
    if row.form == "*country":
        return {row.part("@schemeAgencyID"): "nl"}
    if row.form.endswith("="):
        name = row.form[:-1]
        is_of_list = use is not None and name[1:] in use.says
        return {row.part(name): _WRONG, "also": of_list if is_of_list else []}
    name, _least, most = bounds_of(row.form)
    if most is None:
        return {"remove": [row.part(name)], "also": _without_agency(row, name, rows)}
    return {"repeat": [row.part(name)] * most}


def _without_agency(row: OhnlRule, name: str, rows: Sequence[OhnlRule]) -> list[str]:
    """The other rules that break where a number does not say of which country or kind it is."""
    if not name.startswith("@schemeAgency") or not row.path.endswith("cac:PartyIdentification/cbc:ID"):
        return []
    return [
        each.id
        for each in rows
        if each.form == "*scheme"
        or (each.form == "*country" and each.path == row.path and name == "@schemeAgencyID")
    ]
