"""Faults: every error of a request has one, and its envelope is as Digipoort's own."""

import pytest
from lxml import etree

from gateway.channels.digipoort.wire.faults import (
    FOUTBESCHRIJVING_CHARACTERS_MAX,
    KoppelvlakError,
    MalformedError,
    MustUnderstandError,
    TroubleError,
    fault_envelope,
)
from gateway.channels.digipoort.wire.names import OPHAALSERVICE, SERVICES, Operation
from gateway.channels.digipoort.wire.wsdl import xsd
from gateway.i18n import Text
from tests.unit.channels.digipoort.wire.xmlsec_client import NAMES

OPERATIONS = [operation for service in SERVICES for operation in service.operations]


def test_every_error_of_a_request_has_its_fault() -> None:
    of_us = {one for one in KoppelvlakError.__subclasses__() if one.fault.faultcode == "Server"}
    assert of_us == {TroubleError}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: str(operation.name))
def test_a_fault_has_the_action_and_the_detail_of_its_operation(operation: Operation) -> None:
    error = MalformedError(Text("a DOCTYPE is not allowed"))
    prefix = operation.service.foutcode_prefix
    root = etree.fromstring(fault_envelope(operation, error, "urn:m", "urn:r<&>", prefix))
    assert root.findtext("s:Header/wsa:Action", namespaces=NAMES) == operation.fault_action
    assert root.findtext("s:Header/wsa:RelatesTo", namespaces=NAMES) == "urn:r<&>"
    fault = root.find("s:Body/s:Fault", NAMES)
    assert fault is not None
    assert [one.tag for one in fault] == ["faultcode", "faultstring", "faultactor", "detail"]
    (detail,) = fault[3]
    etree.XMLSchema(etree.fromstring(xsd())).assertValid(detail)
    assert etree.QName(detail).localname == operation.service.fault_element
    assert detail.findtext("k:foutcode", namespaces=NAMES) == f"{prefix}100"


RECORDED = (
    "Het verzoek voldoet niet aan de koppelvlakspecificaties en kan hierdoor niet ",
    " Digipoort worden verwerkt.\n\nDe volgende fout is opgetreden: ",
)
"""What every recorded fault of Digipoort begins with (wus-js), in two parts."""


def test_a_fault_is_worded_as_digipoorts_own() -> None:
    """And is read as Odoo's client does it, by the prefix that the recorded ones have."""
    error = MalformedError(Text("a DOCTYPE is not allowed"))
    root = etree.fromstring(fault_envelope(OPERATIONS[0], error, "urn:m", None, "ALS"))
    detail = root.find(".//detail")
    assert detail is not None
    described = detail[0].find("fault:foutbeschrijving", namespaces={**detail.nsmap, **detail[0].nsmap})
    assert described is not None
    assert (described.text or "").startswith(RECORDED[0])
    assert f"{RECORDED[1]}{error.text.nl}\n\n" in (described.text or "")
    assert (described.text or "").endswith(error.text.en)


@pytest.mark.parametrize(
    ("error", "faultcode", "foutcode"),
    [
        (MalformedError, "soapenv:Client", "XYZ100"),
        (MustUnderstandError, "soapenv:MustUnderstand", "XYZ100"),
        (TroubleError, "soapenv:Server", "XYZ400"),
    ],
)
def test_who_has_to_do_something_and_why_in_two_languages(
    error: type[KoppelvlakError], faultcode: str, foutcode: str
) -> None:
    long = error(Text("the service is busy {more}", more="x" * 9_000))
    root = etree.fromstring(fault_envelope(OPHAALSERVICE.operations[0], long, "urn:m", None, "XYZ"))
    assert root.findtext(".//faultcode") == faultcode
    assert root.findtext(".//k:foutcode", namespaces=NAMES) == foutcode
    assert len(root.findtext(".//k:foutbeschrijving", namespaces=NAMES) or "") == FOUTBESCHRIJVING_CHARACTERS_MAX
    short = error(Text("the service is busy"))
    root = etree.fromstring(fault_envelope(OPHAALSERVICE.operations[0], short, "urn:m", None, "XYZ"))
    described = root.findtext(".//k:foutbeschrijving", namespaces=NAMES) or ""
    assert described.index(short.text.nl) < described.index(short.text.en)
    assert root.find(".//wsa:RelatesTo", NAMES) is None
