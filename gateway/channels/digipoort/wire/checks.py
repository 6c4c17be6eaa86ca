"""The checks of a request, in the order in which they are made: a refusal is by the last that was begun."""

from collections.abc import Callable
from enum import Enum

from gateway.i18n import Text


class RequestCheck(Enum):
    """One check, with its name for people."""

    CONNECTION = Text("The client certificate of the connection is trusted")
    ENVELOPE = Text("The body is one SOAP 1.1 envelope, within the limits")
    HEADER_BLOCKS = Text("Every header block with mustUnderstand is known")
    SECURITY = Text("The Security header has a Timestamp, a token and a Signature")
    CERTIFICATE = Text("The certificate in the token is trusted, and has the OIN of the connection")
    COVERAGE = Text("The algorithms are accepted, and every part that must be signed is signed")
    SIGNATURE = Text("The SignatureValue is made of the SignedInfo, with the key of the certificate")
    DIGESTS = Text("Every part is as it was signed")
    TIMESTAMP = Text("The Timestamp is of now")
    ADDRESSING = Text("The WS-Addressing headers have values")
    OPERATION = Text("Body, wsa:Action and wsa:To mean the same operation")
    NEW = Text("The message was not sent before")
    SCHEMA = Text("The Body follows the XSD")
    REQUEST = Text("The party may do what the request asks for")


Begin = Callable[[RequestCheck], None]
"""Called with each check before it is made."""


def begin_unseen(_check: RequestCheck) -> None:
    """Nobody looks on."""
