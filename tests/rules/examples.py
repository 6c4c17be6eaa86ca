"""Makes the XML of a right and a wrong example of each rule from its cases: `python -m tests.rules.examples`.

An example is the smallest part of two documents in which they differ, without what is the same in both: that of
the case that best shows how the rule breaks, and one that holds it.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy

from lxml import etree

from gateway.validator.rules.cases import Case, cases
from gateway.validator.rules.cases.examples import FILE
from gateway.validator.xml.locations import name_of
from tests.rules.documents import document_of

_LENGTH_MAX = 3_000
_CONTEXT_MAX = 8
"""Of a larger element only those children are shown in which the documents differ."""
_SPACES = re.compile(r' xmlns(?::[\w-]+)?="[^"]*"')
_BLANKS = re.compile(r"^\s*\n", re.MULTILINE)


def all_examples() -> dict[str, list[str]]:
    """Right and wrong by the id of the rule, followed by its set where several have the id."""
    return dict(sorted(found for listed in cases().values() for found in of_rule(list(listed))))


def of_rule(listed: list[Case]) -> Iterator[tuple[str, list[str]]]:
    """The examples of one rule, for each set that has it."""
    for name in dict.fromkeys(case.set for case in listed):
        own = [case for case in listed if case.set == name]
        for wrong in sorted((case for case in own if case.breaks), key=_oddness)[:1]:
            right = next((case for case in own if not case.breaks and case.document == wrong.document), None)
            pair = example(document_of(right or Case(wrong.rule, False, wrong.document)), document_of(wrong))
            if pair:
                yield f"{wrong.rule} {name}".strip(), pair


def _oddness(case: Case) -> tuple[bool, int]:
    """Cases that teach come first: not those about blanks, and those that break little else."""
    return any(text != text.strip() or not text for text in case.change.values()), len(case.also)


def example(right: bytes, wrong: bytes) -> list[str] | None:
    """The part of both documents in which they differ; None where they do not."""
    ours, theirs = (etree.fromstring(each, etree.XMLParser(remove_blank_text=True)) for each in (right, wrong))
    path = name_of(str(ours.tag))
    while (inner := _only_difference(ours, theirs)) is not None:
        ours, theirs = inner
        path += f"/{name_of(str(ours.tag))}"
    return _written(path, ours, theirs)


def _only_difference(ours: etree._Element, theirs: etree._Element) -> tuple[etree._Element, etree._Element] | None:
    """The one pair of children that differ, where nothing else does."""
    if (
        len(ours) != len(theirs)
        or dict(ours.attrib) != dict(theirs.attrib)
        or (ours.text or "") != (theirs.text or "")
    ):
        return None
    pairs = [pair for pair in zip(ours, theirs, strict=True) if _text(pair[0]) != _text(pair[1])]
    is_one = len(pairs) == 1 and pairs[0][0].tag == pairs[0][1].tag and len(pairs[0][0]) > 0
    return pairs[0] if is_one and len(pairs[0][1]) > 0 else None


def _written(path: str, ours: etree._Element, theirs: etree._Element) -> list[str] | None:
    """Both elements, large ones without what is the same in both. None where that shows no difference."""
    texts = _without_same(path, ours, theirs, is_deep=False)
    if max(map(len, texts)) > _LENGTH_MAX:
        texts = _without_same(path, ours, theirs, is_deep=True)
    return texts if texts[0] != texts[1] else None


def _without_same(path: str, ours: etree._Element, theirs: etree._Element, *, is_deep: bool) -> list[str]:
    shown = [deepcopy(element) for element in (ours, theirs)]
    for element in shown:
        element.tail = None
    if max(sum(1 for _ in element.iter()) for element in shown) > _CONTEXT_MAX:
        _leave_out_same(shown[0], shown[1], is_deep=is_deep)
    texts = []
    for element in shown:
        etree.indent(element)
        texts.append(_BLANKS.sub("", f"<!-- {path} -->\n{_SPACES.sub('', _text(element))}"))
    return texts


def _leave_out_same(ours: etree._Element, theirs: etree._Element, *, is_deep: bool) -> None:
    """Remove the children that each has as often as the other; where `is_deep`, also below the others: what is in
    only one of the two is `…` there."""
    times = [Counter(map(_text, element)) for element in (ours, theirs)]
    for element in (ours, theirs):
        for child in list(element):
            if times[0][_text(child)] == times[1][_text(child)]:
                element.remove(child)
    if is_deep and [child.tag for child in ours] == [child.tag for child in theirs]:
        for one, other in zip(ours, theirs, strict=True):
            _leave_out_same(one, other, is_deep=True)
    elif is_deep:
        for inner in [inner for element in (ours, theirs) for child in element for inner in child if len(inner)]:
            inner[:] = [etree.Comment(" … ")]


def _text(element: etree._Element) -> str:
    return etree.tostring(element, encoding="unicode", with_tail=False)


def encoded(examples: dict[str, list[str]]) -> str:
    """One rule a line, so that two changes seldom touch each other."""
    rows = [f"{json.dumps(key)}: {json.dumps(pair, ensure_ascii=False)}" for key, pair in examples.items()]
    return "{\n" + ",\n".join(rows) + "\n}\n"


if __name__ == "__main__":
    FILE.write_text(encoded(all_examples()), "utf-8")
