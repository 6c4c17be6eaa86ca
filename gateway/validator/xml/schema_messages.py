"""libxml2's complaints about a document that breaks its schema, in Dutch and English, with what to change.

libxml2 says where a document stops following its schema; why is worked out here from the content model: an
element that does not exist, is in the wrong order, occurs too often, or lacks one that must precede it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from lxml import etree

from gateway.i18n import Text
from gateway.validator.finding import Finding, Flag, Stage
from gateway.validator.xml.content_model import Child, children_of
from gateway.validator.xml.locations import Paths, Position, name_of
from gateway.validator.xml.parsing import Parsed

_QUOTED_CHARACTERS_MAX = 100


@dataclass(frozen=True, slots=True)
class Complaint:
    """One error as libxml2 gives it, and the element it is about."""

    code: str
    message: str
    element: etree._Element | None


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A complaint in our words."""

    rule: str
    text: Text
    advice: Text | None = None
    found: str | None = None
    expected: Text | str | None = None
    attribute: str | None = None


def in_words(parsed: Parsed, complaints: Sequence[Complaint]) -> list[Finding]:
    """The complaints about one document as findings, each at its place."""
    positions = parsed.source_map.of_elements(
        parsed.root, {one.element for one in complaints if one.element is not None}
    )
    paths = Paths()
    return [
        finding(one, positions.get(one.element) if one.element is not None else None, paths) for one in complaints
    ]


def finding(complaint: Complaint, position: Position | None, paths: Paths) -> Finding:
    """The complaint as a finding at its place."""
    sentence = _sentence_for(complaint)
    location = paths.of(complaint.element, sentence.attribute) if complaint.element is not None else ""
    return Finding(
        sentence.rule,
        Flag.FATAL,
        Stage.SCHEMA,
        sentence.text,
        location=location,
        line=position.line if position else None,
        column=position.column if position else None,
        found=sentence.found,
        expected=sentence.expected,
        advice=sentence.advice,
    )


def subject_of(message: str) -> str | None:
    """The element that a message of libxml2 is about, as `{namespace}name`."""
    subject = _SUBJECT.match(message)
    return subject["element"] if subject else None


def element_at(root: etree._Element, path: str | None) -> etree._Element | None:
    """The element that libxml2's path names; its prefixes are the document's own."""
    if not path:
        return None
    at = root
    for step in path.lstrip("/").split("/")[1:]:
        name, _, number = step.partition("[")
        position = int(number.rstrip("]")) if number.rstrip("]").isdigit() else 1
        prefix, _, local = name.rpartition(":")
        following = _child(at, prefix, local, position)
        if following is None:
            return at
        at = following
    return at


def _child(parent: etree._Element, prefix: str, local: str, position: int) -> etree._Element | None:
    """The nth child of this name as xmlGetNodePath counts: `*` for a name in a default namespace counts all
    elements."""
    if local.startswith("@") or local in {"text()", "comment()", "processing-instruction()"}:
        return None
    left = position
    for child in parent.iterchildren("*"):
        if local != "*" and (etree.QName(child).localname != local or (child.prefix or "") != prefix):
            continue
        left -= 1
        if not left:
            return child
    return None


def without_echoes(complaints: Sequence[Complaint]) -> list[Complaint]:
    """libxml2 follows a broken facet with a second error on the same value; the first says more."""
    kept: list[Complaint] = []
    for complaint in complaints:
        before = kept[-1] if kept else None
        is_echo = before is not None and before.element is complaint.element and "[facet" in before.message
        if not (is_echo and "is not a valid value" in complaint.message):
            kept.append(complaint)
    return kept


# --- one kind of complaint each ------------------------------------------------------------------------------

_SUBJECT = re.compile(r"Element '(?P<element>[^']*)'(?:, attribute '(?P<attribute>[^']*)')?: ", re.DOTALL)
_EXPECTED = re.compile(r"Expected is (?:one of )?\( (?P<names>.*) \)\.", re.DOTALL)
_NOT_VALID = re.compile(
    r"'(?P<value>.*)' is not a valid value of the (?:.*?)type(?: '(?P<type>[^']*)')?\.", re.DOTALL
)
_ENUMERATION = re.compile(r"The value '(?P<value>.*)' is not an element of the set \{(?P<set>.*)\}", re.DOTALL)
_FACET = re.compile(r"\[facet '(?P<facet>\w+)'\] The value '(?P<value>.*?)' ", re.DOTALL)
_REQUIRED = re.compile(r"The attribute '(?P<name>[^']*)' is required but missing")
_NOT_ALLOWED = re.compile(r"The attribute '(?P<name>[^']*)' is not allowed")

_TYPES = {
    "date": Text("a date as 2026-11-23"),
    "time": Text("a time as 14:30:00"),
    "dateTime": Text("a date and time as 2026-11-23T14:30:00"),
    "decimal": Text("a number with a point, as 1234.50"),
    "double": Text("a number with a point, as 1234.50"),
    "integer": Text("a whole number"),
    "boolean": Text("true or false"),
    "base64Binary": Text("base64"),
    "anyURI": Text("a URI"),
    "language": Text("a language code as nl"),
    "duration": Text("a duration as PT8H"),
}


