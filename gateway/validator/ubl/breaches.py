"""Finds the UBL-CR, UBL-SR and UBL-DT rules that a document breaks.

What follows from the shape of a piece of the document is worked out once for a shape (`_verdict_on`); a
document then costs one addition for each shape it has. Where the text decides, the few elements it is about
are fetched.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import NamedTuple

from lxml import etree

from gateway.validator.ubl.building import Reading
from gateway.validator.ubl.rules import (
    LINES,
    MARKED_ATTRIBUTES,
    ONCE_IN_DOCUMENT,
    RULES,
    TIMES,
    UNUSED_ANYWHERE,
    UNUSED_ATTRIBUTES,
    SyntaxRule,
)
from gateway.validator.ubl.shape import Shape
from gateway.validator.ubl.unused import UNUSED_ELEMENTS


class SyntaxBreach(NamedTuple):
    """A rule that a document breaks. `place` is that of the first element at fault (see `Reading.elements`),
    `times` how many there are, `found` the text or attribute where the rule is about one."""

    rule: SyntaxRule
    place: int
    times: int = 1
    found: str | None = None


@dataclass
class _Verdict:
    """What follows from one shape alone; places are indices in the shape."""

    broken: list[tuple[str, int]] = field(default_factory=list)
    """Rules that each occurrence breaks, each for itself."""
    present: list[tuple[str, int]] = field(default_factory=list)
    """What has no use: reported once a document, at its first place."""
    counted: list[tuple[str, int]] = field(default_factory=list)
    """What a document may say once."""
    asked: list[tuple[str, int]] = field(default_factory=list)
    """Elements whose text must be looked at, by the topic that asks."""

    @cached_property
    def once(self) -> frozenset[str]:
        """The rules that count something here, where each counts one."""
        return frozenset(rule for rule, _ in self.counted)

    @cached_property
    def is_clear(self) -> bool:
        """No occurrence by itself breaks anything."""
        return not self.broken and not self.present and len(self.once) == len(self.counted)


class _Judge:
    """Works out the verdict on one shape."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.verdict = _Verdict()
        self.below: list[list[int]] = [[] for _ in shape.names]
        for index, parent in enumerate(shape.parents):
            if parent >= 0:
                self.below[parent].append(index)

    def run(self) -> _Verdict:
        for index, path in enumerate(self.shape.paths):
            self.verdict.present += [(rule, index) for rule in _no_use(path)]
            self.verdict.counted += [(rule, index) for rule in _once(path)]
            for attribute in self.shape.attributes[index]:
                self.verdict.present += [(rule, index) for rule in _attribute_no_use(path, attribute)]
                self.verdict.counted += [(rule, index) for rule in _once(f"{path}/@{attribute}")]
            self.times(index)
            self.text(index, path)
        return self.verdict

    def times(self, index: int) -> None:
        name = self.shape.names[index]
        if name.endswith("BinaryObject"):
            name = "BinaryObject"
        for rule in _TIMES_ON.get(name, ()):
            times = TIMES[rule]
            if times.above and times.above != self.above(index):
                continue
            if not all(times.allows(self.count(index, path.split("/"))) for path in times.paths):
                self.verdict.broken.append((rule, index))

    def above(self, index: int) -> str:
        parent = self.shape.parents[index]
        return self.shape.names[parent] if parent >= 0 else self.shape.path.rpartition("/")[2]

    def count(self, index: int, steps: list[str]) -> int:
        if not steps:
            return 1
        step, rest = steps[0], steps[1:]
        if step.startswith("@"):
            return int(step[1:] in self.shape.attributes[index])
        return sum(self.count(child, rest) for child in self.below[index] if self.shape.names[child] == step)

    def text(self, index: int, path: str) -> None:
        """Ask for the text of this element where a rule may turn on it."""
        name = self.shape.names[index]
        from_root = _from_root(path)
        if from_root == "cbc:UBLVersionID" or name in _ASK_BY_NAME:
            self.verdict.asked.append((name, index))
        elif name == "cac:AdditionalDocumentReference":
            if self.count(index, ["cbc:DocumentTypeCode"]) or self.count(index, ["cbc:ID", "@schemeID"]):
                self.verdict.asked.append((name, index))
        elif name == "cbc:ID" and "schemeID" in self.shape.attributes[index]:
            if self.above(index) == "cac:PartyIdentification":
                self.verdict.asked.append(("SEPA", index))
        elif name == "cac:AllowanceCharge" and self.count(index, ["cbc:AllowanceChargeReason"]) > 1:
            self.verdict.asked.append((name, index))
        elif name == "cac:PartyTaxScheme" and from_root in _TAXED_PARTIES:
            self.verdict.asked.append((from_root, index))


