"""Names of states, steps and documents on pages."""

from gateway.billing.payments.payment import PaymentState
from gateway.i18n import Text
from gateway.messages.lifecycle import STEPS as STEP_RULES
from gateway.messages.lifecycle import State, Step
from gateway.messages.participants import Role
from gateway.messages.retention import MessagePart
from gateway.validator.kinds import KINDS
from gateway.validator.model.document import DocumentKind

STATES: dict[State, Text] = {
    State.RECEIVED: Text("received, waits to be judged"),
    State.CHECKED: Text("checked and valid, waits to be offered"),
    State.OFFERED: Text("being offered to the recipient"),
    State.DELIVERED: Text("delivered to the recipient"),
    State.CONFIRMED: Text("delivered and confirmed by the recipient"),
    State.REFUSED: Text("refused"),
    State.DUPLICATE: Text("duplicate: this document came before"),
    State.RETURNED: Text("returned: could not be delivered"),
    State.PARKED: Text("set apart for the operator"),
}
"""The state of a message, for its sender."""

RECEIVED_STATES: dict[State, Text] = {
    State.OFFERED: Text("on its way to you"),
    State.DELIVERED: Text("received, not confirmed"),
    State.CONFIRMED: Text("confirmed"),
}
"""The state of a message, for its recipient, who sees it in these states alone."""

STEPS: dict[Step, Text] = {step: rule.plain for step, rule in STEP_RULES.items()}
"""What happened, in plain words."""

ROLES: dict[Role, Text] = {
    Role.SUPPLIER: Text("supplier"),
    Role.INTERMEDIARY: Text("intermediary"),
    Role.GOVERNMENT: Text("government"),
    Role.OPERATOR: Text("operator"),
    Role.FINANCE: Text("finance"),
}
"""As whom somebody is signed in."""

PAYMENTS: dict[PaymentState, Text] = {
    PaymentState.OPEN: Text("open"),
    PaymentState.PARTLY_PAID: Text("partly paid"),
    PaymentState.PAID: Text("paid"),
    PaymentState.OVERPAID: Text("overpaid"),
}
"""What was paid of a bill."""

PARTS: dict[MessagePart, Text] = {
    MessagePart.CONTENTS: Text("document with its attachments"),
    MessagePart.REPORT: Text("report"),
    MessagePart.PERSONAL_DATA: Text("names of people and files"),
}
"""What can be forgotten of a message."""

DOCUMENTS: dict[DocumentKind, Text] = {each.kind: each.name for each in KINDS}
"""The names of document kinds."""
