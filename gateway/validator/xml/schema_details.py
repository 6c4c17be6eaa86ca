"""What libxml2 leaves unsaid of a document that breaks its schema.

In each element libxml2 stops at the first child that is not allowed there: what comes after it, and all that is in
it, stays unchecked. Here the remaining children are counted against the content model, and each is handed to
libxml2 by itself, for in UBL every element is declared globally. So one attempt shows all that is to be repaired.

Pure UBL; a time card's elements are not declared globally (`explain` looks at those). Bounded in number and time.
"""

from bisect import bisect_right
from collections import Counter, deque
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from time import monotonic

from lxml import etree

from gateway.validator.xml.content_model import Child, children_of
from gateway.validator.xml.locations import name_of
from gateway.validator.xml.namespaces import CAC, CBC
from gateway.validator.xml.schema_messages import Complaint, element_at, expected_in, meant_by

SECONDS_MAX = 2.0
"""For one document. What is found by then is reported."""

CHILDREN_MAX = 5_000
"""Of one element, whose order is looked at: there may be 200,000."""
_NAME_CHARACTERS_MAX = 100
_UNKNOWN_MAX = 50

_UNEXPECTED = "This element is not expected."
_MISSING = "Missing child element(s)."
_LOOSE_TEXT = "Character content other than whitespace is not allowed because the content type is 'element-only'."


def look_further(
    schema: etree.XMLSchema, known: Sequence[Complaint], most: int, seconds_max: float = SECONDS_MAX
) -> list[Complaint]:
    """Complaints besides those that are known, at most so many."""
    return list(_Look(schema, known, monotonic() + seconds_max).complaints(most))


@dataclass(frozen=True, slots=True)
class _Reported:
    """What libxml2 said of the children of an element: of which, and what it asked for instead."""

    children: frozenset[etree._Element]
    wanted: frozenset[str]


class _Look:
    """One document."""

    def __init__(self, schema: etree.XMLSchema, known: Sequence[Complaint], until: float) -> None:
        self._schema = schema
        self._until = until
        self._known = list(known)
        self._reported = {(one.element, _kind_of(one)) for one in known}
        stopped = (parent for one in known if (parent := _stopped_in(one)) is not None)
        self._stopped = deque(dict.fromkeys(stopped))
        self._seen = set(self._stopped)

    def complaints(self, most: int) -> Iterator[Complaint]:
        for parent in self._parents():
            for complaint in self._below(parent):
                if (key := (complaint.element, _kind_of(complaint))) not in self._reported:
                    self._reported.add(key)
                    yield complaint
                    most -= 1
                if most <= 0 or monotonic() > self._until:
                    return

    def _parents(self) -> Iterator[etree._Element]:
        """The elements that libxml2 did not finish; more may be added on the way."""
        while self._stopped:
            yield self._stopped.popleft()

    def _below(self, parent: etree._Element) -> Iterator[Complaint]:
        model = children_of(parent)
        reported = self._reported_on(parent)
        wrong = [
            one for one in _wrong_children(parent, model, reported) if not _asks_for(one, parent, reported.wanted)
        ]
        yield from wrong
        if _has_loose_text(parent):
            yield Complaint("", f"Element '{parent.tag!s}': {_LOOSE_TEXT}", parent)
        at = reported.children | {one.element for one in wrong}
        names = {child.name for child in model}
        is_left = False
        for child in parent.iterchildren("*"):
            if monotonic() > self._until:
                return
            is_left = is_left or child in at
            if is_left and name_of(str(child.tag)) in names:
                yield from self._inside(child)

    def _reported_on(self, parent: etree._Element) -> _Reported:
        about = [one for one in self._known if _stopped_in(one) is parent]
        children = frozenset(one.element for one in about if one.element is not None)
        return _Reported(children, frozenset(name for one in about for name in expected_in(one.message)))

    def _inside(self, child: etree._Element) -> Iterator[Complaint]:
        """What libxml2 says of a child by itself, and where it stopped in that again."""
        if not str(child.tag).startswith((CAC, CBC)) or self._schema.validate(child):
            return
        for entry in self._schema.error_log:
            complaint = Complaint(entry.type_name, entry.message, element_at(child, entry.path))
            self._known.append(complaint)
            parent = _stopped_in(complaint)
            if parent is not None and parent not in self._seen:
                self._seen.add(parent)
                self._stopped.append(parent)
            yield complaint


