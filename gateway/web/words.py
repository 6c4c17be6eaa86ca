"""Words that people read on pages, beside those that stand with their subject."""

from gateway.messages.lifecycle import State
from gateway.model.finding import Text

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
