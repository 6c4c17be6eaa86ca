"""From bytes to verdict: the stages in order, stopping where going on makes no sense.

Plain synchronous code for a thread or a worker process. Nothing is kept between documents but compiled schemas
and rule sets; lxml releases the interpreter lock while it parses and checks the schema.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter_ns

from gateway.messages.verdict import RuleSetUsed, Verdict
from gateway.model.document import Attachment, Beside, DocumentFacts, DocumentKind
from gateway.model.finding import Finding, Stage
from gateway.syntax import attachments, identify, schema, xml
from gateway.syntax.xml import DEFAULT_LIMITS, Limits, Parsed
from gateway.validation import business_rules
from gateway.validation.profiles import choose, profile_named

OWN, REFERENCE = ENGINES = ("own", "reference")


def judge(
    document: bytes | memoryview,
    *,
    profile: str | None = None,
    schema: bool = True,
    limits: Limits = DEFAULT_LIMITS,
    beside: Sequence[Beside] = (),
    explain: bool = False,
    engine: str = OWN,
) -> Verdict:
    """The verdict on a document. Raises nothing on any bytes; a wrong document is an answer.

    `profile` asks for the rules of that profile on top of what the document claims; `schema=False` leaves the
    schema out; `beside` are attachments that travelled beside the document, judged as those in it; `explain`
    reads a document that breaks its schema a second time, for more findings (seconds, see `syntax.explain`).
    `engine` is whose rules judge: ours, or `reference`, EN 16931's official stylesheet (`validation.reference`).
    Raises ValueError for a profile (`profiles.profile_named`) or an engine that does not exist, ImportError where
    the reference engine is not installed.
    """
    if not isinstance(document, bytes | bytearray | memoryview):
        raise TypeError(f"a document is bytes, as they came in, and not {type(document).__name__}")
    if profile is not None:
        profile_named(profile)
    if engine not in ENGINES:
        raise ValueError(f"there is no engine {engine!r}; there is: {', '.join(ENGINES)}")
    return _Judgement(limits, _Wishes(profile, schema, explain, engine)).run(document, beside)


@dataclass(frozen=True, slots=True)
class _Wishes:
    """What the caller asks for."""

    profile: str | None
    schema: bool
    explain: bool
    engine: str


class _Judgement:
    """One document on its way through the stages."""

    def __init__(self, limits: Limits, wishes: _Wishes) -> None:
        self._limits = limits
        self._wishes = wishes
        self._profile: str | None = None
        self._rule_sets: tuple[RuleSetUsed, ...] = ()
        self._findings: list[Finding] = []
        self._durations: dict[Stage, int] = {}
        self._since = perf_counter_ns()
        self._kind: DocumentKind | None = None
        self._facts: DocumentFacts | None = None
        self._attachments: tuple[Attachment, ...] = ()

    def run(self, document: bytes | memoryview, beside: Sequence[Beside]) -> Verdict:
        parsed = xml.read(document, self._limits, schema.parse if self._wishes.schema else None)
        self._ends(Stage.XML, [parsed] if isinstance(parsed, Finding) else [])
        if isinstance(parsed, Finding) or not self._identify(parsed):
            return self._verdict()
        self._read_attachments(parsed, beside)
        if self._wishes.schema and not self._follows_schema(parsed):
            return self._verdict()
        self._check_rules(parsed)
        return self._verdict()

    def _identify(self, parsed: Parsed) -> bool:
        kind = identify.identify(parsed.root)
        if isinstance(kind, Finding):
            self._ends(Stage.IDENTIFY, [_placed(kind, parsed)])
            return False
        self._kind = kind
        self._facts = identify.read_facts(parsed.root, kind)
        older = identify.older_format(self._facts)
        self._ends(Stage.IDENTIFY, [_placed(older, parsed)] if older else [])
        return older is None

    def _read_attachments(self, parsed: Parsed, beside: Sequence[Beside]) -> None:
        if self._kind is not None:
            attached = attachments.read_attachments(parsed, self._kind, self._limits, beside)
            self._attachments = attached.attachments
            self._ends(Stage.ATTACHMENTS, attached.findings)

    def _follows_schema(self, parsed: Parsed) -> bool:
        if self._kind is None:
            return False
        findings = schema.check(parsed, self._kind)
        if findings and self._wishes.explain:
            from gateway.syntax.explain import explain  # xmlschema takes 0.2 s to import and is seldom wanted

            findings = sorted([*findings, *explain(parsed, self._kind, findings)], key=_line_and_column)
        self._ends(Stage.SCHEMA, findings)
        return not findings

    def _check_rules(self, parsed: Parsed) -> None:
        if self._kind is None or not self._kind.is_billing or self._facts is None:
            return
        if self._wishes.engine == REFERENCE:
            findings = self._by_reference(parsed)
        else:
            chosen = choose(self._facts.customization_id, self._wishes.profile)
            self._profile, self._rule_sets = chosen.profile.name, chosen.used
            findings = business_rules.check(parsed, chosen.rules)
        self._findings = _without_twins(self._findings, findings)
        self._ends(Stage.RULES, findings)

    def _by_reference(self, parsed: Parsed) -> list[Finding]:
        from gateway.validation import reference  # SaxonC is optional, large, and seldom wanted

        findings = reference.check(parsed)
        used = RuleSetUsed(
            "EN 16931, official stylesheet", reference.EN16931_VERSION, "the reference engine was asked for"
        )
        self._rule_sets = (used,)
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


def _placed(finding: Finding, parsed: Parsed) -> Finding:
    """With the place of the root element."""
    place = parsed.lines.of_elements(parsed.root, [parsed.root]).get(parsed.root)
    return finding.at(finding.location, place.line, place.column) if place else finding


def _without_twins(ours: list[Finding], rules: list[Finding]) -> list[Finding]:
    """BR-CL-24 says of an embedded attachment what our own check of media types says: once is enough."""
    said = {finding.location for finding in rules if finding.rule == "BR-CL-24"}
    return [
        finding
        for finding in ours
        if finding.rule != "MP-ATT-MEDIA-TYPE" or finding.location.removesuffix("/@mimeCode") not in said
    ]


def _line_and_column(finding: Finding) -> tuple[int, int]:
    return finding.line or 0, finding.column or 0
