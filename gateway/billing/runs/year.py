"""A party's year of one service: forecast, agreement, prepayment, statements, settlement, credit, closed.

Steps are only added, and the state of a year follows from them. A step that is repeated with the same content adds
nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from gateway.billing.rating.policies import DEFAULT, LateForecast, Policies
from gateway.billing.rating.rating import checked_units
from gateway.billing.rating.services import Service
from gateway.billing.runs.errors import ForecastLockedError, StepRefusedError
from gateway.i18n import Text


class StepKind(StrEnum):
    """What can happen in a billing year."""

    FORECAST = "forecast"
    AGREEMENT = "agreement"
    GUIDANCE = "guidance"
    """The start mail was received, or guidance was renewed."""
    PREPAYMENT = "prepayment"
    STATEMENT = "statement"
    SETTLEMENT = "settlement"
    CREDIT = "credit"
    CLOSED = "closed"
    REOPENED = "reopened"


@dataclass(frozen=True, slots=True)
class YearKey:
    """Which year: of whom, of what."""

    party_id: str
    service: Service
    year: int

    def __str__(self) -> str:
        return f"{self.party_id} {self.service} {self.year}"


@dataclass(frozen=True, slots=True, kw_only=True)
class YearStep:
    """One step. `key` names it within its kind: the version of a forecast, the month of a statement, the
    run of a document. `means` says how it came: by a letter, the portal, a run. `document` holds the numbers of
    its documents, with spaces between; `amount` is what they come to, with tax."""

    year: YearKey
    kind: StepKind
    key: str
    by: str
    at: datetime
    means: str = ""
    units: int = 0
    amount: Decimal = Decimal("0.00")
    document: str = ""

    @property
    def documents(self) -> Sequence[str]:
        """The numbers of its documents."""
        return self.document.split()


class BillingYear:
    """The state that follows from the steps of one year."""

    def __init__(self, key: YearKey, steps: Iterable[YearStep], policies: Policies = DEFAULT) -> None:
        self.key = key
        self.steps = tuple(steps)
        self._policies = policies

    def of_kind(self, kind: StepKind) -> tuple[YearStep, ...]:
        """Its steps of a kind, oldest first."""
        return tuple(step for step in self.steps if step.kind is kind)

    @property
    def forecast(self) -> YearStep | None:
        """The current forecast: the latest version."""
        versions = self.of_kind(StepKind.FORECAST)
        return versions[-1] if versions else None

    @property
    def agreed_forecast(self) -> YearStep | None:
        """The latest forecast that was agreed on: only this is prepaid, and it may be the minimum."""
        agreed = {step.key for step in self.of_kind(StepKind.AGREEMENT)}
        return next((step for step in reversed(self.of_kind(StepKind.FORECAST)) if step.key in agreed), None)

    @property
    def is_agreed(self) -> bool:
        """Whether the current forecast was agreed on."""
        return self.forecast is not None and self.agreed_forecast == self.forecast

    @property
    def minimum(self) -> int:
        """The agreed forecast in units; no less than one that was prepaid."""
        prepaid = [step.units for step in self.of_kind(StepKind.PREPAYMENT) if step.means.startswith("forecast")]
        return max([*prepaid, self.agreed_forecast.units if self.agreed_forecast else 0])

    @property
    def is_prepaid(self) -> bool:
        """Whether the prepayment run of this year was issued, also when nothing was due."""
        return bool(self.of_kind(StepKind.PREPAYMENT))

    @property
    def is_settled(self) -> bool:
        """Whether actual use was settled."""
        return bool(self.of_kind(StepKind.SETTLEMENT))

    @property
    def is_closed(self) -> bool:
        """Whether it was closed, and not reopened since."""
        return len(self.of_kind(StepKind.CLOSED)) > len(self.of_kind(StepKind.REOPENED))

    def with_forecast(self, units: int, by: str, at: datetime, means: str) -> YearStep | None:
        """The step that records a forecast; None when it is the current one.

        Raises ForecastLockedError after the prepayment (unless the policy allows a delta) or the settlement, and
        StepRefusedError in a closed year.
        """
        checked_units(units, "forecast")
        self._check_open(StepKind.FORECAST)
        if self.forecast is not None and self.forecast.units == units:
            return None
        self._check_unlocked()
        version = str(len(self.of_kind(StepKind.FORECAST)) + 1)
        return self._step(StepKind.FORECAST, version, by, at, means, units)

    def with_agreement(self, by: str, at: datetime, means: str) -> YearStep | None:
        """The step that records that the forecast was agreed on; None when it was."""
        if self.forecast is None:
            raise StepRefusedError(Text("{year} has no forecast to agree on", year=str(self.key)))
        if self.is_agreed:
            return None
        self._check_open(StepKind.AGREEMENT)
        self._check_unlocked()
        return self._step(StepKind.AGREEMENT, self.forecast.key, by, at, means, self.forecast.units)

    def with_guidance(self, received: str, periods: int, by: str, at: datetime, means: str) -> YearStep | None:
        """The step that records guidance from the receipt of a start mail (an ISO date), or its renewals:
        `periods` is the number up to now. None when nothing changes."""
        known = [step for step in self.of_kind(StepKind.GUIDANCE) if step.key.startswith(f"{received}#")]
        if known and known[-1].units == periods:
            return None
        if known and known[-1].units > periods:
            raise StepRefusedError(
                Text(
                    "guidance from {received} has {units} periods: it cannot become {periods}",
                    received=received,
                    units=known[-1].units,
                    periods=periods,
                ),
            )
        return self._step(StepKind.GUIDANCE, f"{received}#{len(known) + 1}", by, at, means, periods)

    def with_statement(self, month: int, units: int, by: str, at: datetime) -> YearStep | None:
        """The monthly statement: units of the year up to and including a month. None when it says the same
        as the last one of that month."""
        known = [step for step in self.of_kind(StepKind.STATEMENT) if step.key.startswith(f"{month:02}#")]
        if known and known[-1].units == units:
            return None
        return self._step(StepKind.STATEMENT, f"{month:02}#{len(known) + 1}", by, at, "meter", units)

    def with_closing(self, by: str, at: datetime) -> YearStep | None:
        """The step that closes a settled year; None when it is closed."""
        if self.is_closed:
            return None
        if not self.is_settled:
            raise StepRefusedError(
                Text("{year} is not settled, so it cannot be closed", year=str(self.key)),
            )
        return self._step(StepKind.CLOSED, str(len(self.of_kind(StepKind.CLOSED)) + 1), by, at, "")

    def with_reopening(self, by: str, at: datetime, reason: str) -> YearStep | None:
        """The step that opens a closed year again; None when it is open. Raises StepRefusedError."""
        if not self.is_closed:
            return None
        if not reason.strip():
            raise StepRefusedError(Text("say why {year} is opened again", year=str(self.key)))
        return self._step(StepKind.REOPENED, str(len(self.of_kind(StepKind.REOPENED)) + 1), by, at, reason)

    def _check_unlocked(self) -> None:
        if self.is_settled:
            raise ForecastLockedError(
                Text("{year} was settled: its forecast can no longer change", year=str(self.key)),
            )
        if self.is_prepaid and self._policies.late_forecast is LateForecast.REFUSE:
            raise ForecastLockedError(
                Text("the prepayment of {year} was issued: its forecast can no longer change", year=str(self.key)),
            )

    def _check_open(self, kind: StepKind) -> None:
        if self.is_closed:
            raise StepRefusedError(Text("{year} is closed: no {kind} can come", year=str(self.key), kind=kind))

    def _step(self, kind: StepKind, key: str, by: str, at: datetime, means: str, units: int = 0) -> YearStep:
        return YearStep(year=self.key, kind=kind, key=key, by=by, at=at, means=means, units=units)
