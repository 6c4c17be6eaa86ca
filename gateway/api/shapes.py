"""The resources as JSON: what `/v1` answers and takes. The OpenAPI document is made from these."""

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from gateway.billing.documents.bill import Bill, BillKind, BillLine, BillText
from gateway.billing.documents.bill import Stage as BillStage
from gateway.billing.rating.outlook import OutlookStatus
from gateway.billing.rating.rating import UNITS_MAX
from gateway.billing.rating.services import Service
from gateway.billing.runs.run import Run, RunState
from gateway.billing.runs.service import Preview, Review
from gateway.billing.runs.year import StepKind
from gateway.http.problems import Kind
from gateway.i18n import Text
from gateway.messages.lifecycle import Disposition, State, Step
from gateway.messages.message import JournalEntry, Lease, Message, StoredAttachment
from gateway.messages.participants import Party, PartyKind, Role
from gateway.messages.submission import Channel, Receipt
from gateway.validator.model.document import DocumentKind

if TYPE_CHECKING:
    from gateway.validator.catalogue import RuleEntry
    from gateway.validator.rules.cases import Case

Moment = Annotated[datetime, Meta(tz=True)]
"""A moment with its offset; answers are in UTC."""
PartyId = Annotated[
    str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$", description="Party id, as `gemeente-voorbeeld`.")
]
Identifier = Annotated[
    str, Meta(pattern=r"^[0-9A-Za-z]{2,4}:.{1,50}$", description="`scheme:value`, as 0190:00000001002220647000.")
]


Euros = Annotated[str, Meta(pattern=r"^[0-9]{1,15}(\.[0-9]{1,2})?$", description="Euros, as 125000.00.")]
Words = Annotated[str, Meta(pattern=r"\S", max_length=200)]
"""Text that says something."""
Weight = Annotated[str, Meta(pattern=r"^[0-9]{1,15}(\.[0-9]{1,6})?$", description="A weight, as 3 or 2.5.")]


class Shape(msgspec.Struct, rename="camel"):
    """A JSON object of this API."""


class MessageLinks(Shape):
    """Where the parts of a message are."""

    self: str
    statuses: str
    report: str
    document: str
    attachments: str


class Accepted(Shape):
    """The gateway holds the message on stable storage."""

    kenmerk: str
    received_at: Moment
    links: MessageLinks


class MessageShape(Shape):
    """One message, without its content."""

    kenmerk: str
    state: State
    is_settled: bool
    disposition: Disposition
    channel: Channel
    received_at: Moment
    settled_at: Moment | None
    submitter_id: str | None
    sender_id: str | None
    recipient_id: str | None
    recipient: str | None
    kind: DocumentKind | None
    number: str | None
    issue_date: str | None
    profile: str | None
    size_bytes: int
    sha256: str
    duplicate_of: str | None
    is_test: bool
    berichtsoort: str | None
    aanleverkenmerk: str | None
    links: MessageLinks
    report: msgspec.Raw | UnsetType = UNSET
    """The verdict; only in the answer to a submission that waited for it."""


class PageLinks(Shape):
    """Where the next page is; null on the last."""

    next: str | None


class MessagePage(Shape):
    """One page of messages."""

    items: list[MessageShape]
    links: PageLinks


class StatusShape(Shape):
    """One step in the life of a message, with Digipoort's code where it has one."""

    step: Step
    at: Moment
    actor: str
    statuscode: str
    statusomschrijving: str
    description: str
    foutcode: str | None
    detail: str | None


class Statuses(Shape):
    """Every step, oldest first."""

    items: list[StatusShape]


class AttachmentShape(Shape):
    """One attachment. `isEmbedded`: it stands in the document, else it travelled beside it."""

    number: int
    media_type: str
    filename: str | None
    size_bytes: int
    sha256: str
    is_embedded: bool
    href: str


class Attachments(Shape):
    """Every attachment of a message, in order."""

    items: list[AttachmentShape]


