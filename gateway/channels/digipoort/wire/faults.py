"""Faults of the interface: SOAP 1.1 faults (section 4.4) with one typed detail, a foutcode and a foutbeschrijving.

Codes: Logius, wus-js captures; `ALS100` and `STS100` say that a request does not follow the interface, `…400`
that something technical failed. Which of ALS110 to ALS170 means what is not public: we use none of them.
"""

from dataclasses import dataclass

from gateway.channels.digipoort.wire.canonical import text
from gateway.channels.digipoort.wire.names import ANONYMOUS, KOPPELVLAK, SOAP, WSA, Operation
from gateway.i18n import Text

FOUTBESCHRIJVING_CHARACTERS_MAX = 4_000
"""The interface allows a million; nobody reads more than this."""


class KoppelvlakError(Exception):
    """A request that is answered with a fault. `text` tells the caller what to change."""

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


@dataclass(frozen=True, slots=True)
class SoapFault:
    """How an error is answered."""

    faultcode: str
    """SOAP 1.1 section 4.4.1: who has to do something."""
    number: str
    """Of the foutcode, after the letters of the service."""
    opening: Text


_OF_CLIENT = SoapFault(
    "Client",
    "100",
    Text("The request does not follow the interface specification and cannot be processed."),
)
_OF_SERVER = SoapFault("Server", "400", Text("A technical error occurred; try again later."))

FAULTS: dict[type[KoppelvlakError], SoapFault] = {
    MalformedError: _OF_CLIENT,
    AddressingError: _OF_CLIENT,
    SignatureError: _OF_CLIENT,
    StaleError: _OF_CLIENT,
    RefusedError: _OF_CLIENT,
    TroubleError: _OF_SERVER,
}
"""Every error of a request, and the fault that answers it."""


def fault_envelope(
    operation: Operation,
    error: KoppelvlakError,
    message_id: str,
    relates_to: str | None,
    foutcode_prefix: str,
) -> bytes:
    """The SOAP fault as Digipoort gives it: unsigned, with one typed detail, in Dutch and then in English."""
    fault = FAULTS[type(error)]
    described = f"{fault.opening.nl} {error.text.nl} / {fault.opening.en} {error.text.en}"
    foutbeschrijving = " ".join(described.split())[:FOUTBESCHRIJVING_CHARACTERS_MAX]
    element = operation.service.fault_element
    relates = f"<wsa:RelatesTo>{text(relates_to)}</wsa:RelatesTo>" if relates_to else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<soapenv:Envelope xmlns:soapenv="{SOAP}"><soapenv:Header xmlns:wsa="{WSA}">'
        f"<wsa:To>{ANONYMOUS}</wsa:To><wsa:MessageID>{text(message_id)}</wsa:MessageID>"
        f"<wsa:Action>{operation.fault_action}</wsa:Action>{relates}</soapenv:Header>"
        f"<soapenv:Body><soapenv:Fault><faultcode>soapenv:{fault.faultcode}</faultcode>"
        "<faultstring>Algemene fout</faultstring><faultactor>Verantwoordingsplichtige</faultactor>"
        f'<detail><k:{element} xmlns:k="{KOPPELVLAK}">'
        f"<k:foutcode>{foutcode_prefix}{fault.number}</k:foutcode>"
        f"<k:foutbeschrijving>{text(foutbeschrijving)}</k:foutbeschrijving>"
        f"</k:{element}></detail></soapenv:Fault></soapenv:Body></soapenv:Envelope>"
    ).encode()
