"""From bytes to verdict: the stages in order, stopping where going on makes no sense.

Plain synchronous code for a thread or a worker process. Nothing of a document is kept for the next one. lxml
releases the interpreter lock while it parses and checks the schema.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter_ns

from gateway.i18n import Text
from gateway.settings import OwnRuleSet
from gateway.validator import attachments, business_rules, identify, own_rules, reference
from gateway.validator.bounds import within_bounds
from gateway.validator.finding import Finding, Stage, line_and_column
from gateway.validator.follow_ups import with_causes
from gateway.validator.header import read_header
from gateway.validator.kinds import KindDefinition, definition_of, kind_by_tag
from gateway.validator.model.document import Attachment, DetachedPart, DocumentFacts, DocumentKind
from gateway.validator.model.terms import without_collecting
from gateway.validator.profiles import (
    NoRulesError,
    about_another_kind,
    choose,
    no_rules,
    not_for,
    profile_named,
    remarks,
)
from gateway.validator.ubl.reader import read, unread
from gateway.validator.verdict import RuleSetUsed, Verdict
from gateway.validator.xml import parsing as xml
from gateway.validator.xml import schema
from gateway.validator.xml.locations import name_of, xpath_of
from gateway.validator.xml.parsing import DEFAULT_LIMITS, Limits, Parsed
from gateway.validator.xml.paths import child

OWN, REFERENCE = ENGINES = ("own", "reference")
EN16931 = "en16931"
"""The profile of the reference engine."""
_KEPT_BYTES_MAX = 256 * 1024
"""The elements of a document with no more markup are kept while it is judged: lxml makes an element and its tag
anew each time that it comes to one that nobody has."""


def judge(
    document: bytes | memoryview,
    *,
    profile: str | None = None,
    also: Sequence[str] = (),
    schema: bool = True,
    limits: Limits = DEFAULT_LIMITS,
    detached: Sequence[DetachedPart] = (),
    explain: bool = False,
    engine: str = OWN,
    own: Sequence[OwnRuleSet] = (),
) -> Verdict:
    """The verdict on a document. Raises nothing on any bytes; a wrong document is an answer.

    `profile` chooses the rules of that profile instead of what the document claims; the profiles that `also` names
    come on top. `schema=False` leaves the schema out; `detached` are detached attachments,
    judged as those in it; `explain` has xmlschema read a document that breaks its schema too (seconds, see
    `syntax.explain`).
    `engine` is whose rules judge: ours, or `reference`, EN 16931's official stylesheet (`validation.reference`).
    `own` are the rule sets of the installation: those that the document claims and those that are asked for by
    their ids come on top, not with the reference engine. Raises ValueError for a profile
    (`profiles.profile_named`) or an engine that does not exist, or a profile that the reference engine has no
    stylesheet for; ImportError where the reference engine is not installed.
    """
    if not isinstance(document, bytes | bytearray | memoryview):
        raise TypeError(f"a document is bytes, as they came in, and not {type(document).__name__}")
    by_id = {each.id: each for each in own}
    asked = [name.lower() for name in (profile, *also) if name is not None]
    known = [profile_named(name, by_id).id for name in asked if name not in by_id]
    if engine not in ENGINES:
        raise ValueError(f"there is no engine {engine!r}; there is: {', '.join(ENGINES)}")
    if engine == REFERENCE and (missing := [name for name in asked if name != EN16931]):
        raise ValueError(
            f"the reference engine has the stylesheet of {EN16931} alone: no verdict by {', '.join(missing)}"
        )
    first = profile if profile is not None and profile.lower() not in by_id else None
    on_top = tuple(known if first is None else known[1:])
    options = _Options(first, on_top, schema, explain, engine, tuple(own), frozenset(asked) & by_id.keys())
    with without_collecting():
        return _Judgement(limits, options).run(document, detached)


@dataclass(frozen=True, slots=True)
class _Options:
    """What the caller asks for."""

    profile: str | None
    also: tuple[str, ...]
    schema: bool
    explain: bool
    engine: str
    own: tuple[OwnRuleSet, ...]
    own_asked: frozenset[str]
    """The ids of those of `own` that are asked for."""

    @property
    def profiles(self) -> tuple[str, ...]:
        """Every profile that is asked for and known here."""
        return (*([self.profile] if self.profile is not None else []), *self.also)


class _Judgement:
    """One document on its way through the stages."""

    def __init__(self, limits: Limits, options: _Options) -> None:
        self._limits = limits
        self._options = options
        self._profile: str | None = None
        self._rule_sets: tuple[RuleSetUsed, ...] = ()
        self._findings: list[Finding] = []
        self._durations: dict[Stage, int] = {}
        self._since = perf_counter_ns()
        self._kind: DocumentKind | None = None
        self._facts: DocumentFacts | None = None
        self._attachments: tuple[Attachment, ...] = ()

    def run(self, document: bytes | memoryview, detached: Sequence[DetachedPart]) -> Verdict:
        parsed = xml.read(document, self._limits, schema.parse if self._options.schema else None)
        self._ends(Stage.XML, [parsed] if isinstance(parsed, Finding) else _about_pdf(parsed))
        if isinstance(parsed, Finding) or not self._identify(parsed):
            return self._verdict()
        kept = list(parsed.root.iter("*")) if len(parsed.markup) <= _KEPT_BYTES_MAX else []
        self._read_attachments(parsed, detached)
        if self._options.schema and not self._follows_schema(parsed):
            return self._verdict()
        self._check_rules(parsed)
        del kept
        return self._verdict()

    def _identify(self, parsed: Parsed) -> bool:
        kind = identify.identify(parsed.root)
        if isinstance(kind, Finding):
            self._ends(Stage.IDENTIFY, [_with_root_position(kind, parsed)])
            return False
        self._kind = kind
        self._facts = read_header(parsed.root, kind, definition_of(kind).header)
        other = identify.not_accepted(self._facts, is_in_pdf=parsed.carried is not None)
        path = "/" + name_of(str(parsed.root.tag))
        about_others = not_for(self._options.profiles, definition_of(kind), path)
        about_others += [
            about_another_kind(each.id, each.kinds, kind, path)
            for each in self._options.own
            if each.id in self._options.own_asked and not own_rules.is_about(each, kind)
        ]
        self._ends(Stage.IDENTIFY, [_with_root_position(one, parsed) for one in [other, *about_others] if one])
        return other is None

    def _read_attachments(self, parsed: Parsed, detached: Sequence[DetachedPart]) -> None:
        if self._kind is not None:
            attached = attachments.read_attachments(parsed, self._kind, self._limits, detached)
            self._attachments = attached.attachments
            self._ends(Stage.ATTACHMENTS, attached.findings)

    def _follows_schema(self, parsed: Parsed) -> bool:
        if self._kind is None:
            return False
        findings = schema.check(parsed, self._kind)
        if findings and self._options.explain:
            from gateway.validator.xml.explain import (
                explain,  # xmlschema takes 0.2 s to import and is seldom wanted
            )

            findings = sorted([*findings, *explain(parsed, self._kind, findings)], key=line_and_column)
        self._ends(Stage.SCHEMA, findings)
        return not findings

    def _check_rules(self, parsed: Parsed) -> None:
        if self._kind is None or self._facts is None:
            return
        definition = definition_of(self._kind)
        if self._options.engine == REFERENCE:
            findings = self._by_reference(parsed, definition)
        else:
            own = own_rules.that_judge(self._facts, self._options.own, self._options.own_asked)
            findings = self._by_rules(parsed, definition, self._facts, own)
            findings += self._by_own(parsed, own)
        self._findings = _without_twins(self._findings, findings)
        self._ends(Stage.RULES, with_causes(findings))

    def _by_rules(
        self, parsed: Parsed, definition: KindDefinition, facts: DocumentFacts, own: Sequence[OwnRuleSet]
    ) -> list[Finding]:
        vocabulary, options = definition.vocabulary, self._options
        try:
            if vocabulary is None:
                raise NoRulesError
            chosen = choose(vocabulary, facts.customization_id, options.profile, options.also, facts.issue_date)
        except NoRulesError:
            return [] if own else _at_the_head([no_rules(definition, facts.customization_id)], parsed)
        self._profile, self._rule_sets = chosen.profile, chosen.used
        judged_too = [each.customization_id for each in own if each.customization_id]
        remarked = remarks(chosen.without_unknown(judged_too), facts.issue_date, definition.header)
        reading = (read if chosen.rules.asks_model else unread)(parsed.root, vocabulary)
        broken = within_bounds(business_rules.check(parsed, reading, chosen.rules))
        return [*_at_the_head(remarked, parsed), *broken]

    def _by_own(self, parsed: Parsed, own: Sequence[OwnRuleSet]) -> list[Finding]:
        """By the rule sets of the installation, on top of the others."""
        found: list[Finding] = []
        for each in own:
            try:
                found += own_rules.findings(each, parsed)
            except reference.NoVerdictError as error:
                found.append(_with_root_position(own_rules.not_judged(each, error, parsed), parsed))
                continue
            self._profile = each.id
            used = own_rules.rule_set_used(each, is_asked=each.id in self._options.own_asked)
            self._rule_sets = (*self._rule_sets, used)
        return found

    def _by_reference(self, parsed: Parsed, definition: KindDefinition) -> list[Finding]:
        if definition.vocabulary is not reference.VOCABULARY:
            return []
        findings = reference.check(parsed)
        why = Text("the reference engine was asked for, which has no other rules")
        self._rule_sets = (RuleSetUsed("EN 16931, official stylesheet", reference.EN16931_VERSION, why),)
        return findings

    def _ends(self, stage: Stage, findings: list[Finding]) -> None:
        now = perf_counter_ns()
        self._durations[stage] = now - self._since
        self._since = now
        self._findings += findings

    def _verdict(self) -> Verdict:
        return Verdict(
            findings=tuple(self._findings),
            kind=self._kind,
            facts=self._facts,
            attachments=self._attachments,
            profile=self._profile,
            rule_sets=self._rule_sets,
            stages=tuple(self._durations),
            durations_ns=self._durations,
        )


def _about_pdf(parsed: Parsed) -> list[Finding]:
    """What is wrong with how a PDF carries its invoice; of what is none, it says nothing."""
    is_invoice = kind_by_tag(str(parsed.root.tag)) is DocumentKind.CII
    return list(parsed.carried.findings) if parsed.carried and is_invoice else []


def _at_the_head(findings: list[Finding], parsed: Parsed) -> list[Finding]:
    """With the places of the elements that they are about, by their paths below the root."""
    if not findings:
        return []
    elements = [child(parsed.root, one.location) for one in findings]
    about = [parsed.root if element is None else element for element in elements]
    positions = parsed.source_map.of_elements(parsed.root, about)
    return [
        finding.at(xpath_of(element), positions[element].line, positions[element].column)
        for finding, element in zip(findings, about, strict=True)
    ]


def _with_root_position(finding: Finding, parsed: Parsed) -> Finding:
    """With the place of the root element."""
    position = parsed.source_map.of_elements(parsed.root, [parsed.root]).get(parsed.root)
    return finding.at(finding.location, position.line, position.column) if position else finding


def _without_twins(ours: list[Finding], rules: list[Finding]) -> list[Finding]:
    """BR-CL-24 says of an embedded attachment what our own check of media types says: once is enough."""
    reported_by_rule = {finding.location for finding in rules if finding.rule == "BR-CL-24"}
    return [
        finding
        for finding in ours
        if finding.rule != "MP-ATT-MEDIA-TYPE"
        or finding.location.removesuffix("/@mimeCode") not in reported_by_rule
    ]