class LeaseShape(Shape):
    """A message in your hands until `expiresAt`; confirm it with the token before then."""

    message: MessageShape
    token: str
    expires_at: Moment
    times_taken: int


class Leases(Shape):
    """What was taken; empty when nothing waits."""

    items: list[LeaseShape]


class TakeWish(Shape):
    """How many messages to take, and for how many seconds."""

    count: Annotated[int, Meta(ge=1)] = 10
    seconds: Annotated[float, Meta(gt=0)] | UnsetType = UNSET


class ConfirmWish(Shape):
    """The token of the lease under which the message was taken; none to confirm without a lease."""

    token: Annotated[str, Meta(min_length=1, max_length=200)] | None = None


class Confirmation(Shape):
    """The recipient has the message."""

    kenmerk: str
    state: Literal["confirmed"] = "confirmed"


class PartyShape(Shape):
    """A registered party."""

    party_id: str
    name: str
    kind: PartyKind
    kind_source: str
    identifiers: list[str]
    mandates: list[str]
    settings: dict[str, str]


class Parties(Shape):
    """All parties."""

    items: list[PartyShape]


class DeliveryShape(Shape):
    """What waits to be pushed to one recipient. `failures` counts attempts in a row; until `pausedUntil` it is
    left alone; the statuses of `oldestKenmerk` say what went wrong."""

    recipient_id: str
    way: str
    waiting_messages: int
    oldest_kenmerk: str
    oldest_queued_at: Moment
    failures: int
    paused_until: Moment | None


class DeliveriesShape(Shape):
    """Every recipient for whom messages wait."""

    items: list[DeliveryShape]


class PartyWish(Shape):
    """What is to be known of a party. `kindSource` says how we know that it is Rijk, non-Rijk or a company."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    kind: PartyKind
    kind_source: Annotated[str, Meta(max_length=500)] = ""
    identifiers: list[Identifier] = []
    mandates: list[PartyId] = []
    settings: dict[str, str] = {}


class KeyWish(Shape):
    """Whom the key is for. `partyId` is needed for supplier, intermediary and government, and only there."""

    role: Role
    party_id: PartyId | None = None
    is_test: bool = False


class NewKey(Shape):
    """A new key. `key` is shown this once; the gateway keeps a hash."""

    key_id: str
    key: str
    role: Role
    party_id: str | None
    is_test: bool


class ReturnWish(Shape):
    """Why the message goes back to its sender."""

    reason: Annotated[str, Meta(min_length=1, max_length=500)]


class Done(Shape):
    """What was asked is done."""

    kenmerk: str
    state: State


class Health(Shape):
    """Whether the gateway lives, or is ready, and what does not work."""

    status: Literal["ok"] = "ok"
    version: str = ""


class DayUsage(Shape):
    """Units on one day."""

    day: date
    units: int


class PartyUsage(Shape):
    """What one party used of a service."""

    party_id: str
    service: Service
    first_day: date
    last_day: date
    units: int
    by_kind: dict[str, int]
    days: list[DayUsage]


class UsageEntryShape(Shape):
    """One entry of the meter: a message, or with a quantity below zero its correction."""

    entry_id: str
    kenmerk: str
    kind: str
    at: Moment
    quantity: int


class UsageEntries(Shape):
    """One page of entries, in the order in which they were recorded."""

    items: list[UsageEntryShape]
    links: PageLinks


class UsageRow(Shape):
    """Units of one kind that one party used."""

    party_id: str
    kind: str
    units: int


class Usage(Shape):
    """What every party used of a service."""

    service: Service
    first_day: date
    last_day: date
    items: list[UsageRow]


class ForecastWish(Shape):
    """The expected use of a year, and by what it came: a letter, a mail, the portal."""

    units: Annotated[int, Meta(ge=0, le=UNITS_MAX)]
    means: Annotated[str, Meta(max_length=200)] = "api"


class ForecastShape(Shape):
    """The forecast that holds for one party's year, and how far the year is."""

    party_id: str
    service: Service
    year: int
    units: int
    means: str
    recorded_at: Moment
    is_agreed: bool
    is_prepaid: bool
    is_settled: bool
    is_closed: bool