def _has_loose_text(parent: etree._Element) -> bool:
    return any(text and not text.isspace() for text in (parent.text, *(child.tail for child in parent)))


def _asks_for(complaint: Complaint, parent: etree._Element, names: Collection[str]) -> bool:
    """Whether it says that the parent lacks one of these."""
    return complaint.element is parent and any(name in names for name in expected_in(complaint.message))


def _kind_of(complaint: Complaint) -> str:
    """What a complaint is about, apart from its element: two readings word an unexpected child differently."""
    return _UNEXPECTED if _says(complaint, _UNEXPECTED) else complaint.message


def _says(complaint: Complaint, words: str) -> bool:
    return complaint.message.partition("': ")[2].startswith(words)


def _stopped_in(complaint: Complaint) -> etree._Element | None:
    """The element whose children libxml2 did not finish, by this complaint."""
    if complaint.element is not None and _says(complaint, _UNEXPECTED):
        return complaint.element.getparent()
    return complaint.element if _says(complaint, _MISSING) else None


def _wrong_children(parent: etree._Element, model: Sequence[Child], reported: _Reported) -> Iterator[Complaint]:
    """Every child that is not allowed in its place, and what is missing."""
    order = {child.name: number for number, child in enumerate(model)}
    children = list(islice(parent.iterchildren("*"), CHILDREN_MAX))
    names = [name_of(str(child.tag)) for child in children]
    present = _present(names, model)
    if len(children) == CHILDREN_MAX:
        present = set(order)  # a part does not show what is missing
    straight = _in_order([order.get(name) for name in names])
    met = Counter[str]()
    reached, ahead = 0, -1
    for index, (child, name) in enumerate(zip(children, names, strict=True)):
        number = order.get(name)
        met[name] += 1
        if number is None or _is_too_many(met[name], model[number]):
            yield _unexpected_complaint(child)
        elif index not in straight:
            ahead = max(ahead, number if number >= reached and child not in reported.children else -1)
            if number < reached and name not in reported.wanted:
                yield _unexpected_complaint(child)
        else:
            if number < ahead:
                yield _unexpected_complaint(child)
                ahead = -1
            yield from _before(child, parent, _lacking(model[reached:number], present))
            reached = number
    yield from (_lacks(parent, name) for name in _lacking(model[reached:], present))


def _present(names: Sequence[str], model: Sequence[Child]) -> set[str]:
    """The children that are there, and those that a wrong name was meant to be: these are not missing as well."""
    known = {child.name for child in model}
    unknown = [name for name in dict.fromkeys(names) if name not in known and len(name) <= _NAME_CHARACTERS_MAX]
    meant = {meant_by(name, model) for name in unknown[:_UNKNOWN_MAX]}
    return known.intersection(names) | {name for name in meant if name is not None}


def _in_order(numbers: Sequence[int | None]) -> set[int]:
    """The places of the longest run of numbers that never goes down: the others are out of order."""
    ends: list[int] = []
    last: list[int] = []
    before: dict[int, int | None] = {}
    for index, number in enumerate(numbers):
        if number is None:
            continue
        length = bisect_right(ends, number)
        before[index] = last[length - 1] if length else None
        ends[length : length + 1] = [number]
        last[length : length + 1] = [index]
    at = last[-1] if last else None
    run: set[int] = set()
    while at is not None:
        run.add(at)
        at = before[at]
    return run


def _is_too_many(times: int, child: Child) -> bool:
    return child.occurs_max is not None and times > child.occurs_max


def _lacking(part: Sequence[Child], present: Collection[str]) -> list[str]:
    """The children of this part of a content model that must be there and are nowhere."""
    return [one.name for one in part if one.occurs_min > 0 and one.name not in present]


def _before(child: etree._Element, parent: etree._Element, missing: Sequence[str]) -> Iterator[Complaint]:
    """These must precede the child: the first is reported on the child, the others on what lacks them."""
    if missing:
        yield _unexpected_complaint(child, missing[0])
        yield from (_lacks(parent, one) for one in missing[1:])


def _unexpected_complaint(child: etree._Element, expected: str | None = None) -> Complaint:
    """As libxml2 says it, for `schema_messages` to put in words."""
    wanted = f" Expected is ( {expected} )." if expected else ""
    return Complaint("", f"Element '{child.tag!s}': {_UNEXPECTED}{wanted}", child)


def _lacks(parent: etree._Element, name: str) -> Complaint:
    return Complaint("", f"Element '{parent.tag!s}': {_MISSING} Expected is ( {name} ).", parent)
