"""The WSDL of each service and the XSD they share, as served at `?wsdl` and `?xsd`.

Written from the same names that the endpoint answers to, so that they cannot drift apart; equal in meaning to the
published WSDLs, with a policy that asks SHA-256.
"""

from importlib.resources import files

from gateway.channels.digipoort.wire.canonical import attribute
from gateway.channels.digipoort.wire.names import KOPPELVLAK, Operation, WusService, operations

XSD_NAME = "digipoort-koppelvlak-1.2.xsd"


def xsd() -> bytes:
    """The schema of every payload element."""
    return (files("schemas") / "koppelvlak" / XSD_NAME).read_bytes()


def wsdl(service: WusService, address: str, xsd_address: str) -> bytes:
    """The WSDL 1.1 of a service that is offered at `address`."""
    all_operations = operations(service)
    fault = f"{service.fault_element[0].upper()}{service.fault_element[1:].removesuffix('Fault')}ServiceFault"
    parts = [
        _DEFINITIONS.format(port=service.port, namespace=service.namespace),
        _policies(allows_mtom=service.operations == ("aanleveren",)),
        f'  <wsdl:types>\n    <xsd:schema>\n      <xsd:import namespace="{KOPPELVLAK}"'
        f' schemaLocation="{attribute(xsd_address)}"/>\n    </xsd:schema>\n  </wsdl:types>\n',
        *(_messages(operation) for operation in all_operations),
        _FAULT_MESSAGE.format(message=fault, element=service.fault_element),
        f'  <wsdl:portType name="{service.port}">\n',
        *(_port_operation(operation, fault) for operation in all_operations),
        "  </wsdl:portType>\n",
        _BINDING.format(binding=service.binding, port=service.port),
        *(_bound_operation(operation, fault) for operation in all_operations),
        "  </wsdl:binding>\n",
        _SERVICE.format(port=service.port, binding=service.binding, address=attribute(address)),
    ]
    return "".join(parts).encode()


def _messages(operation: Operation) -> str:
    base = operation.request_element.removesuffix("Request")
    return _MESSAGES.format(base=base, request=operation.request_element, response=operation.response_element)


def _port_operation(operation: Operation, fault: str) -> str:
    return _PORT_OPERATION.format(
        name=operation.name,
        base=operation.request_element.removesuffix("Request"),
        request_action=operation.request_action,
        response_action=operation.response_action,
        fault=fault,
        fault_name=fault[0].lower() + fault[1:],
        fault_action=operation.fault_action,
    )


def _bound_operation(operation: Operation, fault: str) -> str:
    return _BOUND_OPERATION.format(
        name=operation.name, action=operation.request_action, fault_name=fault[0].lower() + fault[1:]
    )


def _policies(*, allows_mtom: bool) -> str:
    return _POLICIES.format(mtom=_MTOM if allows_mtom else "")


_DEFINITIONS = """<?xml version="1.0" encoding="UTF-8"?>
<wsdl:definitions name="{port}" targetNamespace="{namespace}" xmlns:tns="{namespace}"
    xmlns:k="http://logius.nl/digipoort/koppelvlakservices/1.2/"
    xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/"
    xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
    xmlns:xsd="http://www.w3.org/2001/XMLSchema"
    xmlns:wsaw="http://www.w3.org/2006/05/addressing/wsdl"
    xmlns:wsam="http://www.w3.org/2007/05/addressing/metadata"
    xmlns:wsp="http://schemas.xmlsoap.org/ws/2004/09/policy"
    xmlns:sp="http://docs.oasis-open.org/ws-sx/ws-securitypolicy/200702"
    xmlns:mtom="http://schemas.xmlsoap.org/ws/2004/09/policy/optimizedmimeserialization"
    xmlns:wsu="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd">
"""

_MTOM = '    <mtom:OptimizedMimeSerialization wsp:Optional="true"/>\n'