class Forecasts(Shape):
    """Forecasts, by party id."""

    items: list[ForecastShape]


class ProjectionShape(Shape):
    """Use up to and including a day: expected, and between which it lies four times out of five."""

    until: date
    expected: int
    low: int
    high: int


class OutlookShape(Shape):
    """A party's year so far against what it prepaid, and where it is heading; null where too little is known."""

    party_id: str
    service: Service
    year: int
    as_of: date
    used: int
    prepaid: int | None
    course: OutlookStatus
    month: ProjectionShape | None
    whole_year: ProjectionShape | None
    warning: "TextShape | None"


class BillLineShape(Shape):
    """One line. `net` excludes VAT."""

    number: int
    units: int
    net: Decimal
    text: "TextShape"
    how: "TextShape"
    source: str
    link: str


class BillShape(Shape):
    """A bill or credit note, in euros; a credit note is below zero."""

    number: str
    kind: BillKind
    stage: BillStage
    service: Service
    year: int
    party_id: str
    debtor: str
    issued_on: date
    due_on: date
    first_day: date
    last_day: date
    vat_percent: Decimal
    excluding: Decimal
    vat: Decimal
    including: Decimal
    lines: list[BillLineShape]
    preceding: list[str]


class Bills(Shape):
    """Bills and credit notes, in the order of their numbers."""

    items: list[BillShape]


class RunWish(Shape):
    """What a billing run is for. `issuedOn` is the date on the documents, today if left out. `total` is what a
    refund of VAT or the facilities without tariff come to, `weights` the key by which the latter are divided."""

    stage: BillStage
    service: Service
    year: Annotated[int, Meta(ge=2000, le=2100)]
    issued_on: date | None = None
    total: Euros = "0"
    weights: "list[WeightWish]" = []


class PreviewWish(RunWish):
    """The same, and what is to be otherwise: `forecasts` by party id, `tariffs` as a catalogue in TOML."""

    forecasts: dict[PartyId, Annotated[int, Meta(ge=0)]] = {}
    tariffs: Annotated[str, Meta(max_length=60_000)] | None = None


class WeightWish(Shape):
    """A party in the distribution key."""

    party_id: PartyId
    weight: Weight


class PreviewShape(Shape):
    """What a run would give, in euros; nothing of it is kept. `digest` is the SHA-256 of its inputs."""

    digest: str
    excluding: Decimal
    vat: Decimal
    including: Decimal
    items: list[BillShape]


class RunShape(Shape):
    """A billing run, and who did what with it: the ids of their keys, or the names given at the command line."""

    run_id: str
    state: RunState
    stage: BillStage
    service: Service
    year: int
    issued_on: date
    total: Decimal
    weights: list[WeightWish]
    digest: str
    prepared_by: str
    prepared_at: Moment
    approved_by: str | None
    approved_at: Moment | None
    issued_by: str | None
    issued_at: Moment | None


class ReviewShape(RunShape):
    """A run with its documents: as issued, or as they would be issued now, without numbers. `hasMoved`: its inputs
    are no longer there; it gives no documents and has to be prepared again."""

    has_moved: bool
    excluding: Decimal
    vat: Decimal
    including: Decimal
    items: list[BillShape]


class Runs(Shape):
    """Billing runs, newest first."""

    items: list[RunShape]


class AddressShape(Shape):
    """Where somebody is established."""

    street: Words
    postcode: Annotated[str, Meta(pattern=r"\S", max_length=20)]
    city: Words
    country: Annotated[str, Meta(pattern="^[A-Z]{2}$")] = "NL"


