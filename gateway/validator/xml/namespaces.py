"""The XML namespaces of the documents that the gateway handles."""

UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
"""What the namespaces of UBL begin with."""
CBC = f"{{{UBL}CommonBasicComponents-2}}"
CAC = f"{{{UBL}CommonAggregateComponents-2}}"
OHNL = "urn:digi-inkoop:ubl:2.0:NL:1.7:UBL-NL-CommonBasicComponents-2"
"""What UBL-OHNL adds to UBL, in extensions."""
HR_XML = "http://ns.hr-xml.org/2007-04-15"
_CII = "urn:un:unece:uncefact:data:standard:"
CII = {
    "rsm": f"{_CII}CrossIndustryInvoice:100",
    "ram": f"{_CII}ReusableAggregateBusinessInformationEntity:100",
    "udt": f"{_CII}UnqualifiedDataType:100",
    "qdt": f"{_CII}QualifiedDataType:100",
}
"""The namespaces of a Cross Industry Invoice, D16B and D22B alike, by their usual prefixes."""
PREFIXES = {"cbc": CBC[1:-1], "cac": CAC[1:-1], "hr": HR_XML, **CII}
"""The prefixes in paths."""
