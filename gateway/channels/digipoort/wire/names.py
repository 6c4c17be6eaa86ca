"""Names of the interface: namespaces, services, operations and their actions.

Source: the published WSDLs and XSD of WUS 2.0 Bedrijven, koppelvlak 1.2.
"""

import functools
from dataclasses import dataclass

KOPPELVLAK = "http://logius.nl/digipoort/koppelvlakservices/1.2/"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
WSA = "http://www.w3.org/2005/08/addressing"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
DSIG = "http://www.w3.org/2000/09/xmldsig#"
EXC_C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
XOP = "http://www.w3.org/2004/08/xop/include"
ANONYMOUS = "http://www.w3.org/2005/08/addressing/anonymous"
NONE = "http://www.w3.org/2005/08/addressing/none"
BASE64_ENCODING = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"
X509_V3 = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3"

GEEN_AUSP = "http://geenausp.nl"
"""What clients send as autorisatieAdres when no authorisation service takes part."""


@dataclass(frozen=True, slots=True)
class WusService:
    """One of the interface's services: its paths, its WSDL, its actions, how its faults are called."""

    name: str
    paths: tuple[str, ...]
    namespace: str
    fault_element: str
    foutcode_prefix: str
    operations: tuple[str, ...]
    port: str
    binding: str

    @property
    def action_base(self) -> str:
        """Every action of this service starts so."""
        return f"{self.namespace}{self.port.removesuffix('_V1_2')}/"


AANLEVERSERVICE = WusService(
    "aanleverservice",
    ("/wus/2.0/aanleverservice/1.2", "/cpl/aanleverservice/1.2"),
    "http://logius.nl/digipoort/wus/2.0/aanleverservice/1.2/",
    "aanleverFault",
    "ALS",
    ("aanleveren",),
    "AanleverService_V1_2",
    "AanleverServiceSoapBinding_V1_2",
)
STATUSINFORMATIESERVICE = WusService(
    "statusinformatieservice",
    ("/wus/2.0/statusinformatieservice/1.2", "/cpl/statusinformatieservice/1.2"),
    "http://logius.nl/digipoort/wus/2.0/statusinformatieservice/1.2/",
    "statusinformatieFault",
    "STS",
    (
        "getBerichtsoorten",
        "getProcessen",
        "getStatussenProces",
        "getNieuweStatussenProces",
        "getNieuweStatussen",
    ),
    "StatusinformatieService_V1_2",
    "StatusinformatieServiceSoapBinding_V1_2",
)
OPHAALSERVICE = WusService(
    "ophaalservice",
    ("/wus/2.0/ophaalservice/1.2", "/cpl/ophaalservice/services/OphaalService_V1_2", "/cpl/ophaalservice/1.2"),
    "http://logius.nl/digipoort/wus/2.0/ophaalservice/1.2/",
    "ophaalFault",
    # Digipoort's own codes of this service are not public; this prefix is ours.
    "MPO",
    (
        "getBerichten",
        "getNieuweBerichten",
        "getBerichtenLijst",
        "getNieuweBerichtenLijst",
        "getBerichtenKenmerk",
        "getNieuweBerichtenKenmerk",
    ),
    "OphaalService_V1_2",
    "OphaalServiceSoapBinding_V1_2",
)
AFLEVERSERVICE = WusService(
    "afleverservice",
    ("/wus/2.0/afleverservice/1.2",),
    # Its WSDL is not public: namespace and actions follow the pattern of the others.
    "http://logius.nl/digipoort/wus/2.0/afleverservice/1.2/",
    "afleverFault",
    "AFS",
    ("afleveren",),
    "AfleverService_V1_2",
    "AfleverServiceSoapBinding_V1_2",
)

SERVICES = (AANLEVERSERVICE, STATUSINFORMATIESERVICE, OPHAALSERVICE)
"""What the gateway offers; the afleverservice is the recipient's."""


@dataclass(frozen=True)
class Operation:
    """One operation of a service, with the names that belong to it, each put together once."""

    service: WusService
    name: str

    @functools.cached_property
    def _element_base(self) -> str:
        """The operation is called aanleveren, its elements aanlever…: Digipoort's own exception."""
        return self.name.removesuffix("en") if self.name in {"aanleveren", "afleveren"} else self.name

    @functools.cached_property
    def request_element(self) -> str:
        return f"{self._element_base}Request"

    @functools.cached_property
    def request_tag(self) -> str:
        """The full name of the element in the Body."""
        return f"{{{KOPPELVLAK}}}{self.request_element}"

    @functools.cached_property
    def response_element(self) -> str:
        return f"{self._element_base}Response"

    @functools.cached_property
    def request_action(self) -> str:
        return f"{self.service.action_base}{self.name}Request"

    @functools.cached_property
    def response_action(self) -> str:
        return f"{self.service.action_base}{self.name}Response"

    @functools.cached_property
    def fault_action(self) -> str:
        """Ends in a slash, as the WSDLs have it."""
        return f"{self.service.action_base}{self.name}/Fault/"


@functools.cache
def operations(service: WusService) -> tuple[Operation, ...]:
    """The operations of a service, in the order of its WSDL."""
    return tuple(Operation(service, name) for name in service.operations)


AFLEVEREN = Operation(AFLEVERSERVICE, "afleveren")
