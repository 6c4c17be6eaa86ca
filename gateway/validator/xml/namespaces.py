"""The XML namespaces of the documents that the gateway handles."""

UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
"""What the namespaces of UBL begin with."""
CBC = f"{{{UBL}CommonBasicComponents-2}}"
CAC = f"{{{UBL}CommonAggregateComponents-2}}"
HR_XML = "http://ns.hr-xml.org/2007-04-15"
PREFIXES = {"cbc": CBC[1:-1], "cac": CAC[1:-1], "hr": HR_XML}
"""The prefixes in paths."""