_ASK_BY_NAME = {"cac:PayeeParty", "cbc:PaymentID", "cbc:PaymentMeansCode"}
_TAXED_PARTIES = {f"cac:Accounting{party}Party/cac:Party/cac:PartyTaxScheme" for party in ("Supplier", "Customer")}
_UNUSED = {path: rule for rule, path in UNUSED_ELEMENTS.items()}
_ONCE = {path: rule for rule, path in ONCE_IN_DOCUMENT.items()}
_ATTRIBUTES = {name: rule for rule, name in UNUSED_ATTRIBUTES.items()}
_TIMES_ON: dict[str, list[str]] = {}
for _rule, _times in TIMES.items():
    for _name in _times.on:
        _TIMES_ON.setdefault(_name, []).append(_rule)

# What a path alone says. Many elements of a document have the same path.
_of_paths = lru_cache(maxsize=1 << 14)


@_of_paths
def _no_use(path: str) -> tuple[str, ...]:
    """The rules that an element breaks by standing there."""
    from_root = _from_root(path)
    for line in LINES:
        if from_root.startswith(f"{line}/"):
            from_root = "line" + from_root.removeprefix(line)
    found = [rule for rule, suffix in UNUSED_ANYWHERE.items() if path.endswith(f"/{suffix}")]
    if from_root == "cac:PaymentMeans/cbc:PaymentDueDate" and path.startswith("/Invoice/"):
        found.append("UBL-CR-412")
    return (*found, _UNUSED[from_root]) if from_root in _UNUSED else tuple(found)


@_of_paths
def _attribute_no_use(path: str, name: str) -> tuple[str, ...]:
    """The rules that an attribute breaks by being on an element of this path."""
    found = []
    if name in _ATTRIBUTES and not (name == "name" and path.endswith("cbc:PaymentMeansCode")):
        found.append(_ATTRIBUTES[name])
    for rule, marked in MARKED_ATTRIBUTES.items():
        if marked == f"/{_from_root(path)}/@{name}" or f"{path}/@{name}".endswith(f"/{marked}"):
            found.append(rule)
    return tuple(found)


@_of_paths
def _once(path: str) -> tuple[str, ...]:
    """The rules that count elements or attributes at this path."""
    from_root = _from_root(path)
    return (_ONCE[from_root],) if from_root in _ONCE else ()


def _from_root(path: str) -> str:
    """`cac:Item/cbc:Name` of `/Invoice/cac:Item/cbc:Name`."""
    return path.split("/", 2)[2] if path.count("/") > 1 else ""


_VERDICTS_MAX = 4096
_CACHED_ELEMENTS_MAX = 600  # a larger shape is one document's own, and would be kept for nothing
_verdicts: dict[Shape, _Verdict] = {}


def _verdict_on(shape: Shape) -> _Verdict:
    verdict = _verdicts.get(shape)
    if verdict is None:
        verdict = _Judge(shape).run()
        if len(shape.names) <= _CACHED_ELEMENTS_MAX:
            if len(_verdicts) >= _VERDICTS_MAX:
                _verdicts.clear()
            _verdicts[shape] = verdict
    return verdict


# A document -------------------------------------------------------------------------------------------------


def breaches(reading: Reading) -> list[SyntaxBreach]:
    """Every rule of this module that a document breaks, in document order."""
    pieces = [(occurrences.places, _verdict_on(occurrences.shape)) for occurrences in reading.shapes]
    found = [*_by_shape(pieces), *_by_text(reading, pieces), *_decimals(reading)]
    return sorted(found, key=lambda breach: (breach.place, breach.rule.id))


_Pieces = list[tuple[list[int], _Verdict]]


def _are_clear(pieces: _Pieces) -> bool:
    """Whether no shape breaks anything, nor several of them together."""
    counted: set[str] = set()
    for places, verdict in pieces:
        if not verdict.is_clear or (verdict.once and (len(places) > 1 or not counted.isdisjoint(verdict.once))):
            return False
        counted |= verdict.once
    return True