def _sentence_for(complaint: Complaint) -> _Sentence:
    subject = _SUBJECT.match(complaint.message)
    rest = complaint.message[subject.end() :] if subject else complaint.message
    element = name_of(subject["element"]) if subject else ""
    attribute = subject["attribute"] if subject else None
    if rest.startswith("This element is not expected"):
        return _unexpected_sentence(complaint, element, rest)
    if rest.startswith("Missing child element"):
        return _missing(element, rest, complaint)
    if (facet := _FACET.search(rest)) or (_NOT_VALID.match(rest)):
        return _bad_value(element, attribute, rest, facet)
    if missing := _REQUIRED.search(rest):
        return _missing_attribute(element, missing["name"])
    if extra := _NOT_ALLOWED.search(rest):
        return _extra_attribute(element, extra["name"])
    return _content(element, rest)


def _unexpected_sentence(complaint: Complaint, element: str, rest: str) -> _Sentence:
    expected = expected_in(rest)
    if complaint.element is not None and (why := _why_unexpected(complaint.element, element, expected)):
        return why
    wanted = ", ".join(expected) or None
    return _Sentence(
        "MP-XSD-ELEMENT",
        Text("{element} is not allowed here.", element=element),
        _expecting(expected),
        found=element,
        expected=wanted,
    )


def _expecting(expected: Sequence[str]) -> Text | None:
    if not expected:
        return None
    names = ", ".join(expected)
    return Text("What may follow here: {names}.", names=names)


def _why_unexpected(at: etree._Element, element: str, expected: Sequence[str]) -> _Sentence | None:
    parent = at.getparent()
    model = children_of(parent) if parent is not None else ()
    if parent is None or not model:
        return None
    order = {child.name: number for number, child in enumerate(model)}
    if element not in order:
        return _unknown_child(element, name_of(str(parent.tag)), model)
    child = model[order[element]]
    before = [name_of(str(one.tag)) for one in at.itersiblings(preceding=True) if isinstance(one.tag, str)]
    if child.occurs_max is not None and before.count(element) >= child.occurs_max:
        return _too_often(element, name_of(str(parent.tag)), child)
    later = [name for name in before if order.get(name, -1) > order[element]]
    if later:
        return _too_late(element, later[-1], name_of(str(parent.tag)))
    left_out = [name for name in expected if name in order and model[order[name]].occurs_min > 0]
    if not left_out:
        return None
    after = (name_of(str(one.tag)) for one in at.itersiblings() if isinstance(one.tag, str))
    if left_out[-1] in after:
        return _too_early(element, left_out[-1], name_of(str(parent.tag)))
    return _left_out(left_out[-1], element, name_of(str(parent.tag)))


def _times(most: int | None) -> Text:
    return Text("once") if most == 1 else Text("{most} times", most=str(most))


def meant_by(element: str, model: Sequence[Child]) -> str | None:
    """The child of a content model that a name which is none of them is a slip of the pen for."""
    names = {child.name.rpartition(":")[2].lower(): child.name for child in model}
    near = get_close_matches(element.rpartition(":")[2].lower(), names, n=1, cutoff=0.8)
    return names[near[0]] if near else None


def _unknown_child(element: str, parent: str, model: Sequence[Child]) -> _Sentence:
    meant = meant_by(element, model)
    advice = Text("Take it out, or put it where it belongs.")
    if meant:
        advice = Text("Did you mean {listed}?", listed=meant)
    return _Sentence(
        "MP-XSD-UNKNOWN",
        Text("{parent} has no element {element}.", parent=parent, element=element),
        advice,
        found=element,
        expected=meant,
    )


def _too_often(element: str, parent: str, child: Child) -> _Sentence:
    times = _times(child.occurs_max)
    return _Sentence(
        "MP-XSD-TOO-MANY",
        Text(
            "{element} may occur {times} in {parent}; here it occurs again.",
            element=element,
            times=times,
            parent=parent,
        ),
        Text("Keep one and take the others out."),
        found=element,
        expected=f"<= {child.occurs_max}",
    )


def _too_late(element: str, later: str, parent: str) -> _Sentence:
    return _Sentence(
        "MP-XSD-ORDER",
        Text(
            "{element} is in the wrong place: in {parent} it comes before {later}.",
            element=element,
            parent=parent,
            later=later,
        ),
        Text("Move {element} to before {later}.", element=element, later=later),
        found=element,
        expected=f"{element}, {later}",
    )


def _too_early(element: str, first: str, parent: str) -> _Sentence:
    return _Sentence(
        "MP-XSD-ORDER",
        Text(
            "{element} is in the wrong place: in {parent} it comes after {first}.",
            element=element,
            parent=parent,
            first=first,
        ),
        Text("Move {element} to after {first}.", element=element, first=first),
        found=element,
        expected=f"{first}, {element}",
    )


