"""The WSDL of each service and the XSD they share, as served at `?wsdl` and `?xsd`.

Written from the same names that the endpoint answers to, so that they cannot drift apart; equal in meaning to the
published WSDLs, the algorithm suites of their policy included. A request has no wsaw:Action there: its
soapAction is it. Programs that address messages themselves would do so twice otherwise.
"""

from importlib.resources import files

from gateway.channels.digipoort.wire.canonical import attribute
from gateway.channels.digipoort.wire.names import AANLEVERSERVICE, KOPPELVLAK, WSA, WSA_HEADERS, WSU, WusService

XSD_NAME = "digipoort-koppelvlak-1.2.xsd"


def xsd() -> bytes:
    """The schema of every payload element."""
    return (files("schemas") / "koppelvlak" / XSD_NAME).read_bytes()


def wsdl(service: WusService, address: str, xsd_address: str) -> bytes:
    """The WSDL 1.1 of a service that is offered at `address`."""

    def for_each_operation(template: str) -> str:
        return "".join(template.format(service=service, operation=one) for one in service.operations)

    return _WSDL.format(
        service=service,
        binding=service.port.replace("Service_", "ServiceSoapBinding_"),
        mtom=_MTOM if service is AANLEVERSERVICE else "",
        initiator_token=_CERTIFICATE_POLICY.format(receiver="Recipient"),
        recipient_token=_CERTIFICATE_POLICY.format(receiver="Initiator"),
        signed_headers="".join(_SIGNED_HEADER.format(name=name, wsa=WSA) for name in WSA_HEADERS),
        messages=for_each_operation(_MESSAGES),
        port_operations=for_each_operation(_PORT_OPERATION),
        bound_operations=for_each_operation(_BOUND_OPERATION),
        koppelvlak=KOPPELVLAK,
        wsu=WSU,
        xsd_address=attribute(xsd_address),
        address=attribute(address),
    ).encode()


_WSDL = """<?xml version="1.0" encoding="UTF-8"?>
<wsdl:definitions name="{service.port}" targetNamespace="{service.namespace}" xmlns:tns="{service.namespace}"
    xmlns:k="{koppelvlak}"
    xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/"
    xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
    xmlns:xsd="http://www.w3.org/2001/XMLSchema"
    xmlns:wsaw="http://www.w3.org/2006/05/addressing/wsdl"
    xmlns:wsam="http://www.w3.org/2007/05/addressing/metadata"
    xmlns:wsp="http://schemas.xmlsoap.org/ws/2004/09/policy"
    xmlns:sp="http://docs.oasis-open.org/ws-sx/ws-securitypolicy/200702"
    xmlns:mtom="http://schemas.xmlsoap.org/ws/2004/09/policy/optimizedmimeserialization"
    xmlns:wsu="{wsu}">
  <wsp:Policy wsu:Id="X509EndpointPolicy">
{mtom}    <wsam:Addressing>
      <wsp:Policy><wsam:AnonymousResponses/></wsp:Policy>
    </wsam:Addressing>
    <sp:AsymmetricBinding>
      <wsp:Policy>
        <sp:InitiatorToken>{initiator_token}</sp:InitiatorToken>
        <sp:RecipientToken>{recipient_token}</sp:RecipientToken>
        <sp:AlgorithmSuite>
          <wsp:Policy><sp:Basic128Rsa15/><sp:Basic256Rsa15/><sp:TripleDesRsa15/></wsp:Policy>
        </sp:AlgorithmSuite>
        <sp:IncludeTimestamp/>
        <sp:EncryptBeforeSigning/>
        <sp:OnlySignEntireHeadersAndBody/>
      </wsp:Policy>
    </sp:AsymmetricBinding>
  </wsp:Policy>
  <wsp:Policy wsu:Id="SecureMessagePolicy">
    <sp:SignedParts>
      <sp:Body/>
{signed_headers}    </sp:SignedParts>
  </wsp:Policy>
  <wsdl:types>
    <xsd:schema>
      <xsd:import namespace="{koppelvlak}" schemaLocation="{xsd_address}"/>
    </xsd:schema>
  </wsdl:types>
{messages}  <wsdl:message name="{service.fault_message}">
    <wsdl:part name="fault" element="k:{service.fault_element}"/>
  </wsdl:message>
  <wsdl:portType name="{service.port}">
{port_operations}  </wsdl:portType>
  <wsdl:binding name="{binding}" type="tns:{service.port}">
    <wsp:PolicyReference URI="#X509EndpointPolicy"/>
    <soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
{bound_operations}  </wsdl:binding>
  <wsdl:service name="{service.port}">
    <wsdl:port name="{service.port}" binding="tns:{binding}">
      <soap:address location="{address}"/>
    </wsdl:port>
  </wsdl:service>
</wsdl:definitions>
"""

_MTOM = '    <mtom:OptimizedMimeSerialization wsp:Optional="true"/>\n'

_CERTIFICATE_POLICY = """
          <wsp:Policy>
            <sp:X509Token
                sp:IncludeToken="http://docs.oasis-open.org/ws-sx/ws-securitypolicy/200702/IncludeToken/AlwaysTo{receiver}">
              <wsp:Policy><sp:WssX509V3Token10/></wsp:Policy>
            </sp:X509Token>
          </wsp:Policy>
        """

_SIGNED_HEADER = '      <sp:Header Name="{name}" Namespace="{wsa}"/>\n'

_MESSAGES = """  <wsdl:message name="{operation.element_base}MessageRequest">
    <wsdl:part name="{operation.element_base}Request" element="k:{operation.element_base}Request"/>
  </wsdl:message>
  <wsdl:message name="{operation.element_base}MessageResponse">
    <wsdl:part name="{operation.element_base}Response" element="k:{operation.element_base}Response"/>
  </wsdl:message>
"""

_PORT_OPERATION = """    <wsdl:operation name="{operation.name}">
      <wsdl:input name="{operation.name}Request" message="tns:{operation.element_base}MessageRequest"/>
      <wsdl:output name="{operation.name}Response" message="tns:{operation.element_base}MessageResponse"
          wsaw:Action="{operation.response_action}"/>
      <wsdl:fault name="{service.subject}ServiceFault" message="tns:{service.fault_message}"
          wsaw:Action="{operation.fault_action}"/>
    </wsdl:operation>
"""

_BOUND_OPERATION = """    <wsdl:operation name="{operation.name}">
      <soap:operation soapAction="{operation.request_action}" style="document"/>
      <wsdl:input name="{operation.name}Request">
        <wsp:PolicyReference URI="#SecureMessagePolicy"/>
        <soap:body use="literal"/>
      </wsdl:input>
      <wsdl:output name="{operation.name}Response">
        <wsp:PolicyReference URI="#SecureMessagePolicy"/>
        <soap:body use="literal"/>
      </wsdl:output>
      <wsdl:fault name="{service.subject}ServiceFault">
        <soap:fault name="{service.subject}ServiceFault" use="literal"/>
      </wsdl:fault>
    </wsdl:operation>
"""
