"""Cases of rules as data: a valid sample with terms changed, and which rules that breaks.

A case file (`cases/*.toml`) holds tables named by the rule and `holds` or `breaks`:

    [["BR-33".breaks]]
    sample = "en16931-allowance"
    "BT-97" = false          # left out; a text replaces the text
    "BT-131#2" = "10.00"     # of the second line
    also = ["BR-CO-21"]      # what else breaks, besides the rule itself

Which element holds a term is the reader's own table (`gateway.syntax.ubl`), used here the other way round.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree

from gateway.model.invoice import Invoice
from gateway.model.terms import GROUPS, TERMS, Group
from gateway.rules.en16931 import EN16931
from gateway.rules.engine import judge
from gateway.syntax import ubl
from gateway.syntax.plan import Known, One, Parts, Source
from tests.samples import SAMPLES
from tests.samples.xml import CAC, CBC

CASES = Path(__file__).parent / "cases"
_PREFIXED = {"cac": CAC, "cbc": CBC}


@dataclass(frozen=True, slots=True)
class Case:
    """One row of a case file."""

    rule: str
    breaks: bool
    sample: str
    changes: tuple[tuple[str, str | bool], ...]
    also: frozenset[str]
    file: str

    def __str__(self) -> str:
        changed = ", ".join(f"{term}={value!r}" for term, value in self.changes)
        return f"{self.rule} {'breaks' if self.breaks else 'holds'}: {self.sample} {changed}"

    def expected(self) -> set[str]:
        """The rules that the changed invoice breaks."""
        return set(self.also) | ({self.rule} if self.breaks else set())

    def changed(self) -> bytes:
        """The sample with its terms changed."""
        root = etree.fromstring(document(self.sample))
        for term, value in self.changes:
            change(root, term, value)
        return etree.tostring(root)

    def fired(self) -> set[str]:
        """The rules of EN 16931 that it breaks indeed."""
        judgement = judge(ubl.read(etree.fromstring(self.changed())).invoice, EN16931)
        assert not judgement.failures, judgement.failures
        return {breach.rule.id for breach in judgement.breaches}


def cases() -> Iterator[Case]:
    """Every case of every file, in the order they are written."""
    for path in sorted(CASES.glob("*.toml")):
        for rule, kinds in tomllib.loads(path.read_text("utf-8")).items():
            for kind, rows in kinds.items():
                for row in rows:
                    yield _case(rule, kind, row, path.name)


def _case(rule: str, kind: str, row: dict[str, Any], file: str) -> Case:
    if kind not in {"holds", "breaks"}:
        raise ValueError(f"{file}: {rule} {kind} is neither holds nor breaks")
    terms = tuple((term, value) for term, value in row.items() if term not in {"sample", "also"})
    return Case(rule, kind == "breaks", row["sample"], terms, frozenset(row.get("also", ())), file)


@cache
def document(sample: str) -> bytes:
    """The sample as it is sent."""
    return SAMPLES[sample].xml()


def change(root: etree._Element, key: str, value: str | bool) -> None:
    """Give a term another text, or leave it out (False). Raises LookupError where its group is not there."""
    term, _, nth = key.partition("#")
    if term in GROUPS:
        group = _group(root, GROUPS[term].group, int(nth or 1))
        _remove(group)
        return
    if term not in TERMS and term.endswith("-1"):
        _part(root, term[:-2], nth, "scheme", value)
        return
    group = _group(root, TERMS[term][0].group, int(nth or 1))
    source = _source(group, TERMS[term][0].attribute)
    if isinstance(source, Known):
        raise LookupError(f"{key} cannot be changed")
    if isinstance(source, Parts) and value is not False:
        _part(root, term, nth, "value", value)
        return
    _set(group, source.path.split("|")[0] if value is not False else _there(group, source.path), value)


def _part(root: etree._Element, term: str, nth: str, attribute: str, value: str | bool) -> None:
    """Change what a term that is a group of its own says (an identifier, a tax registration) or its scheme."""
    owner = _group(root, TERMS[term][0].group, 1)
    source = _source(owner, TERMS[term][0].attribute)
    assert isinstance(source, Parts)
    part = owner.findall(source.path, _PREFIXED)[int(nth or 1) - 1]
    if part.tag == f"{{{CAC}}}PartyTaxScheme":
        attribute = "identifier"
    inner = _source(part, attribute)
    assert isinstance(inner, One)
    _set(part, inner.path, value)


def _group(root: etree._Element, kind: type[Group], nth: int) -> etree._Element:
    if kind is Invoice:
        return root
    reading = ubl.read(root)
    nodes = reading.invoice.all(kind)
    if len(nodes) < nth:
        raise LookupError(f"no {kind.__name__} number {nth}")
    return reading.elements([nodes[nth - 1].place])[nodes[nth - 1].place]


def _source(group: etree._Element, attribute: str) -> Source:
    if group.getparent() is None:
        return ubl.DOCUMENT[attribute]
    name = etree.QName(group).localname
    found = [each for each in ubl.BINDINGS if each.element.endswith(f":{name}") and attribute in each.fields]
    return found[0].fields[attribute]


def _there(group: etree._Element, path: str) -> str:
    for alternative in path.split("|"):
        elements, _, _ = alternative.partition("/@")
        if alternative.startswith("@") or group.find(elements, _PREFIXED) is not None:
            return alternative
    raise LookupError(f"{path} is not there")


def _set(group: etree._Element, path: str, value: str | bool) -> None:
    *steps, last = path.removeprefix("./").split("/")
    element = group
    for step in steps if last.startswith("@") else [*steps, last]:
        if step == ".":
            continue
        found = element.find(step, _PREFIXED)
        if found is None:
            prefix, _, name = step.partition(":")
            found = etree.SubElement(element, f"{{{_PREFIXED[prefix]}}}{name}")
        element = found
    if last.startswith("@"):
        if value is False:
            del element.attrib[last[1:]]
        else:
            element.set(last[1:], str(value))
    elif value is False:
        _remove(element)
    else:
        element.text = str(value)


def _remove(element: etree._Element) -> None:
    parent = element.getparent()
    assert parent is not None
    parent.remove(element)
