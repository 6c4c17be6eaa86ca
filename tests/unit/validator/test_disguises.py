"""What a document says does not depend on how its texts are written.

Greater-than signs, comments, CDATA sections and instructions that look like tags are no tags: the verdict on a
document that is written so is that on the same document written plainly.
"""

import re
from collections.abc import Callable
from random import Random

import pytest
from lxml import etree

from gateway.validator.judge import judge
from gateway.validator.verdict import Verdict
from tests.conformance.mutants import mutants
from tests.samples import SAMPLES

_TAGS = "</cbc:Note><cbc:BuyerReference>x</cbc:BuyerReference><cac:PaymentTerms><cbc:Note>x</cbc:Note>"


def _summary(verdict: Verdict) -> tuple[object, ...]:
    return verdict.facts, [(finding.rule, finding.location) for finding in verdict.findings]


def _with_bare_signs(document: bytes) -> bytes:
    return re.sub(rb"(?<!\]\])&gt;", b">", document)


def _with_comment(document: bytes) -> bytes:
    missing = document.count(b">") - document.count(b"<")
    comment = b"<!-- " + b"<" * max(missing, 4) + b" -->"
    return re.sub(rb"(<(?:\w+:)?(?:Invoice|CreditNote)\b)", lambda found: comment + found[0], document, count=1)


def _with_sections(document: bytes) -> bytes:
    return re.sub(rb"&lt;([^<>&]*)&gt;", rb"<![CDATA[<\1>]]>", document)


def _with_instructions(document: bytes) -> bytes:
    return document.replace(b"</", b"<?x </cbc:ID> > ?></")


DISGUISES: list[Callable[[bytes], bytes]] = [
    _with_bare_signs,
    _with_sections,
    lambda document: _with_comment(_with_bare_signs(document)),
    _with_instructions,
]


@pytest.mark.parametrize("disguise", DISGUISES)
@pytest.mark.parametrize("removed", ["BuyerReference", "PaymentTerms", "nothing"])
def test_tags_in_a_note_are_text(disguise: Callable[[bytes], bytes], removed: str) -> None:
    root = etree.fromstring(SAMPLES["nlcius-invoice-full"].xml())
    for element in root.findall(f"{{*}}{removed}"):
        root.remove(element)
    note = next(root.iterchildren("{*}Note"))
    note.text = _TAGS.replace("<", ">")
    for again in (note.text, _TAGS):
        note.text = again
        plain = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
        assert _summary(judge(disguise(plain))) == _summary(judge(plain))


@pytest.mark.parametrize("disguise", DISGUISES)
def test_mutants_are_judged_alike_in_disguise(disguise: Callable[[bytes], bytes]) -> None:
    random = Random(5)
    for mutant in mutants(7_301, 40):
        root = etree.fromstring(mutant.document())
        for element in root.iter("*"):
            if len(element) == 0 and random.random() < 0.2:
                element.text = f"{element.text or ''}{random.choice(('>', '>/a>', '<b>', '</b>', '<!--', ']]>'))}"
        plain = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
        assert _summary(judge(disguise(plain), schema=False)) == _summary(judge(plain, schema=False)), str(mutant)
