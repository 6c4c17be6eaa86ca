"""Faults of the interface: SOAP 1.1 faults (section 4.4) with one typed detail, a foutcode and a foutbeschrijving.

Codes: Logius, wus-js captures; `ALS100` and `STS100` say that a request does not follow the interface, `…400`
that something technical failed. Which of ALS110 to ALS170 means what is not public: we use none of them.
"""

from dataclasses import dataclass, replace
from typing import ClassVar

from gateway.channels.digipoort.wire.canonical import text
from gateway.channels.digipoort.wire.names import ANONYMOUS, KOPPELVLAK, SOAP, WSA, Operation
from gateway.i18n import Text

FOUTBESCHRIJVING_CHARACTERS_MAX = 4_000
"""The interface allows a million; nobody reads more than this."""


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
    Text("The request does not follow the interface specifications and cannot be processed."),
)
_OCCURRED = Text("The following error occurred:")


class KoppelvlakError(Exception):
    """A request that is answered with a fault. `text` tells the caller what to change."""

    fault: ClassVar[SoapFault] = _OF_CLIENT

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


class MalformedError(KoppelvlakError):
    """The bytes are not a SOAP message of this interface."""


class AddressingError(KoppelvlakError):
    """The WS-Addressing headers do not fit the request."""


class MustUnderstandError(KoppelvlakError):
    """A header block must be understood, and is not known (SOAP 1.1, section 4.2.3)."""

    fault = replace(_OF_CLIENT, faultcode="MustUnderstand")


class SignatureError(KoppelvlakError):
    """The signature is missing, wrong, weak, or does not cover what it must."""


class StaleError(KoppelvlakError):
    """Too old, from the future, or seen before."""


class RefusedError(KoppelvlakError):
    """Understood and genuine, but this caller may not do this."""


class TroubleError(KoppelvlakError):
    """Technical trouble: temporary."""

    fault = SoapFault("Server", "400", Text("A technical error occurred; try again later."))


def fault_envelope(
    operation: Operation,
    error: KoppelvlakError,
    message_id: str,
    relates_to: str | None,
    foutcode_prefix: str,
) -> bytes:
    """The SOAP fault as Digipoort gives it: unsigned, with one typed detail, in Dutch and then in English.

    Prefixes are Digipoort's as well: Odoo's client finds the foutbeschrijving by `fault:`.
    """
    fault = error.fault
    dutch = f"{fault.opening.nl}\n\n{_OCCURRED.nl} {error.text.nl}"
    english = f"{fault.opening.en}\n\n{_OCCURRED.en} {error.text.en}"
    foutbeschrijving = f"{dutch}\n\n{english}"[:FOUTBESCHRIJVING_CHARACTERS_MAX]
    element = operation.service.fault_element
    relates = f"<wsa:RelatesTo>{text(relates_to)}</wsa:RelatesTo>" if relates_to else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<soapenv:Envelope xmlns:soapenv="{SOAP}"><soapenv:Header xmlns:wsa="{WSA}">'
        f"<wsa:To>{ANONYMOUS}</wsa:To><wsa:MessageID>{text(message_id)}</wsa:MessageID>"
        f"<wsa:Action>{operation.fault_action}</wsa:Action>{relates}</soapenv:Header>"
        f"<soapenv:Body><soapenv:Fault><faultcode>soapenv:{fault.faultcode}</faultcode>"
        "<faultstring>Algemene fout</faultstring><faultactor>Verantwoordingsplichtige</faultactor>"
        f'<detail><fault:{element} xmlns:fault="{KOPPELVLAK}">'
        f"<fault:foutcode>{foutcode_prefix}{fault.number}</fault:foutcode>"
        f"<fault:foutbeschrijving>{text(foutbeschrijving)}</fault:foutbeschrijving>"
        f"</fault:{element}></detail></soapenv:Fault></soapenv:Body></soapenv:Envelope>"
    ).encode()