class ConnectionShape(Shape):
    """Use of one service. `connectedOn`: first connection of a first-time user, whose first year may be free."""

    service: Service
    connected_on: date | None = None
    in_umbrella: bool = False
    variant: Annotated[str, Meta(max_length=50)] = ""


class DebtorWish(Shape):
    """Whom to bill. `reference` is what the debtor wants on its bills (BT-10)."""

    name: Words
    oin: Annotated[str, Meta(max_length=50)]
    kind: PartyKind
    address: AddressShape
    email: Annotated[str, Meta(max_length=200)] = ""
    reference: Annotated[str, Meta(max_length=200)] = ""
    vat_number: Annotated[str, Meta(max_length=50)] = ""
    connections: list[ConnectionShape] = []


class DebtorShape(DebtorWish, kw_only=True):
    """A debtor as finance recorded it last."""

    party_id: PartyId


class Debtors(Shape):
    """Debtors, by party id."""

    items: list[DebtorShape]


class MeansWish(Shape):
    """By what it came: a letter, a mail, the portal."""

    means: Annotated[str, Meta(max_length=200)] = "api"


class GuidanceWish(Shape):
    """How many periods of three months of guidance there were so far, from this start mail."""

    periods: Annotated[int, Meta(ge=1, le=40)] = 1


class YearStepShape(Shape):
    """One step of a billing year."""

    kind: StepKind
    key: str
    means: str
    units: int
    amount: Decimal
    document: str | None
    by: str
    at: Moment


class YearShape(Shape):
    """A party's billing year of a service: its steps, oldest first, and what they come to."""

    party_id: str
    service: Service
    year: int
    forecast: int | None
    is_agreed: bool
    is_prepaid: bool
    is_settled: bool
    is_closed: bool
    steps: list[YearStepShape]


class Stated(Shape):
    """Monthly statements that were new; the others were there."""

    added: int


class ExplanationShape(Shape):
    """From an amount to its messages. `counted` is what the meter counts now, corrections included; `entries` is
    where the messages are listed."""

    bill: BillShape
    run: RunShape
    first_day: date
    last_day: date
    counted: dict[str, int]
    entries: str


class WarningShape(Shape):
    """A party that uses, or is on course to use, more than it prepaid, and what to tell it."""

    party_id: str
    service: Service
    year: int
    course: OutlookStatus
    used: int
    prepaid: int | None
    to: str
    subject: "TextShape"
    body: "TextShape"


class Warnings(Shape):
    """Warnings, by party id."""

    items: list[WarningShape]


class SilenceShape(Shape):
    """A party that always has use of a service and suddenly has none."""

    party_id: str
    last_seen: date
    working_days: int
    usual_a_day: float


class Silences(Shape):
    """Who fell silent, by party id."""

    items: list[SilenceShape]


class DeedShape(Shape):
    """One thing that somebody did in billing, in a chain: `link` is the SHA-256 over `previous` and the deed."""

    number: int
    actor: str
    action: str
    subject: str
    at: Moment
    detail: str
    digest: str
    previous: str
    link: str


class AuditLog(Shape):
    """A part of the chain, oldest first, and what is wrong in it. The meter seals its head with its entries."""

    items: list[DeedShape]
    faults: list[str]
    links: PageLinks


class TextShape(Shape):
    """The same in English and in Dutch."""

    en: str
    nl: str


class ProblemKind(Shape):
    """A kind of problem."""

    type: str
    status: int
    title: TextShape
    meaning: TextShape
    remedy: TextShape


class ProblemKinds(Shape):
    """Every kind of problem."""

    items: list[ProblemKind]


class Fault(Shape):
    """One thing wrong with the input."""

    in_: str = msgspec.field(name="in")
    name: str
    reason: str


