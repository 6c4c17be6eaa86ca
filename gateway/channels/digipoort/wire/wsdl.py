"""The WSDL of each service and the XSD they share, as served at `?wsdl` and `?xsd`.

Written from the same names that the endpoint answers to, so that they cannot drift apart; equal in meaning to the
published WSDLs, the algorithm suites of their policy included. A request has no wsaw:Action there: its
soapAction is it. Programs that address messages themselves would do so twice otherwise.
"""

from functools import cache
from importlib.resources import files

import jinja2

from gateway.channels.digipoort.wire.names import AANLEVERSERVICE, KOPPELVLAK, WSA, WSA_HEADERS, WSU, WusService

XSD_NAME = "digipoort-koppelvlak-1.2.xsd"


def xsd() -> bytes:
    """The schema of every payload element."""
    return (files("schemas") / "koppelvlak" / XSD_NAME).read_bytes()


def wsdl(service: WusService, address: str, xsd_address: str) -> bytes:
    """The WSDL 1.1 of a service that is offered at `address`."""
    written = _template().render(
        service=service,
        with_mtom=service is AANLEVERSERVICE,
        signed_headers=WSA_HEADERS,
        koppelvlak=KOPPELVLAK,
        wsa=WSA,
        wsu=WSU,
        xsd_address=xsd_address,
        address=address,
    )
    return written.encode()


@cache
def _template() -> jinja2.Template:
    source = (files(__package__) / "wsdl.xml").read_text(encoding="utf-8")
    template: jinja2.Template = jinja2.Template(source, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return template
