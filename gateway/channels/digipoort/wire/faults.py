"""Faults of the interface: a code, a sentence, and whether the client or the gateway is to blame.

Codes: Logius, wus-js captures; `ALS100` and `STS100` say that a request does not follow the interface, `…400`
that something technical failed. Which of ALS110 to ALS170 means what is not public: we use none of them.
"""

from enum import StrEnum

from gateway.channels.digipoort.wire.canonical import text
from gateway.channels.digipoort.wire.names import ANONYMOUS, KOPPELVLAK, SOAP, WSA, Operation
from gateway.i18n import Text

FOUTBESCHRIJVING_CHARACTERS_MAX = 4_000
"""The interface allows a million; nobody reads more than this."""


class Blame(StrEnum):
    """Who has to do something: the hundreds of a foutcode."""

    CALLER = "100"
    """The request does not follow the interface, or may not be made."""
    GATEWAY = "400"
    """Technical trouble on our side or further on: try again later."""


class KoppelvlakError(Exception):
    """A request that is answered with a fault. `text` tells the caller what to change."""

    blame = Blame.CALLER

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


class MalformedError(KoppelvlakError):
    """The bytes are not a SOAP message of this interface."""


class AddressingError(KoppelvlakError):
    """The WS-Addressing headers do not fit the request."""


class SignatureError(KoppelvlakError):
    """The signature is missing, wrong, weak, or does not cover what it must."""


class StaleError(KoppelvlakError):
    """Too old, from the future, or seen before."""


class RefusedError(KoppelvlakError):
    """Understood and genuine, but this caller may not do this."""


class TroubleError(KoppelvlakError):
    """Technical trouble: temporary."""

    blame = Blame.GATEWAY


_OPENING = {
    Blame.CALLER: Text("The request does not follow the interface specification and cannot be processed."),
    Blame.GATEWAY: Text("A technical error occurred; try again later."),
}


def foutcode(operation: Operation, error: KoppelvlakError, prefix: str | None = None) -> str:
    """`ALS100` and its like."""
    return f"{prefix or operation.service.foutcode_prefix}{error.blame.value}"


def foutbeschrijving(error: KoppelvlakError) -> str:
    """What is wrong, in Dutch and then in English."""
    opening = _OPENING[error.blame]
    whole = f"{opening.nl} {error.text.nl} / {opening.en} {error.text.en}"
    return " ".join(whole.split())[:FOUTBESCHRIJVING_CHARACTERS_MAX]


def fault_envelope(
    operation: Operation,
    error: KoppelvlakError,
    message_id: str,
    relates_to: str | None,
    prefix: str | None = None,
) -> bytes:
    """The SOAP fault as Digipoort gives it: unsigned, with one typed detail."""
    side = "Client" if error.blame is Blame.CALLER else "Server"
    element = operation.service.fault_element
    relates = f"<wsa:RelatesTo>{text(relates_to)}</wsa:RelatesTo>" if relates_to else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<soapenv:Envelope xmlns:soapenv="{SOAP}"><soapenv:Header xmlns:wsa="{WSA}">'
        f"<wsa:To>{ANONYMOUS}</wsa:To><wsa:MessageID>{text(message_id)}</wsa:MessageID>"
        f"<wsa:Action>{operation.fault_action}</wsa:Action>{relates}</soapenv:Header>"
        f"<soapenv:Body><soapenv:Fault><faultcode>soapenv:{side}</faultcode>"
        "<faultstring>Algemene fout</faultstring><faultactor>Verantwoordingsplichtige</faultactor>"
        f'<detail><k:{element} xmlns:k="{KOPPELVLAK}">'
        f"<k:foutcode>{foutcode(operation, error, prefix)}</k:foutcode>"
        f"<k:foutbeschrijving>{text(foutbeschrijving(error))}</k:foutbeschrijving>"
        f"</k:{element}></detail></soapenv:Fault></soapenv:Body></soapenv:Envelope>"
    ).encode()
