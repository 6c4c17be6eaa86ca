"""From the bytes of a document, and the verdict on it, to the view that people read."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from lxml import etree

from gateway.i18n import Text
from gateway.validator.finding import Stage
from gateway.validator.header import read_header
from gateway.validator.identify import identify
from gateway.validator.kinds import KindDefinition, definition_of
from gateway.validator.model.document import DocumentKind
from gateway.validator.model.terms import TERMS, Document, Group, without_collecting
from gateway.validator.model.words import words_for
from gateway.validator.rendering.building import Builder, follow
from gateway.validator.rendering.invoices import INVOICE
from gateway.validator.rendering.layouts import Layout, plain_layout
from gateway.validator.rendering.orders import DESPATCH_ADVICE, INVOICE_RESPONSE, ORDER_RESPONSE, PURCHASE_ORDER
from gateway.validator.rendering.texts import LeftText, TermKey, odd_currencies, term_keys, texts_left
from gateway.validator.rendering.time_cards import TIME_CARD
from gateway.validator.rendering.view import File, FindingNote, Section, ShownItem, ShownRow, Table, Value, View
from gateway.validator.report.report import Report, ReportFinding, in_language
from gateway.validator.ubl.binding import Vocabulary
from gateway.validator.ubl.reader import Reading, read
from gateway.validator.xml import parsing
from gateway.validator.xml.locations import Paths, name_of
from gateway.validator.xml.parsing import DEFAULT_LIMITS, Limits, Parsed

LAYOUTS: tuple[Layout, ...] = (
    INVOICE,
    PURCHASE_ORDER,
    ORDER_RESPONSE,
    DESPATCH_ADVICE,
    INVOICE_RESPONSE,
    TIME_CARD,
)
"""A new layout is its module and its name here."""
NOTES_MAX = 500
REST_MAX = 5_000


@dataclass(frozen=True, slots=True)
class ShownDocument:
    """A document to be shown: its bytes, the verdict on it, and its attachments in their order, first those that
    came next to it."""

    document: bytes
    report: Report | None = None
    files: tuple[File, ...] = ()


def view_of(source: ShownDocument, language: str, limits: Limits = DEFAULT_LIMITS) -> View:
    """The view of a document in a language; of what is no XML, the reason and what was found."""
    parsed = parsing.read(source.document, limits)
    if not isinstance(parsed, Parsed):
        return _unreadable(source, language, parsed.message)
    with without_collecting():
        return _Rendering(parsed, source, language).view()


def layout_of(model: type[Document]) -> Layout:
    """The layout of a model."""
    return next((each for each in LAYOUTS if each.model is model), None) or plain_layout(model)


class _Rendering:
    """One document on its way to a view."""

    def __init__(self, parsed: Parsed, source: ShownDocument, language: str) -> None:
        self.parsed = parsed
        self.source = source
        self.language = language
        kind = identify(parsed.root)
        self.definition: KindDefinition | None = definition_of(kind) if isinstance(kind, DocumentKind) else None
        self.notes = list(_notes(source.report, language))

    def view(self) -> View:
        vocabulary = self.definition.vocabulary if self.definition else None
        if vocabulary is None:
            rest = self._rest(texts_left(self.parsed, None, set(), ""), Text("The document"), _NO_LAYOUT)
            return self._frame([rest] if rest else [])
        reading = read(self.parsed.root, vocabulary)
        layout = layout_of(vocabulary.model)
        usual = getattr(reading.document, layout.currency, None) or ""
        currencies = dict(odd_currencies(self.parsed, vocabulary, usual))
        keys = self._keyed_notes(reading), self._files(vocabulary)
        builder = Builder(layout, reading.document, self.language, currencies, *keys)
        amount, facts = self._amount(builder), [one for each in layout.facts for one in _fact(builder, each)]
        sections = [section for part in layout.parts if (section := builder.section(part))]
        builder.values(reading.document, layout.number)
        left = texts_left(self.parsed, vocabulary, builder.shown, usual)
        if rest := self._rest(left, Text("Everything else in the document"), _ELSEWHERE):
            sections.append(rest)
        view = self._frame(sections)
        _add_head(view, builder)
        view.facts, view.amount = facts, amount
        return view

    def _amount(self, builder: Builder) -> ShownItem | None:
        *way, attribute = builder.layout.amount.split(".")
        items = (builder.item(group, attribute) for group in follow(builder.document, way) if attribute)
        return next((item for item in items if item), None)

    def _keyed_notes(self, reading: Reading[Document]) -> dict[TermKey, list[FindingNote]]:
        """The findings by the term that they concern; where the document lacks it, by its group."""
        elements = {
            note.number: found
            for note in self.notes
            if (found := _element_at(self.parsed.root, note.finding)) is not None
        }
        keyed: dict[TermKey, list[FindingNote]] = defaultdict(list)
        if not elements:
            return keyed
        keys = term_keys(self.parsed, reading.vocabulary, elements.values())
        groups = {group.ordinal: group for held in reading.document.nodes.values() for group in held}
        groups[0] = reading.document
        for note in self.notes:
            if note.number in elements:
                ordinal, attribute = keys[elements[note.number]]
                if not attribute and (group := groups.get(ordinal)) is not None:
                    attribute = _attribute_of(note.finding, group)
                keyed[ordinal, attribute].append(note)
        return keyed

    def _files(self, vocabulary: Vocabulary[Any]) -> dict[int, list[File]]:
        """The files by the group that they are in; those that came next to the document under -1."""
        inside = sorted(self.parsed.attachments, key=lambda element: self.parsed.attachments[element].start)
        keys = term_keys(self.parsed, vocabulary, inside)
        next_to = max(0, len(self.source.files) - len(inside))
        found: dict[int, list[File]] = defaultdict(list)
        for nth, file in enumerate(self.source.files):
            found[-1 if nth < next_to else keys[inside[nth - next_to]][0]].append(file)
        return found

    def _rest(self, left: list[LeftText], title: Text, remark: Text) -> Section | None:
        """Every text that is nowhere else, with its path; the same text at the same path of several lines once,
        and the attributes of an element together."""
        if not left:
            return None
        paths, alike = Paths(), dict[tuple[str, str], list[str]]()
        for (element, _), group in groupby(left[:REST_MAX], lambda one: (one.element, one.attribute is None)):
            texts = list(group)
            path = paths.of(element, texts[0].attribute if len(texts) == 1 else None)
            text = texts[0].text if len(texts) == 1 else _attributes_text(texts)
            alike.setdefault((_NUMBER.sub("", path), text), []).append(path)
        rows = [
            ShownRow(
                [
                    ShownItem("", [Value(_in_words(found[0], len(found), self.language), found[0])]),
                    ShownItem("", [Value(text)]),
                ]
            )
            for (_, text), found in alike.items()
        ]
        if len(left) > REST_MAX:
            more = Text("{count:n} more texts are only in the XML.", count=len(left) - REST_MAX)
            remark = Text("{remark} {more}", remark=remark, more=more)
        labels = [text.in_language(self.language) for text in (Text("Element"), Text("Text"))]
        table = Table(labels, [False, False], rows)
        return Section(
            title.in_language(self.language), table=table, style="rest", remark=remark.in_language(self.language)
        )

    def _frame(self, sections: list[Section]) -> View:
        """The page around the sections, without what a layout says of it."""
        view = _empty_view(self.source.report, self.language, self.notes)
        view.sections = sections
        view.kind = name_of(str(self.parsed.root.tag)).rpartition(":")[2]
        if self.definition is not None:
            header = read_header(self.parsed.root, self.definition.kind, self.definition.header)
            view.kind, view.number = self.definition.name.in_language(self.language), header.number or ""
        return view


def _add_head(view: View, builder: Builder) -> None:
    """The top of the page, by the layout."""
    layout, language = builder.layout, builder.language
    if layout.kind_of:
        view.kind, view.tone = layout.kind_of(builder.document, language)
    if label := layout.amount_labels.get(view.tone) or layout.amount_labels.get("invoice"):
        view.amount_label = label.in_language(language)
    if builder.currency:
        words = words_for("currency", builder.currency, language) or ""
        view.currency = f"{words} ({builder.currency})".strip()


def _empty_view(report: Report | None, language: str, notes: list[FindingNote]) -> View:
    """A view of the verdict alone."""
    verdict, tone = _verdict(report)
    return View(
        language=language,
        verdict=verdict.in_language(language),
        verdict_tone=tone,
        judged_by=[f"{used.name} {used.version}" for used in report.rule_sets] if report else [],
        not_judged=list(_not_judged(report, language)),
        notes=notes,
        notes_left_out=max(0, len(report.findings) - NOTES_MAX) if report else 0,
    )


def _unreadable(source: ShownDocument, language: str, reason: Text) -> View:
    view = _empty_view(source.report, language, list(_notes(source.report, language)))
    view.kind = Text("This document cannot be shown").in_language(language)
    view.not_judged = [reason.in_language(language)]
    return view


_NO_LAYOUT = Text("These are all texts of the document. The names are those of the XML.")
_ELSEWHERE = Text("What no part above shows, such as extensions. The names are those of the XML.")
_NUMBER = re.compile(r"\[\d+\]")


def _attribute_of(finding: ReportFinding, group: Group) -> str:
    """The attribute of the first term of a finding that the group has; empty where it has none."""
    terms = [term for number in finding.terms for term in TERMS.get(number, ())]
    return next(
        (term.attribute for term in terms if term.group is type(group) and getattr(group, term.attribute)), ""
    )


def _fact(builder: Builder, attribute: str) -> Iterator[ShownItem]:
    held = getattr(builder.document, attribute)
    if isinstance(held, tuple):
        for group in held:
            if values := builder.compact(group):
                yield ShownItem(
                    builder.label_of(group, attribute), values, (group.NUMBER,), notes=builder.notes_in(group)
                )
    elif item := builder.item(builder.document, attribute):
        yield item


def _notes(report: Report | None, language: str) -> Iterator[FindingNote]:
    if report is None:
        return
    translated = in_language(report, language).findings
    for number, (finding, translation) in enumerate(zip(report.findings[:NOTES_MAX], translated, strict=False), 1):
        yield FindingNote(number, finding, translation.message, translation.advice or "")


def _verdict(report: Report | None) -> tuple[Text, str]:
    if report is None:
        return Text("There is no verdict on this document (yet)."), "warning"
    if not report.valid:
        return Text("Not valid: see what was found."), "bad"
    if not report.rule_sets:
        return Text("Not judged by business rules: only checked against its schema."), "warning"
    return Text("Valid"), "good"


def _not_judged(report: Report | None, language: str) -> Iterator[str]:
    """What was not checked, so that nobody takes it for good."""
    if report is None:
        return
    for stage, what in ((Stage.SCHEMA, Text("the XML Schema")), (Stage.RULES, Text("the business rules"))):
        if stage not in report.stages:
            yield Text("Not judged: {what}.", what=what).in_language(language)
    if Stage.RULES in report.stages:
        for finding in in_language(report, language).findings:
            if finding.rule in {"MP-RULES-NONE", "MP-RULES-SPECIFICATION", "MP-RULES-PROFILE"}:
                yield finding.message


_STEP = re.compile(r"(?P<name>[^\[\]/@]+)(?:\[(?P<number>\d+)\])?")


def _element_at(root: etree._Element, finding: ReportFinding) -> etree._Element | None:
    """The element that a finding is on, by its path as `Paths` writes it."""
    steps = finding.location.partition("/@")[0].strip("/").split("/")
    element: etree._Element | None = root
    for step in steps[1:]:
        found = _STEP.fullmatch(step)
        if found is None or element is None:
            return None
        same = (child for child in element.iterchildren("*") if name_of(str(child.tag)) == found["name"])
        element = next((child for nth, child in enumerate(same, 1) if nth == int(found["number"] or 1)), None)
    return element if finding.location.startswith("/") and len(steps) > 0 and steps[0] else None


def _attributes_text(attributes: list[LeftText]) -> str:
    return "; ".join(f"{_step_in_words(name_of(one.attribute or ''))}: {one.text}" for one in attributes)


def _in_words(path: str, count: int, language: str) -> str:
    """A path as words: `Order line 2 › Line item › Quantity`; and how many others there are like it."""
    steps = [step for step in path.split("/") if step]
    words = " › ".join(_step_in_words(step) for step in (steps[1:] or steps))
    if count == 1:
        return words
    return Text("{words} and {count:n} more of these", words=words, count=count - 1).in_language(language)


def _step_in_words(step: str) -> str:
    name, _, number = step.rpartition(":")[2].rstrip("]").partition("[")
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name.lstrip("@"))
    shown = " ".join(word if word.isupper() else word.lower() for word in words.split())
    return f"{shown[:1].upper()}{shown[1:]}{' ' + number if number else ''}"
