"""Words that people read on pages, beside those that stand with their subject."""

from gateway.i18n import Text
from gateway.messages.lifecycle import STEPS as STEP_RULES
from gateway.messages.lifecycle import State, Step
from gateway.validator.model.document import DocumentKind

STATES: dict[State, Text] = {
    State.RECEIVED: Text("received, waits to be judged", "ontvangen, wacht op controle"),
    State.CHECKED: Text("checked and valid, waits to be offered", "gecontroleerd en geldig, wacht op aflevering"),
    State.OFFERED: Text("being offered to the recipient", "wordt aangeboden aan de ontvanger"),
    State.DELIVERED: Text("delivered to the recipient", "afgeleverd bij de ontvanger"),
    State.CONFIRMED: Text("delivered and confirmed by the recipient", "afgeleverd en bevestigd door de ontvanger"),
    State.REFUSED: Text("refused", "geweigerd"),
    State.DUPLICATE: Text("duplicate: this document came before", "dubbel: dit document kwam al eerder binnen"),
    State.RETURNED: Text("returned: could not be delivered", "teruggestuurd: kon niet worden afgeleverd"),
    State.PARKED: Text("set apart for the operator", "apart gezet voor de beheerder"),
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
    DocumentKind.INVOICE: Text("Invoice", "Factuur"),
    DocumentKind.CREDIT_NOTE: Text("Credit note", "Creditnota"),
    DocumentKind.ORDER: Text("Order", "Order"),
    DocumentKind.ORDER_CHANGE: Text("Order change", "Orderwijziging"),
    DocumentKind.ORDER_CANCELLATION: Text("Order cancellation", "Orderannulering"),
    DocumentKind.ORDER_RESPONSE: Text("Order response", "Orderbevestiging"),
    DocumentKind.ORDER_RESPONSE_SIMPLE: Text("Simple order response", "Eenvoudige orderbevestiging"),
    DocumentKind.DESPATCH_ADVICE: Text("Despatch advice", "Verzendbericht"),
    DocumentKind.RECEIPT_ADVICE: Text("Receipt advice", "Ontvangstbericht"),
    DocumentKind.APPLICATION_RESPONSE: Text("Application response", "Verwerkingsbericht"),
    DocumentKind.TIME_CARD: Text("Time card", "Tijdkaart"),
}
"""What a document is called by people."""
