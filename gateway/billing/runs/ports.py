"""What billing needs of other rooms: counts, storage, a validator."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple, Protocol

from gateway.billing.documents.bill import Bill
from gateway.billing.rating.services import Service
from gateway.billing.rating.tariffs import Tariff
from gateway.billing.runs.audit_event import AuditEvent
from gateway.billing.runs.debtor import Debtor
from gateway.billing.runs.errors import StepRefusedError
from gateway.billing.runs.run import Run, RunInputs
from gateway.billing.runs.year import YearKey, YearStep
from gateway.i18n import Text
from gateway.messages.participants import Party
from gateway.validator.finding import Finding


@dataclass(frozen=True, slots=True)
class MeteredEntry:
    """One entry of the meter: a message, or its reversal with a quantity below zero."""

    entry_id: str
    kenmerk: str
    kind: str
    at: datetime
    quantity: int


@dataclass(frozen=True, slots=True)
class IssuedDocument:
    """A document as it is stored, but for its PDF; `rank` is its number within the year of issue, `version` that
    of the gateway which wrote it, `pdf_version` that of the writer of its PDF."""

    bill: Bill
    issued_in: int
    rank: int
    xml: bytes
    sha256: str
    version: str
    pdf_sha256: str
    pdf_version: str


@dataclass(frozen=True, slots=True)
class IssuedRun:
    """A run that was issued, as it is stored. `inputs` are the bytes that were hashed; `steps` hold what the
    documents of each step of a year come to, by their numbers."""

    run: Run
    inputs: bytes
    documents: tuple[IssuedDocument, ...]
    steps: Mapping[tuple[str, ...], Decimal]


@dataclass(frozen=True, slots=True)
class TariffProposal:
    """A tariff that somebody proposed, and who approved it. Its price is `cost` over `units`, unless these are
    0: then it was given."""

    proposal_id: str
    tariff: Tariff
    cost: Decimal
    units: int
    by: str
    at: datetime
    approved_by: str = ""
    approved_at: datetime | None = None


class Positions(NamedTuple):
    """A part of the ledger: the entries after one position up to another, which is included; None: to the end."""

    after: int = 0
    until: int | None = None

    @classmethod
    def after_entry(cls, cursor: str) -> "Positions":
        """Those after the entry of a page's cursor; empty: all. Raises ValueError for a cursor of no page."""
        after = int(cursor or 0)
        if not 0 <= after < 2**63:
            raise ValueError("the cursor is not one that this gateway gave")
        return cls(after)


ALL = Positions()

Registered = Callable[[str], Party | None]
"""The register's party of an id, or None."""


class UsageCounts(Protocol):
    """The meter's counts. Days are Amsterdam calendar days, both included; corrections are counted in."""

    async def by_party(self, service: Service, first: date, last: date) -> Mapping[str, Mapping[str, int]]:
        """Units by party id and kind; a party without use may be left out."""

    async def by_day(self, party_id: str, service: Service, first: date, last: date) -> Mapping[date, int]:
        """Units of one party by day; a day without use may be left out."""

    async def by_kind(
        self, party_id: str, service: Service, first: date, last: date, positions: Positions
    ) -> Mapping[str, int]:
        """Units of one party by kind, of the entries at these positions only."""

    async def entries(
        self,
        party_id: str,
        service: Service,
        first: date,
        last: date,
        positions: Positions,
        limit: int,
        *,
        newest: bool = False,
    ) -> Sequence[MeteredEntry]:
        """The first entries behind a count, or the last, in order, at these positions; an entry's id is its
        position."""

    async def position(self) -> int:
        """The position of the newest entry; 0 where there is none."""

    async def has_entries(self, service: Service, first: date, last: date, positions: Positions) -> bool:
        """Whether there is any entry of a service and these days at these positions."""


Judge = Callable[[bytes], Awaitable[Sequence[Finding]]]
"""A validator: the findings on a document, warnings included."""

Render = Callable[[Bill], bytes]
"""Writes a bill as an e-invoice."""


