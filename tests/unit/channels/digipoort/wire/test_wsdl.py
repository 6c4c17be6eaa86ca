"""Our WSDLs and XSD say what the published ones say."""

from collections.abc import Iterator
from copy import deepcopy

import pytest
from lxml import etree

from gateway.channels.digipoort.wire.names import SERVICES, WusService
from gateway.channels.digipoort.wire.wsdl import wsdl, xsd
from tests.unit.channels.digipoort.wire import published

WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
SOAP = "{http://schemas.xmlsoap.org/wsdl/soap/}"
XSD = "{http://www.w3.org/2001/XMLSchema}"
ACTION = "{http://www.w3.org/2006/05/addressing/wsdl}Action"
SP = "{http://docs.oasis-open.org/ws-sx/ws-securitypolicy/200702}"
SIGNED = f"{SP}SignedParts"
BINDINGS = {f"{SP}{kind}Binding" for kind in ("Asymmetric", "Symmetric", "Transport")}
QNAMES = {"type", "base", "ref", "message", "element", "binding", "itemType"}
DEFAULTS = {"minOccurs": "1", "maxOccurs": "1", "style": "document", "namespace": "", "nillable": "false"}
FACETS = {f"{XSD}restriction", SIGNED}

Meaning = tuple[str, frozenset[tuple[str, str]], tuple["Meaning", ...]]


def meaning(element: etree._Element, *, without: frozenset[str] = frozenset()) -> Meaning:
    """An element whatever its prefixes, defaults, comments and places of facets."""
    attributes = {
        (name, value_of(element, name, value))
        for name, value in element.attrib.items()
        if name not in without and DEFAULTS.get(str(name)) != value
    }
    children = [meaning(child, without=without) for child in children_of(element)]
    if element.tag in FACETS:
        children.sort(key=str)
    return (str(element.tag), frozenset((str(name), value) for name, value in attributes), tuple(children))


def value_of(element: etree._Element, name: str | bytes, value: str | bytes) -> str:
    """An attribute's value, a prefix resolved where it names something."""
    text = str(value)
    if str(name) not in QNAMES:
        return text
    prefix, colon, local = text.rpartition(":")
    return f"{{{element.nsmap.get(prefix if colon else None)}}}{local}"


def children_of(element: etree._Element) -> Iterator[etree._Element]:
    """Children that mean something here."""
    for child in element.iterchildren(tag=etree.Element):
        if etree.QName(child).localname not in {"annotation", "documentation", "PolicyReference"}:
            yield child


def definitions(root: etree._Element) -> dict[tuple[str, str], Meaning]:
    """Messages, port type, binding and service of a WSDL; an address is everybody's own."""
    for address in root.iter(f"{SOAP}address"):
        address.set("location", "")
    # The published WSDLs name no action of a request: it is the soapAction, which the binding has.
    wsam = frozenset({"{http://www.w3.org/2007/05/addressing/metadata}Action"})
    kinds = {f"{WSDL}{kind}" for kind in ("message", "portType", "binding", "service")}
    return {
        (str(child.tag), str(child.get("name"))): meaning(child, without=wsam)
        for child in root.iterchildren()
        if child.tag in kinds
    }


def components(root: etree._Element) -> dict[tuple[str, str], Meaning]:
    """Global elements and complex types of a schema by name, each simple type written out where it is used."""
    simple = {one.get("name"): one for one in root.iterchildren(f"{XSD}simpleType")}
    for element in list(root.iter(f"{XSD}element")):
        used = simple.get(str(element.get("type")).rpartition(":")[2])
        if used is not None:
            del element.attrib["type"]
            element.append(deepcopy(used))
            del element[-1].attrib["name"]
    kept = [child for child in children_of(root) if child.tag != f"{XSD}simpleType"]
    return {(str(child.tag), str(child.get("name"))): meaning(child) for child in kept}


def binding_of(root: etree._Element) -> frozenset[Meaning]:
    """What the one security binding of a WSDL asks."""
    [binding] = root.iter(*BINDINGS)
    assert binding.tag == f"{SP}AsymmetricBinding"
    return frozenset(meaning(one) for one in binding[0])


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: str(service.name))
def test_each_wsdl_asks_for_one_kind_of_security(service: WusService) -> None:
    """With a TransportBinding as well, a program that follows policies would leave the signature out."""
    ours = etree.fromstring(wsdl(service, "https://localhost/", "https://localhost/?xsd"))
    assert {etree.QName(tag).localname for tag, _, _ in binding_of(ours)} == {
        "InitiatorToken",
        "RecipientToken",
        "AlgorithmSuite",
        "IncludeTimestamp",
        "EncryptBeforeSigning",
        "OnlySignEntireHeadersAndBody",
    }


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: str(service.name))
def test_a_request_has_no_action_and_the_suites_are_digipoorts(service: WusService) -> None:
    """With an action on its input zeep addresses a message, and a program's plugin does so again."""
    ours = etree.fromstring(wsdl(service, "https://localhost/", "https://localhost/?xsd"))
    inputs = list(ours.iter(f"{WSDL}input"))
    assert len(inputs) == 2 * len(service.operations)
    assert {name for one in inputs for name in one.attrib} == {"name", "message"}
    suites = [etree.QName(one).localname for one in ours.iterfind(f".//{SP}AlgorithmSuite/*/*")]
    assert suites == ["Basic128Rsa15", "Basic256Rsa15", "TripleDesRsa15"]


@published.REQUIRED
@pytest.mark.parametrize("service", SERVICES, ids=lambda service: str(service.name))
def test_each_wsdl_is_the_published_one_in_meaning(service: WusService) -> None:
    ours = etree.fromstring(wsdl(service, "https://localhost/", "https://localhost/?xsd"))
    theirs = etree.parse(str(published.wsdl_file(service.namespace))).getroot()
    assert ours.get("targetNamespace") == theirs.get("targetNamespace")
    assert definitions(ours) == definitions(theirs)
    assert binding_of(ours) == binding_of(theirs)
    signed = [[meaning(one) for one in root.iter(SIGNED)] for root in (ours, theirs)]
    assert signed[0] == signed[1] != []


@published.REQUIRED
def test_the_schema_is_the_published_one_in_meaning() -> None:
    ours, theirs = etree.fromstring(xsd()), etree.parse(str(published.xsd_file())).getroot()
    assert (ours.get("targetNamespace"), ours.get("elementFormDefault")) == (
        theirs.get("targetNamespace"),
        theirs.get("elementFormDefault"),
    )
    assert components(ours) == components(theirs)