def _by_shape(pieces: _Pieces) -> Iterator[SyntaxBreach]:
    if _are_clear(pieces):
        return
    first: dict[str, int] = {}
    times: Counter[str] = Counter()
    for places, verdict in pieces:
        for rule, index in verdict.broken:
            yield from (SyntaxBreach(RULES[rule], place + index) for place in places)
        for rule, index in (*verdict.present, *verdict.counted):
            times[rule] += len(places)
            first[rule] = min(first.get(rule, places[0] + index), places[0] + index)
    for rule, place in first.items():
        if times[rule] > 1 or rule not in ONCE_IN_DOCUMENT:
            yield SyntaxBreach(RULES[rule], place, times[rule])


def _decimals(reading: Reading) -> Iterator[SyntaxBreach]:
    elements = reading.elements(reading.long_amounts) if reading.long_amounts else {}
    for place, element in elements.items():
        yield SyntaxBreach(RULES["UBL-DT-01"], place, found=_text(element))


def _by_text(reading: Reading, pieces: _Pieces) -> Iterator[SyntaxBreach]:
    topics: dict[str, list[int]] = {}
    for places, verdict in pieces:
        for topic, index in verdict.asked:
            topics.setdefault(topic, []).extend(place + index for place in places)
    wanted = {
        topic: sorted(places) for topic, places in topics.items() if len(places) > _ONE_IS_FINE.get(topic, 0)
    }
    if not wanted:
        return
    elements = reading.elements([place for places in wanted.values() for place in places])
    for topic, places in wanted.items():
        yield from _TOPICS[topic]([(place, elements[place]) for place in places])


_Placed = list[tuple[int, etree._Element]]


def _version(found: _Placed) -> Iterator[SyntaxBreach]:
    texts = [_text(element) for _, element in found]
    if "2.1" not in texts:
        yield SyntaxBreach(RULES["UBL-CR-002"], found[0][0], found=texts[0])


@dataclass(slots=True)
class _Document:
    """What the rules ask of a reference to a document."""

    place: int
    types: list[str] = field(default_factory=list)
    numbers: int = 0
    has_scheme: bool = False
    has_attachment: bool = False
    has_description: bool = False

    @property
    def is_object(self) -> bool:
        """An invoiced object."""
        return "130" in self.types


def _document(place: int, reference: etree._Element) -> _Document:
    """There may be tens of thousands: each is gone through once."""
    found = _Document(place)
    for child in reference:
        tag = child.tag
        if tag == _ID:
            found.numbers += 1
            found.has_scheme = found.has_scheme or child.get("schemeID") is not None
        elif tag == _TYPE:
            found.types.append(_text(child))
        elif tag == _ATTACHMENT:
            found.has_attachment = True
        elif tag == _DESCRIPTION:
            found.has_description = True
    return found


def _supporting_documents(found: _Placed) -> Iterator[SyntaxBreach]:
    documents = [_document(place, each) for place, each in found]
    root = found[0][1].getroottree().getroot()
    projects = "50" if etree.QName(root).localname == "CreditNote" else None
    for each in documents:
        if (each.has_scheme or each.types) and not (each.is_object or projects in each.types):
            yield SyntaxBreach(RULES["UBL-SR-43"], each.place, found=", ".join(each.types) or None)
    stray = [one for one in documents if one.has_scheme and (not one.types or any(t != "130" for t in one.types))]
    yield from _first("UBL-CR-665", [each.place for each in stray])
    objects = [each for each in documents if each.is_object]
    yield from _first("UBL-CR-666", [each.place for each in objects if each.has_attachment])
    yield from _first("UBL-CR-673", [each.place for each in objects if each.has_description])
    above = {place: each.getparent() for place, each in found} if objects else {}
    named = [each.place for each in objects if above[each.place] is root for _ in range(each.numbers)]
    if len(named) > 1:
        yield from _first("UBL-SR-04", named)


