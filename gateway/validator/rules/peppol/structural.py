"""Structural rules of Peppol: a document has what its structure has, with the same codes, and nothing else.

They follow from the structure alone, ids included: `PEPPOL-T01-B03802` is the second rule of the 38th part of the
order. In a part come, as far as there are any: its fixed value, its codes, the elements that it must have, its
attributes (each must be there, and is a code), at the root that no schema is named, and last that it has no other
elements.

Source: OpenPEPPOL, post-award, 2026.5.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from gateway.i18n import Text, either
from gateway.validator.finding import Flag
from gateway.validator.model.codes import PEPPOL_LISTS, CodeList
from gateway.validator.rules.asserts import has_element
from gateway.validator.rules.detail import Detail, no_detail
from gateway.validator.rules.forms import not_on_list
from gateway.validator.rules.patterns import Pattern, PatternRule, RuleContext, Test
from gateway.validator.rules.peppol.asserts import SOURCE
from gateway.validator.rules.peppol.every_document import has_no_schema_location
from gateway.validator.rules.xpath import normal, one, text_nodes
from gateway.validator.ubl.structure import StructurePart
from gateway.validator.xml.locations import name_of
from gateway.validator.xml.paths import Element, text_of

UNLIMITED = frozenset({"cac:PartyIdentification", "cac:PartyName", "cac:AddressLine"})
"""Elements in which UBL knows one element: no rule says that there are no others."""


@dataclass(frozen=True, slots=True)
class _Draft:
    """A rule without its id. `broken_at` is what a case leaves out to break it, or fills in with `broken_by`; that
    breaks the rule `also` too."""

    sentence: Text
    holds: Test | None
    advice: Text
    broken_at: str
    broken_by: str = ""
    also: tuple[str, ...] = ()
    term: str = ""
    detail: Callable[[Element, Any], Detail] = no_detail

    def make(self, key: str) -> PatternRule:
        """The rule with its id."""
        terms = (self.term,) if self.term else ()
        return PatternRule(key, Flag.FATAL, self.sentence, self.holds, SOURCE, self.advice, terms, self.detail)


def structural(root: StructurePart, transaction: str) -> Pattern:
    """The structural rules of a transaction (`T01`) of Peppol, of which `root` is the structure."""
    return Pattern(
        tuple(
            RuleContext((path,), tuple(draft.make(key) for key, draft in drafts.items()))
            for path, drafts in _contexts(root, f"PEPPOL-{transaction}-B")
        )
    )


def structural_cases(root: StructurePart, transaction: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """How each structural rule breaks in a document that has all of the structure, as a row of a file of cases."""
    for _path, drafts in _contexts(root, f"PEPPOL-{transaction}-B"):
        for key, draft in drafts.items():
            change = {draft.broken_at: draft.broken_by} if draft.broken_by else {"remove": [draft.broken_at]}
            yield key, {**change, "also": draft.also}


def _contexts(part: StructurePart, prefix: str) -> Iterator[tuple[str, dict[str, _Draft]]]:
    """The contexts of a part and of everything in it, in the order in which they take elements: each with its
    rules by their ids."""
    rules = {f"{prefix}{part.number:03}{number:02}": each for number, each in enumerate(_drafts(part), 1)}
    yield part.path, rules
    for element in part.elements:
        yield from _contexts(element, prefix)
    if part.elements and part.name not in UNLIMITED:
        yield f"{part.path}/*", {f"{prefix}{part.number:03}{len(rules) + 1:02}": _no_others(part)}


_WRONG = "?"
_UNKNOWN = "cbc:XPath"
"""An element of UBL that no structure has."""


def _inside(part: StructurePart, *more: str) -> str:
    """The path of a part, or of something in it, from the root."""
    return "/".join([*part.path.split("/")[2:], *more])


def _drafts(part: StructurePart) -> Iterator[_Draft]:
    """The rules of a part, without those of what is in it."""
    if part.fixed:
        yield _fixed_value(part)
    if part.lists:
        yield _code(part, part)
    for element in part.elements:
        if element.is_required:
            yield _presence(part, element)
    for attribute in part.attributes:
        if attribute.is_required:
            yield _presence(part, attribute)
        if attribute.lists:
            yield _code(part, attribute)
    if part.number == 1:
        yield _no_schema(part)


def _fixed_value(part: StructurePart) -> _Draft:
    value = part.fixed
    return _Draft(
        Text("{path} has the value {value}.", path=part.path, value=value),
        lambda element, _facts: normal(one(text_nodes(element))) == value,
        Text("Write {value}.", value=value),
        _inside(part),
        _WRONG,
        term=part.term,
        detail=lambda element, _facts: Detail(text_of(element), value),
    )


def _code(part: StructurePart, coded: StructurePart) -> _Draft:
    """The text of an element, or one of its attributes, is on a list; an attribute may be absent."""
    lists = [PEPPOL_LISTS[name] for name in coded.lists]
    values: frozenset[str | None] = frozenset().union(*(each.values for each in lists))
    titles = either([each.title for each in lists])
    attribute = coded.name.removeprefix("@") if coded.is_attribute else ""

    def value(element: Element) -> str | None:
        return element.get(attribute) if attribute else normal(one(text_nodes(element)))

    def is_coded(element: Element, _facts: object) -> bool:
        if not attribute and not len(element) and element.text in values:
            return True
        found = value(element)
        return found is None or found in values

    return _Draft(
        Text("{path} is a code of the list {titles}.", path=coded.path, titles=titles),
        is_coded,
        Text("Choose a code from the list {titles}.", titles=titles),
        _inside(coded),
        _WRONG,
        term=part.term,
        detail=lambda element, _facts: not_on_list(value(element), _union(lists)),
    )


def _union(lists: list[CodeList]) -> CodeList:
    """Several lists as one, under the name of the first."""
    return lists[0].also(*(value for each in lists[1:] for value in each.values))


def _presence(part: StructurePart, required: StructurePart) -> _Draft:
    name = required.name
    return _Draft(
        Text("{path} has {name}.", path=part.path, name=name),
        _has_attribute(name[1:]) if required.is_attribute else has_element(name),
        Text("Add {name} ({label}).", name=name, label=required.label),
        _inside(required),
        also=() if required.is_attribute or len(part.elements) > 1 else ("PEPPOL-COMMON-R001",),
        term=required.term or part.term,
        detail=lambda _element, _facts: Detail(None, name),
    )


def _has_attribute(name: str) -> Test:
    return lambda element, _facts: element.get(name) is not None


def _no_schema(part: StructurePart) -> _Draft:
    return _Draft(
        Text("{path} does not say where its schema is.", path=part.path),
        has_no_schema_location,
        Text("Leave xsi:schemaLocation out."),
        "./@schemaLocation",
        _WRONG,
        ("PEPPOL-COMMON-R003",),
    )


def _no_others(part: StructurePart) -> _Draft:
    names = ", ".join(each.name for each in part.elements)
    return _Draft(
        Text("{path} has only elements that the specification knows there.", path=part.path),
        None,
        Text("Leave the element out: the specification does not have it here."),
        _inside(part, _UNKNOWN),
        _WRONG,
        detail=lambda element, _facts: Detail(name_of(str(element.tag)), names),
    )
