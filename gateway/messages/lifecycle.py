"""The life of a message: its states, the steps between them, and Digipoort's code for each step.

Codes and their Dutch descriptions: Logius, Metrokaart berichtenverkeer. Where Digipoort has no code for a
step, the code is empty.
"""

from dataclasses import dataclass
from enum import StrEnum

from gateway.i18n import Text


class State(StrEnum):
    """Where a message is."""

    RECEIVED = "received"
    """On stable storage, its sender holds the kenmerk; waits to be judged."""
    CHECKED = "checked"
    """Judged and found valid; waits to be offered to the recipient."""
    OFFERED = "offered"
    """Being offered to the recipient."""
    DELIVERED = "delivered"
    """Placed at the recipient's disposal. Final unless the recipient confirms."""
    CONFIRMED = "confirmed"
    """The recipient has it and said so. Final."""
    REFUSED = "refused"
    """Judged and found invalid, or its sender had no right to send it. Final."""
    DUPLICATE = "duplicate"
    """The same supplier, number and year came before: not delivered, not metered. Final."""
    RETURNED = "returned"
    """Could not be delivered. Final until an operator replays it."""
    PARKED = "parked"
    """Judging it failed technically three times, or its stored content is damaged; set apart for an operator, who
    retries or returns it."""

    @property
    def is_settled(self) -> bool:
        """Nothing more happens without somebody acting: senders may stop polling."""
        return self not in {State.RECEIVED, State.CHECKED, State.OFFERED}


class Step(StrEnum):
    """What can happen to a message; each is one line of its journal."""

    INTAKE_STARTED = "intake-started"
    ACCEPTED = "accepted"
    QUEUED = "queued"
    SENDER_AUTHORISED = "sender-authorised"
    SENDER_NOT_AUTHORISED = "sender-not-authorised"
    SCHEMA_PASSED = "schema-passed"
    RULES_PASSED = "rules-passed"
    VALIDATION_FAILED = "validation-failed"
    VALIDATION_BROKE = "validation-broke"
    CONTENT_DAMAGED = "content-damaged"
    FOUND_DUPLICATE = "found-duplicate"
    DELIVERY_STARTED = "delivery-started"
    DELIVERED = "delivered"
    DELIVERY_TROUBLE = "delivery-trouble"
    DELIVERY_FAILED = "delivery-failed"
    CONFIRMED = "confirmed"
    REPLAYED = "replayed"


FIRST_STEPS = (Step.INTAKE_STARTED, Step.ACCEPTED, Step.QUEUED)
"""What every journal begins with: the steps of a message that waits to be judged for the first time."""


@dataclass(frozen=True, slots=True)
class StepRule:
    """What a step means: from which states it may be taken, where it leads, what Digipoort calls it."""

    leads_to: State
    allowed_from: frozenset[State]
    statuscode: str
    plain: Text

    @property
    def statusomschrijving(self) -> str:
        """Digipoort's description of the code."""
        return STATUSES[self.statuscode]


def _from(*states: State) -> frozenset[State]:
    return frozenset(states)


_S = State
STATUSES = {
    "": "",
    "100": "Aanleveren gelukt.",
    "105": "Aanleverproces gestart.",
    "110": "Aanleverproces wordt aangeboden.",
    "200": "Authenticatie gelukt.",
    "210": "Authenticatie niet gelukt.",
    "301": "Validatie gelukt.",
    "311": "Validatie niet gelukt.",
    "321": "Technisch probleem bij validatie.",
    "400": "Afleveren uitvragende partij gelukt.",
    "405": "Afleveren naar uitvragende partij bezig...",
    "410": "Afleveren uitvragende partij niet gelukt.",
    "420": "Technisch probleem bij de afleverservice van de uitvragende partij.",
}
"""Digipoort's description of each status, by its code."""

