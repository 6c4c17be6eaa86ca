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
WSA_HEADERS = ("To", "From", "FaultTo", "ReplyTo", "MessageID", "RelatesTo", "Action")
"""The WS-Addressing headers that must be signed when they are there (Digikoppeling 2W-be-S)."""

GEEN_AUSP = "http://geenausp.nl"
"""What clients send as autorisatieAdres when no authorisation service takes part."""


@dataclass(frozen=True)
class WusService:
    """One service of the interface. Its WSDL, paths, actions and fault element are named after it."""

    name: str
    foutcode_prefix: str
    operation_names: tuple[str, ...]
    more_paths: tuple[str, ...] = ()
    """Served next to the two that every service has."""

    @functools.cached_property
    def operations(self) -> "tuple[Operation, ...]":
        """In the order of its WSDL."""
        return tuple(Operation(self, name) for name in self.operation_names)

    @property
    def subject(self) -> str:
        """What its elements and faults begin with: `aanlever`."""
        return self.name.removesuffix("service")

    @property
    def paths(self) -> tuple[str, ...]:
        """In Digipoort itself, and in its conformance environment."""
        return (f"/wus/2.0/{self.name}/1.2", f"/cpl/{self.name}/1.2", *self.more_paths)

    @property
    def namespace(self) -> str:
        """The target namespace of its WSDL."""
        return f"http://logius.nl/digipoort/wus/2.0/{self.name}/1.2/"

    @property
    def port(self) -> str:
        """Its port, portType and service in the WSDL: all three are called the same."""
        return f"{self.subject.capitalize()}Service_V1_2"

    @property
    def fault_message(self) -> str:
        """The WSDL message of its faults."""
        return f"{self.subject.capitalize()}ServiceFault"

    @property
    def fault_element(self) -> str:
        """The element in the detail of its faults."""
        return f"{self.subject}Fault"


AANLEVERSERVICE = WusService("aanleverservice", "ALS", ("aanleveren",))
STATUSINFORMATIESERVICE = WusService(
    "statusinformatieservice",
    "STS",
    (
        "getBerichtsoorten",
        "getProcessen",
        "getStatussenProces",
        "getNieuweStatussenProces",
        "getNieuweStatussen",
    ),
)
OPHAALSERVICE = WusService(
    "ophaalservice",
    "MPO",  # ours: Digipoort's own codes of this service are not public
    (
        "getBerichten",
        "getNieuweBerichten",
        "getBerichtenLijst",
        "getNieuweBerichtenLijst",
        "getBerichtenKenmerk",
        "getNieuweBerichtenKenmerk",
    ),
    more_paths=("/cpl/ophaalservice/services/OphaalService_V1_2",),
)
AFLEVERSERVICE = WusService("afleverservice", "AFS", ("afleveren",))
"""Its WSDL is not public: namespace and actions follow the pattern of the others."""

SERVICES = (AANLEVERSERVICE, STATUSINFORMATIESERVICE, OPHAALSERVICE)
"""What the gateway offers; the afleverservice is the recipient's."""


@dataclass(frozen=True)
class Operation:
    """One operation of a service, with the names that belong to it, each put together once."""

    service: WusService
    name: str

    @functools.cached_property
    def element_base(self) -> str:
        """The operation is called aanleveren, its elements aanlever…: Digipoort's own exception."""
        return self.name.removesuffix("en") if self.name in {"aanleveren", "afleveren"} else self.name

    @functools.cached_property
    def request_tag(self) -> str:
        """The full name of the element in the Body of a request."""
        return f"{{{KOPPELVLAK}}}{self.element_base}Request"

    @functools.cached_property
    def response_tag(self) -> str:
        """The full name of the element in the Body of a response."""
        return f"{{{KOPPELVLAK}}}{self.element_base}Response"

    @functools.cached_property
    def request_action(self) -> str:
        """The soapAction, and the wsa:Action of a request."""
        return f"{self._action_base}Request"

    @functools.cached_property
    def request_actions(self) -> frozenset[str]:
        """Every wsa:Action of a request: some programs call aanleveren after its element, aanlever."""
        short = f"{self._action_base.rpartition('/')[0]}/{self.element_base}Request"
        return frozenset({self.request_action, short})

    @functools.cached_property
    def response_action(self) -> str:
        """The wsa:Action of a response."""
        return f"{self._action_base}Response"

    @functools.cached_property
    def fault_action(self) -> str:
        """Ends in a slash, as the WSDLs have it."""
        return f"{self._action_base}/Fault/"

    @property
    def _action_base(self) -> str:
        return f"{self.service.namespace}{self.service.port.removesuffix('_V1_2')}/{self.name}"


AFLEVEREN = Operation(AFLEVERSERVICE, "afleveren")