class ProblemShape(Shape):
    """A problem (RFC 9457). Members beside these depend on its `type`."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[Fault] | UnsetType = UNSET
    limit_bytes: int | UnsetType = UNSET
    counted_bytes: int | UnsetType = UNSET
    first_kenmerk: str | UnsetType = UNSET
    reference: str | UnsetType = UNSET
    allowed: list[str] | UnsetType = UNSET
    offered: list[str] | UnsetType = UNSET
    supported: list[str] | UnsetType = UNSET
    failing: list[str] | UnsetType = UNSET


def links_of(kenmerk: str) -> MessageLinks:
    """Where the parts of this message are."""
    own = f"/v1/messages/{kenmerk}"
    return MessageLinks(
        self=own,
        statuses=f"{own}/statuses",
        report=f"{own}/report",
        document=f"{own}/document",
        attachments=f"{own}/attachments",
    )


def accepted(receipt: Receipt) -> Accepted:
    """The answer to a submission."""
    return Accepted(kenmerk=receipt.kenmerk, received_at=receipt.received_at, links=links_of(receipt.kenmerk))


def message_shape(message: Message, report: bytes | None = None) -> MessageShape:
    """A message as its parties see it."""
    return MessageShape(
        kenmerk=message.kenmerk,
        state=message.state,
        is_settled=message.state.is_settled,
        disposition=message.disposition,
        channel=message.channel,
        received_at=message.received_at,
        settled_at=message.settled_at,
        submitter_id=message.submitter_id,
        sender_id=message.sender_id,
        recipient_id=message.recipient_id,
        recipient=message.recipient,
        kind=message.kind,
        number=message.number,
        issue_date=message.issue_date,
        profile=message.profile,
        size_bytes=message.size_bytes,
        sha256=message.sha256,
        duplicate_of=message.duplicate_of,
        is_test=message.is_test,
        berichtsoort=message.berichtsoort,
        aanleverkenmerk=message.aanleverkenmerk,
        links=links_of(message.kenmerk),
        report=msgspec.Raw(report) if report is not None else UNSET,
    )


def status_shape(entry: JournalEntry, actor: str) -> StatusShape:
    """A step, with the actor as the caller may know it."""
    return StatusShape(
        step=entry.step,
        at=entry.at,
        actor=actor,
        statuscode=entry.statuscode,
        statusomschrijving=entry.statusomschrijving,
        description=entry.plain,
        foutcode=entry.foutcode,
        detail=entry.detail,
    )


def attachment_shape(kenmerk: str, held: StoredAttachment) -> AttachmentShape:
    """An attachment in the list."""
    facts = held.attachment
    return AttachmentShape(
        number=facts.number,
        media_type=facts.media_type,
        filename=facts.filename,
        size_bytes=facts.size_bytes,
        sha256=facts.sha256,
        is_embedded=facts.start is not None,
        href=f"/v1/messages/{kenmerk}/attachments/{facts.number}",
    )


def lease_shape(lease: Lease) -> LeaseShape:
    """A message that was taken."""
    return LeaseShape(
        message=message_shape(lease.message),
        token=lease.token,
        expires_at=lease.expires_at,
        times_taken=lease.times_taken,
    )


def party_shape(party: Party) -> PartyShape:
    """A party as operators and the party itself see it."""
    return PartyShape(
        party_id=party.party_id,
        name=party.name,
        kind=party.kind,
        kind_source=party.kind_source,
        identifiers=[str(identifier) for identifier in party.identifiers],
        mandates=sorted(party.mandates),
        settings=party.settings,
    )


def problem_kind(kind: Kind, base_url: str) -> ProblemKind:
    """A kind of problem, with its address."""
    return ProblemKind(
        type=f"{base_url}/problems/{kind.slug}",
        status=kind.status,
        title=_text(kind.title),
        meaning=_text(kind.meaning),
        remedy=_text(kind.remedy),
    )


class RuleCase(Shape):
    """A sample document with changes, and what they do to a rule. Names as `meterpoort rules show` prints them."""

    document: str
    change: dict[str, str]
    remove: list[str]
    repeat: list[str]
    also: list[str]


class RuleShape(Shape):
    """A rule that documents are judged by."""

    rule: str
    set: str
    version: str
    valid_from: date | None
    valid_until: date | None
    flag: str
    sentence: TextShape
    advice: TextShape | None
    note: TextShape | None
    terms: dict[str, TextShape]
    path: str | None
    source: str
    is_bound: bool
    holds: list[RuleCase]
    breaks: list[RuleCase]


def rule_shape(entry: "RuleEntry") -> RuleShape:
    """A rule of the catalogue."""
    return RuleShape(
        rule=entry.id,
        set=entry.set,
        version=entry.version,
        valid_from=entry.valid_from,
        valid_until=entry.valid_until,
        flag=entry.flag.value,
        sentence=_text(entry.sentence),
        advice=_text(entry.advice) if entry.advice else None,
        note=_text(entry.note) if entry.note else None,
        terms={number: _text(name) for number, name in entry.terms},
        path=entry.path or None,
        source=entry.source,
        is_bound=entry.is_bound,
        holds=[_case(case) for case in entry.holds],
        breaks=[_case(case) for case in entry.breaks],
    )


def _case(case: "Case") -> RuleCase:
    return RuleCase(
        document=case.document,
        change=dict(case.change),
        remove=list(case.remove),
        repeat=list(case.repeat),
        also=list(case.also),
    )


def _text(text: Text | BillText) -> TextShape:
    return TextShape(en=text.en, nl=text.nl)


def bill_shape(bill: Bill) -> BillShape:
    """A bill as its debtor and finance see it."""
    return BillShape(
        number=bill.number,
        kind=bill.kind,
        stage=bill.stage,
        service=bill.service,
        year=bill.year,
        party_id=bill.debtor.party_id,
        debtor=bill.debtor.name,
        issued_on=bill.issued_on,
        due_on=bill.due_on,
        first_day=bill.first,
        last_day=bill.last,
        vat_percent=bill.vat_percent,
        excluding=bill.amounts.excluding,
        vat=bill.amounts.vat,
        including=bill.amounts.including,
        lines=[_bill_line(line) for line in bill.lines],
        preceding=[reference.number for reference in bill.preceding],
    )


def run_shape(run: Run) -> RunShape:
    """A run as finance sees it."""
    return RunShape(**_run_parts(run))


def review_shape(review: Review) -> ReviewShape:
    """A run with its documents."""
    return ReviewShape(
        **_run_parts(review.run),
        has_moved=review.has_moved,
        excluding=review.total.excluding,
        vat=review.total.vat,
        including=review.total.including,
        items=[bill_shape(bill) for bill in review.bills],
    )


def _run_parts(run: Run) -> dict[str, Any]:
    order = run.order
    return {
        "run_id": run.run_id,
        "state": run.state,
        "stage": order.stage,
        "service": order.service,
        "year": order.year,
        "issued_on": order.issued_on,
        "total": order.total,
        "weights": [WeightWish(party_id, str(weight)) for party_id, weight in order.weights],
        "digest": run.digest,
        "prepared_by": run.prepared_by,
        "prepared_at": run.prepared_at,
        "approved_by": run.approved_by or None,
        "approved_at": run.approved_at,
        "issued_by": run.issued_by or None,
        "issued_at": run.issued_at,
    }


def preview_shape(preview: Preview) -> PreviewShape:
    """What a run would give."""
    return PreviewShape(
        digest=preview.inputs.digest,
        excluding=preview.total.excluding,
        vat=preview.total.vat,
        including=preview.total.including,
        items=[bill_shape(bill) for bill in preview.bills],
    )


def _bill_line(line: BillLine) -> BillLineShape:
    return BillLineShape(
        number=line.number,
        units=line.units,
        net=line.net,
        text=_text(line.text),
        how=_text(line.how),
        source=line.source,
        link=line.link,
    )
