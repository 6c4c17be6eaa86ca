"""What the UBL-CR, UBL-SR and UBL-DT rules say of an element by its path from the root alone."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from gateway.validator.ubl.rules import (
    LINES,
    MARKED_ATTRIBUTES,
    ONCE_IN_DOCUMENT,
    TIMES,
    UNUSED_ANYWHERE,
    UNUSED_ATTRIBUTES,
    UNUSED_ELEMENTS,
)


class Topic(StrEnum):
    """What rules on texts are about; `breaches` judges the elements of each topic together."""

    VERSION = "UBLVersionID"
    DOCUMENT = "AdditionalDocumentReference"
    PAYEE = "PayeeParty"
    ALLOWANCE = "AllowanceCharge"
    SCHEME = "an identifier with a scheme"
    PAYMENT_ID = "PaymentID"
    PAYMENT_MEANS = "PaymentMeansCode"
    SELLER_TAX = "PartyTaxScheme of the seller"
    BUYER_TAX = "PartyTaxScheme of the buyer"


@dataclass(frozen=True, slots=True)
class Check:
    """How often a path may be met below one element. Outside the bounds it breaks `rule`, or, with a `topic`, its
    texts are to be judged."""

    path: str
    least: int = 0
    most: int = sys.maxsize
    rule: str = ""
    topic: str | None = None


_TOPIC_BY_NAME = {
    "cac:PayeeParty": Topic.PAYEE,
    "cbc:PaymentID": Topic.PAYMENT_ID,
    "cbc:PaymentMeansCode": Topic.PAYMENT_MEANS,
}
_TOPIC_BY_PATH = {
    "cbc:UBLVersionID": Topic.VERSION,
    "cac:AccountingSupplierParty/cac:Party/cac:PartyTaxScheme": Topic.SELLER_TAX,
    "cac:AccountingCustomerParty/cac:Party/cac:PartyTaxScheme": Topic.BUYER_TAX,
}
_UNUSED = {path: rule for rule, path in UNUSED_ELEMENTS.items()}
_ONCE = {path: rule for rule, path in ONCE_IN_DOCUMENT.items()}
_ATTRIBUTES = {name: rule for rule, name in UNUSED_ATTRIBUTES.items()}


def _checks_by_name() -> dict[str, list[tuple[str, Check]]]:
    """The checks on elements of each name, with the name that the parent must have, if any."""
    found: dict[str, list[tuple[str, Check]]] = {
        "cac:AdditionalDocumentReference": [
            ("", Check(path, most=0, topic=Topic.DOCUMENT))
            for path in ("cbc:DocumentTypeCode", "cbc:ID/@schemeID")
        ],
        "cac:AllowanceCharge": [("", Check("cbc:AllowanceChargeReason", most=1, topic=Topic.ALLOWANCE))],
    }
    for rule, times in TIMES.items():
        most = sys.maxsize if times.most is None else times.most
        checks = [(times.above, Check(path, times.least, most, rule)) for path in times.paths]
        for name in times.on:
            found.setdefault(name, []).extend(checks)
    return found


_CHECKS = _checks_by_name()


class PathRules:
    """What rules on the XML itself say of elements and attributes, by their paths below the root. These say
    nothing: a syntax with such rules has a subclass."""

    names: frozenset[str] = frozenset()
    """Every element and attribute that a rule names, attributes without their `@`."""
    ends: tuple[str, ...] = ()
    """What rules ask how names end with, longest first."""
    plain_texts: Mapping[str, Callable[[str], object]] = {}
    """By topic: whether a text need not be looked at, nor counted by a check."""

    def checks_on(self, _path: str) -> tuple[Check, ...]:
        """The checks on an element at a path."""
        return ()

    def unused_element(self, _root: str, _path: str) -> tuple[str, ...]:
        """The rules that an element breaks by being at a path."""
        return ()

    def unused_attribute(self, _path: str, _name: str) -> tuple[str, ...]:
        """The rules that an element at a path breaks by having an attribute."""
        return ()

    def once(self, _path: str) -> str | None:
        """The rule that counts the elements or attributes at a path in the whole document."""
        return None

    def topic(self, _path: str) -> str | None:
        """What the text of an element or attribute, or of the elements inside it, must be looked at for."""
        return None

    def is_amount(self, _name: str) -> bool:
        """Whether elements of this name are amounts, whose decimals are counted."""
        return False


NO_PATH_RULES = PathRules()


class UblPathRules(PathRules):
    """The UBL-CR, UBL-SR and UBL-DT rules."""

    ends = ("PriceAmount", "Amount", "BinaryObject")

    def __init__(self) -> None:
        self.names = _names()

    def checks_on(self, path: str) -> tuple[Check, ...]:
        *above, name = path.split("/")
        parent = above[-1] if above else ""
        if name.endswith("BinaryObject"):
            name = "BinaryObject"
        return tuple(check for above, check in _CHECKS.get(name, ()) if not above or above == parent)

    def unused_element(self, root: str, path: str) -> tuple[str, ...]:
        found = [rule for rule, end in UNUSED_ANYWHERE.items() if f"/{path}".endswith(f"/{end}")]
        if path == "cac:PaymentMeans/cbc:PaymentDueDate" and root == "Invoice":
            found.append("UBL-CR-412")
        for line in LINES:
            if path.startswith(f"{line}/"):
                path = "line" + path.removeprefix(line)
        return (*found, _UNUSED[path]) if path in _UNUSED else tuple(found)

    def unused_attribute(self, path: str, name: str) -> tuple[str, ...]:
        found = []
        if name in _ATTRIBUTES and not (name == "name" and path.endswith("cbc:PaymentMeansCode")):
            found.append(_ATTRIBUTES[name])
        whole = f"/{path}/@{name}"
        found += [rule for rule, end in MARKED_ATTRIBUTES.items() if _ends_in(whole, end)]
        return tuple(found)

    def once(self, path: str) -> str | None:
        return _ONCE.get(path)

    def topic(self, path: str) -> Topic | None:
        if f"/{path}".endswith("/cac:PartyIdentification/cbc:ID/@schemeID"):
            return Topic.SCHEME
        return _TOPIC_BY_NAME.get(path.rpartition("/")[2]) or _TOPIC_BY_PATH.get(path)

    def is_amount(self, name: str) -> bool:
        return name.endswith("Amount") and not name.endswith("PriceAmount")


def _ends_in(path: str, end: str) -> bool:
    return path == end if end.startswith("/") else path.endswith(f"/{end}")


def _names() -> frozenset[str]:
    paths = [*UNUSED_ELEMENTS.values(), *UNUSED_ANYWHERE.values(), *MARKED_ATTRIBUTES.values(), *_ONCE, *_CHECKS]
    paths += [check.path for found in _CHECKS.values() for _, check in found]
    paths += [*_TOPIC_BY_NAME, *_TOPIC_BY_PATH, *LINES, *_ATTRIBUTES]
    paths += [above for found in _CHECKS.values() for above, _ in found]
    return frozenset(step.removeprefix("@") for path in paths for step in path.split("/")) - {"", "line"}