def _left_out(left_out: str, element: str, parent: str) -> _Sentence:
    return _Sentence(
        "MP-XSD-MISSING",
        Text(
            "{left_out} is missing in {parent}: it must come before {element}.",
            left_out=left_out,
            parent=parent,
            element=element,
        ),
        Text("Add {left_out}.", left_out=left_out),
        found=element,
        expected=left_out,
    )


def _missing(element: str, rest: str, complaint: Complaint) -> _Sentence:
    expected = expected_in(rest)
    model = children_of(complaint.element) if complaint.element is not None else ()
    needed = {child.name for child in model if child.occurs_min > 0}
    wanted = [name for name in expected if name in needed] or expected
    names = ", ".join(wanted)
    listed = Text("one of {names}", names=names) if len(wanted) > 1 else names
    return _Sentence(
        "MP-XSD-MISSING",
        Text("{element} misses {listed}.", element=element, listed=listed),
        Text("Add {listed} at its end.", listed=listed),
        found=element,
        expected=names,
    )


def expected_in(message: str) -> list[str]:
    """The elements that a message of libxml2 asks for, with their usual prefixes."""
    match = _EXPECTED.search(message)
    return [name_of(name.strip()) for name in match["names"].split(",")] if match else []


def _bad_value(element: str, attribute: str | None, rest: str, facet: re.Match[str] | None) -> _Sentence:
    match = facet or _NOT_VALID.match(rest)
    value = _short(match["value"]) if match else ""
    subject = f"{element}/@{name_of(attribute)}" if attribute else element
    expected, wanted = _expected_value(rest, facet, attribute or element)
    return _Sentence(
        "MP-XSD-VALUE",
        Text("{subject} holds “{value}”; {wanted}.", subject=subject, value=value, wanted=wanted),
        _value_advice(value),
        found=value,
        expected=expected,
        attribute=attribute,
    )


def _expected_value(rest: str, facet: re.Match[str] | None, name: str) -> tuple[Text | str, Text]:
    """What is expected, alone and in a sentence."""
    if allowed := _ENUMERATION.search(rest):
        values = allowed["set"]
        return values, Text("allowed are {values}", values=values)
    if facet:
        sentence = " ".join(rest[facet.end() :].split())
        text = Text(
            "it does not fit {facet} of the schema: it {in_english}",
            facet=facet["facet"],
            in_english=sentence.rstrip("."),
        )
        return text, text
    match = _NOT_VALID.match(rest)
    type_name = (match["type"] if match else None) or ""
    known = _TYPES.get(type_name.rpartition(":")[2].rpartition("}")[2]) or _type_by_name(name)
    if known:
        return known, Text("it must be {known}", known=known)
    what = Text("a value of {type_name}", type_name=type_name or Text("the type"))
    return what, Text("it must be {what} in the schema", what=what)


_ENDINGS = {
    ("Amount", "Quantity", "Numeric", "Percent", "Rate", "Measure"): "decimal",
    ("Indicator",): "boolean",
    ("BinaryObject",): "base64Binary",
    ("Date",): "date",
    ("Time",): "time",
}
"""How names end in UBL, and the type of their content: libxml2 names no type where UBL derives one."""


def _type_by_name(name: str) -> Text | None:
    return next((_TYPES[kind] for endings, kind in _ENDINGS.items() if name.endswith(endings)), None)


def _value_advice(value: str) -> Text | None:
    if not value.strip():
        return Text("Leave the element out, or fill it in.")
    if re.fullmatch(r"-?[\d.]*,\d+", value.strip()):
        return Text("Write the decimal sign as a point.")
    if re.fullmatch(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{4}", value.strip()):
        return Text("Write a date as year-month-day.")
    return None


def _missing_attribute(element: str, attribute: str) -> _Sentence:
    name = name_of(attribute)
    return _Sentence(
        "MP-XSD-ATTRIBUTE",
        Text("{element} misses the attribute {name}.", element=element, name=name),
        Text('Add {name}="…".', name=name),
        expected=name,
    )


def _extra_attribute(element: str, attribute: str) -> _Sentence:
    name = name_of(attribute)
    return _Sentence(
        "MP-XSD-ATTRIBUTE",
        Text("{element} has no attribute {name}.", element=element, name=name),
        Text("Take the attribute out."),
        found=name,
        attribute=attribute,
    )


def _content(element: str, rest: str) -> _Sentence:
    if rest.startswith("Character content"):
        return _Sentence(
            "MP-XSD-TEXT",
            Text("{element} holds text; only elements are allowed in it.", element=element),
            Text("Take the text out, or put it into the element it belongs to."),
        )
    if rest.startswith("Element content"):
        return _Sentence(
            "MP-XSD-TEXT",
            Text("{element} holds elements; only text is allowed in it.", element=element),
        )
    reason = _short(" ".join(rest.split()), 300)
    return _Sentence("MP-XSD-OTHER", Text("{element}: {in_english}", element=element, in_english=reason))


def _short(text: str, characters_max: int = _QUOTED_CHARACTERS_MAX) -> str:
    return text if len(text) <= characters_max else text[: characters_max - 1] + "…"