class BillFiles(NamedTuple):
    """A bill as it is sent, and the version of the writer of its PDF."""

    xml: bytes
    pdf: bytes
    pdf_version: str


WriteFiles = Callable[[Bill], BillFiles]
"""Writes a bill that has its number."""


class BillingStore(Protocol):
    """Stores what billing does. Rows are only added; each call is one transaction, and each that writes adds its
    event to the log."""

    async def save_debtor(self, debtor: Debtor, event: AuditEvent) -> None:
        """Record a debtor, or a new version of one."""

    async def debtors(self) -> Sequence[Debtor]:
        """Every record of every debtor, oldest first."""

    async def add_step(self, step: YearStep, event: AuditEvent) -> bool:
        """Add a step; False when its kind and key are there already, and then nothing is added."""

    async def steps(self, service: Service, year: int) -> Mapping[str, Sequence[YearStep]]:
        """Steps of a year by party id, oldest first."""

    async def steps_of(self, key: YearKey) -> Sequence[YearStep]:
        """Steps of one party's year, oldest first."""

    async def bills_by_party(self, service: Service, year: int) -> Mapping[str, Sequence[Bill]]:
        """Issued documents of a year of use by party id, oldest first."""

    async def bill(self, number: str) -> Bill | None:
        """The document of this number."""

    async def xml(self, number: str) -> bytes | None:
        """The e-invoice as it was issued."""

    async def pdf(self, number: str) -> bytes | None:
        """The PDF as it was issued."""

    async def bills(self, issued_in: int) -> Sequence[Bill]:
        """Documents issued in a calendar year, in the order of their numbers."""

    async def unsent(self) -> Sequence[Bill]:
        """Documents that have not left, as a message or otherwise, oldest first."""

    async def bills_of_run(self, run_id: str) -> Sequence[Bill]:
        """Documents of a run, in the order of their numbers."""

    async def add_run(self, run: Run, inputs: RunInputs, event: AuditEvent) -> None:
        """Record a prepared run and its inputs; nothing when it is there."""

    async def run(self, run_id: str) -> Run | None:
        """The run with its approval and issue."""

    async def runs(self, limit: int) -> Sequence[Run]:
        """The runs that were prepared last, newest first."""

    async def approve(self, run_id: str, by: str, at: datetime, event: AuditEvent) -> None:
        """Record the approval of a run or a proposed tariff; nothing when it is there."""

    async def add_tariff(self, proposal: TariffProposal, event: AuditEvent) -> None:
        """Record a proposed tariff."""

    async def tariffs(self) -> Sequence[TariffProposal]:
        """Every proposed tariff, with its approval, oldest first."""

    async def issue(
        self, run: Run, drafts: Sequence[Bill], steps: Sequence[YearStep], write: WriteFiles, event: AuditEvent
    ) -> Sequence[Bill]:
        """Give the drafts the next numbers of their year, without gaps, and keep them; each step gets the
        number of its party's last bill. All of it or nothing. A run that is issued is not issued again: its
        documents are the answer. Raises StepRefusedError for a date before that of the last number."""

    async def issued_runs(self) -> Sequence[IssuedRun]:
        """Every run that was issued or has a document, with all that is stored of it, for an audit."""


def refuse_earlier(last: Bill, day: date) -> None:
    """Raises StepRefusedError for a day before the date of the last number of a series."""
    if day < last.issued_on:
        raise StepRefusedError(
            Text(
                "{number} is dated {last:date}, after {day:date}: prepare the run with a later date",
                number=last.number,
                last=last.issued_on,
                day=day,
            ),
        )


def with_documents(step: YearStep, bills: Iterable[Bill]) -> YearStep:
    """A step with the documents of its party and service: their numbers, and what they come to."""
    own = [bill for bill in bills if (bill.party_id, bill.service) == (step.year.party_id, step.year.service)]
    total = sum((bill.amounts.including for bill in own), step.amount)
    return replace(step, document=" ".join(bill.number for bill in own), amount=total)