def _payees(found: _Placed) -> Iterator[SyntaxBreach]:
    for place, payee in found:
        names = _texts(payee, "cac:PartyName/cbc:Name")
        above = payee.getparent()
        seller = "cac:AccountingSupplierParty/cac:Party/cac:PartyLegalEntity/cbc:RegistrationName"
        sellers = _texts(above, seller) if above is not None else []
        another = any(name != other for name in names for other in sellers)
        numbers = _at(payee, "cac:PartyIdentification/cbc:ID")
        counts = {
            "UBL-SR-19": len(names),
            "UBL-SR-20": len([number for number in numbers if number.get("schemeID", "").upper() != "SEPA"]),
            "UBL-SR-21": len(_at(payee, "cac:PartyLegalEntity/cbc:CompanyID")),
        }
        for rule, count in counts.items():
            if count > 1 or not another:
                yield SyntaxBreach(RULES[rule], place, found=", ".join(names) or None)


def _reasons(found: _Placed) -> Iterator[SyntaxBreach]:
    for place, element in found:
        indicators = {text.strip(" \t\r\n") for text in _texts(element, "cbc:ChargeIndicator")}
        if indicators & {"false", "0"}:
            yield SyntaxBreach(RULES["UBL-SR-30"], place)
        elif indicators & {"true", "1"}:
            yield SyntaxBreach(RULES["UBL-SR-31"], place)


def _creditors(found: _Placed) -> Iterator[SyntaxBreach]:
    sepa = [place for place, element in found if element.get("schemeID", "").upper() == "SEPA"]
    if len(sepa) > 1:
        yield from _first("UBL-SR-29", sepa)


def _one_text(rule: str) -> Callable[[_Placed], Iterator[SyntaxBreach]]:
    def judge(found: _Placed) -> Iterator[SyntaxBreach]:
        texts = [_text(element) for _, element in found]
        if len(set(texts)) > 1:
            other = next(place for place, text in enumerate(texts) if text != texts[0])
            yield SyntaxBreach(RULES[rule], found[other][0], found=texts[other])

    return judge


def _registrations(vat: str, other: str | None) -> Callable[[_Placed], Iterator[SyntaxBreach]]:
    def judge(found: _Placed) -> Iterator[SyntaxBreach]:
        counted: dict[str, list[int]] = {}
        for place, element in found:
            schemes = ["".join(_texts(scheme, "cbc:ID")).upper() for scheme in _at(element, "cac:TaxScheme")]
            numbers = [place] * len(_at(element, "cbc:CompanyID"))
            if "VAT" in schemes:
                counted.setdefault(vat, []).extend(numbers)
            if other and any(scheme != "VAT" for scheme in schemes):
                counted.setdefault(other, []).extend(numbers)
        for rule, places in counted.items():
            if len(places) > 1:
                yield from _first(rule, places)

    return judge


def _first(rule: str, places: list[int]) -> Iterator[SyntaxBreach]:
    if places:
        yield SyntaxBreach(RULES[rule], places[0], len(places))


_TOPICS: dict[str, Callable[[_Placed], Iterator[SyntaxBreach]]] = {
    "cbc:UBLVersionID": _version,
    "cac:AdditionalDocumentReference": _supporting_documents,
    "cac:PayeeParty": _payees,
    "cac:AllowanceCharge": _reasons,
    "SEPA": _creditors,
    "cbc:PaymentID": _one_text("UBL-SR-44"),
    "cbc:PaymentMeansCode": _one_text("UBL-SR-47"),
    "cac:AccountingSupplierParty/cac:Party/cac:PartyTaxScheme": _registrations("UBL-SR-12", "UBL-SR-13"),
    "cac:AccountingCustomerParty/cac:Party/cac:PartyTaxScheme": _registrations("UBL-SR-18", None),
}
_ONE_IS_FINE = dict.fromkeys(("SEPA", "cbc:PaymentID", "cbc:PaymentMeansCode", *_TAXED_PARTIES), 1)
"""Topics that are only about several of a kind."""

_SPACES = {
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
}
_ID = f"{{{_SPACES['cbc']}}}ID"
_TYPE = f"{{{_SPACES['cbc']}}}DocumentTypeCode"
_DESCRIPTION = f"{{{_SPACES['cbc']}}}DocumentDescription"
_ATTACHMENT = f"{{{_SPACES['cac']}}}Attachment"


def _at(element: etree._Element, path: str) -> list[etree._Element]:
    return element.findall(path, _SPACES)


def _texts(element: etree._Element, path: str) -> list[str]:
    return [_text(each) for each in _at(element, path)]


def _text(element: etree._Element) -> str:
    """The text of an element as XPath takes it: with that of what is inside, without comments."""
    return (element.text or "") if len(element) == 0 else str(element.xpath("string()"))