_POLICIES = """  <wsp:Policy wsu:Id="X509EndpointPolicy">
{mtom}    <wsam:Addressing>
      <wsp:Policy><wsam:AnonymousResponses/></wsp:Policy>
    </wsam:Addressing>
    <sp:AsymmetricBinding>
      <wsp:Policy>
        <sp:InitiatorToken>
          <wsp:Policy>
            <sp:X509Token
                sp:IncludeToken="http://docs.oasis-open.org/ws-sx/ws-securitypolicy/200702/IncludeToken/AlwaysToRecipient">
              <wsp:Policy><sp:WssX509V3Token10/></wsp:Policy>
            </sp:X509Token>
          </wsp:Policy>
        </sp:InitiatorToken>
        <sp:RecipientToken>
          <wsp:Policy>
            <sp:X509Token
                sp:IncludeToken="http://docs.oasis-open.org/ws-sx/ws-securitypolicy/200702/IncludeToken/AlwaysToInitiator">
              <wsp:Policy><sp:WssX509V3Token10/></wsp:Policy>
            </sp:X509Token>
          </wsp:Policy>
        </sp:RecipientToken>
        <sp:AlgorithmSuite><wsp:Policy><sp:Basic256Sha256Rsa15/></wsp:Policy></sp:AlgorithmSuite>
        <sp:IncludeTimestamp/>
        <sp:EncryptBeforeSigning/>
        <sp:OnlySignEntireHeadersAndBody/>
      </wsp:Policy>
    </sp:AsymmetricBinding>
  </wsp:Policy>
  <wsp:Policy wsu:Id="SecureMessagePolicy">
    <sp:SignedParts>
      <sp:Body/>
      <sp:Header Name="To" Namespace="http://www.w3.org/2005/08/addressing"/>
      <sp:Header Name="From" Namespace="http://www.w3.org/2005/08/addressing"/>
      <sp:Header Name="FaultTo" Namespace="http://www.w3.org/2005/08/addressing"/>
      <sp:Header Name="ReplyTo" Namespace="http://www.w3.org/2005/08/addressing"/>
      <sp:Header Name="MessageID" Namespace="http://www.w3.org/2005/08/addressing"/>
      <sp:Header Name="RelatesTo" Namespace="http://www.w3.org/2005/08/addressing"/>
      <sp:Header Name="Action" Namespace="http://www.w3.org/2005/08/addressing"/>
    </sp:SignedParts>
  </wsp:Policy>
"""

_MESSAGES = """  <wsdl:message name="{base}MessageRequest">
    <wsdl:part name="{request}" element="k:{request}"/>
  </wsdl:message>
  <wsdl:message name="{base}MessageResponse">
    <wsdl:part name="{response}" element="k:{response}"/>
  </wsdl:message>
"""

_FAULT_MESSAGE = """  <wsdl:message name="{message}">
    <wsdl:part name="fault" element="k:{element}"/>
  </wsdl:message>
"""

_PORT_OPERATION = """    <wsdl:operation name="{name}">
      <wsdl:input name="{name}Request" message="tns:{base}MessageRequest" wsam:Action="{request_action}"/>
      <wsdl:output name="{name}Response" message="tns:{base}MessageResponse" wsaw:Action="{response_action}"/>
      <wsdl:fault name="{fault_name}" message="tns:{fault}" wsaw:Action="{fault_action}"/>
    </wsdl:operation>
"""

_BINDING = """  <wsdl:binding name="{binding}" type="tns:{port}">
    <wsp:PolicyReference URI="#X509EndpointPolicy"/>
    <soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
"""

_BOUND_OPERATION = """    <wsdl:operation name="{name}">
      <soap:operation soapAction="{action}" style="document"/>
      <wsdl:input name="{name}Request">
        <wsp:PolicyReference URI="#SecureMessagePolicy"/>
        <soap:body use="literal"/>
      </wsdl:input>
      <wsdl:output name="{name}Response">
        <wsp:PolicyReference URI="#SecureMessagePolicy"/>
        <soap:body use="literal"/>
      </wsdl:output>
      <wsdl:fault name="{fault_name}">
        <soap:fault name="{fault_name}" use="literal"/>
      </wsdl:fault>
    </wsdl:operation>
"""

_SERVICE = """  <wsdl:service name="{port}">
    <wsdl:port name="{port}" binding="tns:{binding}">
      <soap:address location="{address}"/>
    </wsdl:port>
  </wsdl:service>
</wsdl:definitions>
"""