STEPS: dict[Step, StepRule] = {
    Step.INTAKE_STARTED: StepRule(_S.RECEIVED, _from(), "105", Text("submission started")),
    Step.ACCEPTED: StepRule(_S.RECEIVED, _from(_S.RECEIVED), "100", Text("accepted and stored")),
    Step.QUEUED: StepRule(_S.RECEIVED, _from(_S.RECEIVED), "110", Text("waits to be judged")),
    Step.SENDER_AUTHORISED: StepRule(
        _S.RECEIVED, _from(_S.RECEIVED), "200", Text("the sender may send this document")
    ),
    Step.SENDER_NOT_AUTHORISED: StepRule(
        _S.REFUSED, _from(_S.RECEIVED), "210", Text("refused: the sender may not send this document")
    ),
    Step.SCHEMA_PASSED: StepRule(_S.RECEIVED, _from(_S.RECEIVED), "301", Text("valid by XML Schema")),
    Step.RULES_PASSED: StepRule(_S.CHECKED, _from(_S.RECEIVED), "301", Text("valid by the business rules")),
    Step.VALIDATION_FAILED: StepRule(_S.REFUSED, _from(_S.RECEIVED), "311", Text("refused: not valid")),
    Step.VALIDATION_BROKE: StepRule(
        _S.PARKED, _from(_S.RECEIVED), "321", Text("set apart: judging it failed technically")
    ),
    Step.CONTENT_DAMAGED: StepRule(
        _S.PARKED,
        _from(_S.RECEIVED, _S.CHECKED, _S.OFFERED),
        "321",
        Text("set apart: its stored content is damaged"),
    ),
    Step.FOUND_DUPLICATE: StepRule(
        _S.DUPLICATE, _from(_S.RECEIVED, _S.CHECKED), "311", Text("duplicate: this document came before")
    ),
    Step.DELIVERY_STARTED: StepRule(
        _S.OFFERED, _from(_S.CHECKED, _S.OFFERED), "405", Text("being offered to the recipient")
    ),
    Step.DELIVERED: StepRule(
        _S.DELIVERED, _from(_S.OFFERED), "400", Text("delivered: at the recipient's disposal")
    ),
    Step.DELIVERY_TROUBLE: StepRule(
        _S.OFFERED, _from(_S.OFFERED), "420", Text("the recipient cannot be reached; will be tried again")
    ),
    Step.DELIVERY_FAILED: StepRule(
        _S.RETURNED, _from(_S.CHECKED, _S.OFFERED, _S.PARKED), "410", Text("returned: could not be delivered")
    ),
    Step.CONFIRMED: StepRule(_S.CONFIRMED, _from(_S.DELIVERED), "", Text("the recipient confirmed it")),
    Step.REPLAYED: StepRule(
        _S.RECEIVED, _from(_S.PARKED, _S.RETURNED), "110", Text("offered again by an operator")
    ),
}


class Foutcode(StrEnum):
    """Digipoort's error codes that go with a status (`statusFoutcode`)."""

    VAS400 = "VAS400"
    """Technical problem in validation."""
    VAS500 = "VAS500"
    """The content failed validation."""
    AFS400 = "AFS400"
    """Technical error in delivery."""
    AFS600 = "AFS600"
    """Delivery attempts exhausted."""
    AFO100 = "AFO100"
    """Delivery refused or failed at the recipient; also: no such recipient."""


class Disposition(StrEnum):
    """Whether a message is paid for, and if not, why; each has exactly one, so received = sum of dispositions."""

    PENDING = "pending"
    """Not known yet: the message waits, or is parked."""
    BILLABLE = "billable"
    """At least one party pays for it."""
    FREE_COMPANY = "free-company"
    """Handled in full; only companies took part."""
    FREE_RIJK = "free-rijk"
    """Handled in full; the government that took part is Rijk."""
    FREE_OWN = "free-own"
    """Handled in full; a bill of the gateway itself."""
    TEST = "test"
    """Handled in full as a test."""
    REFUSED = "refused"
    DUPLICATE = "duplicate"
    UNDELIVERABLE = "undeliverable"


HANDLED = frozenset({Disposition.BILLABLE, Disposition.FREE_COMPANY, Disposition.FREE_RIJK, Disposition.FREE_OWN})
"""Of messages that were delivered in earnest."""


class LifecycleError(Exception):
    """A step was asked that the message's state does not allow: a broken program, not bad data."""


def after(state: State | None, step: Step) -> State:
    """The state that `step` leads to from `state` (None: the message is new).

    Raises LifecycleError where the step may not be taken from there.
    """
    rule = STEPS[step]
    if (state is None) != (step is Step.INTAKE_STARTED) or (state is not None and state not in rule.allowed_from):
        raise LifecycleError(f"{step.value} cannot follow {state.value if state else 'nothing'}")
    return rule.leads_to
