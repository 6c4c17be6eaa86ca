"""Words that people read on pages, beside those that stand with their subject."""

from gateway.i18n import Text
from gateway.messages.lifecycle import STEPS as STEP_RULES
from gateway.messages.lifecycle import State, Step
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
"""Where a message is, for its sender."""

_STEPS_NL: dict[Step, str] = {
    Step.INTAKE_STARTED: "de aanlevering is begonnen",
    Step.ACCEPTED: "aangenomen en veilig opgeslagen",
    Step.QUEUED: "wacht op controle",
    Step.SENDER_AUTHORISED: "de afzender mag dit document sturen",
    Step.SENDER_NOT_AUTHORISED: "geweigerd: de afzender mag dit document niet sturen",
    Step.SCHEMA_PASSED: "geldig volgens het XML-schema",
    Step.RULES_PASSED: "geldig volgens de bedrijfsregels",
    Step.VALIDATION_FAILED: "geweigerd: niet geldig",
    Step.VALIDATION_BROKE: "apart gezet: het controleren liep technisch vast",
    Step.FOUND_DUPLICATE: "dubbel: dit document kwam al eerder binnen",
    Step.DELIVERY_STARTED: "wordt aangeboden aan de ontvanger",
    Step.DELIVERED: "afgeleverd: de ontvanger kan erover beschikken",
    Step.DELIVERY_TROUBLE: "de ontvanger is niet bereikbaar; er volgt een nieuwe poging",
    Step.DELIVERY_FAILED: "teruggestuurd: kon niet worden afgeleverd",
    Step.CONFIRMED: "de ontvanger heeft het bevestigd",
    Step.REPLAYED: "opnieuw aangeboden door een beheerder",
}
STEPS: dict[Step, Text] = {step: Text(STEP_RULES[step].plain, nl) for step, nl in _STEPS_NL.items()}
"""What happened, in plain words."""

DOCUMENTS: dict[DocumentKind, Text] = {
    DocumentKind.INVOICE: Text("Invoice"),
    DocumentKind.CREDIT_NOTE: Text("Credit note"),
    DocumentKind.ORDER: Text("Order"),
    DocumentKind.ORDER_CHANGE: Text("Order change"),
    DocumentKind.ORDER_CANCELLATION: Text("Order cancellation"),
    DocumentKind.ORDER_RESPONSE: Text("Order response"),
    DocumentKind.ORDER_RESPONSE_SIMPLE: Text("Simple order response"),
    DocumentKind.DESPATCH_ADVICE: Text("Despatch advice"),
    DocumentKind.RECEIPT_ADVICE: Text("Receipt advice"),
    DocumentKind.APPLICATION_RESPONSE: Text("Application response"),
    DocumentKind.TIME_CARD: Text("Time card"),
}
"""What a document is called by people."""
