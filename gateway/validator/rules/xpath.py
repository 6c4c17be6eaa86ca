"""The few words of XPath 2.0 that rules on the XML itself are written with, as functions with the same answers.

Paths are those of `gateway.validator.xml.paths`. What has no answer in XPath, a function of one text asked of two,
or a number made of words, is UndecidableError or Unreadable.
"""

from collections.abc import Sequence
from decimal import ROUND_HALF_DOWN, Decimal, localcontext
from math import nan

from gateway.validator.model.amounts import EXACT, NotANumber, double, exact
from gateway.validator.model.dates import NotADate, instant
from gateway.validator.rules.patterns import UndecidableError
from gateway.validator.xml.paths import Element, children, texts

SPACE = " \t\r\n"
_TO_BLANKS = str.maketrans("\t\r\n", "   ")


def text_nodes(element: Element) -> list[str]:
    """What `text()` selects: the texts right inside an element; a comment parts two."""
    if not len(element):
        return [element.text] if element.text else []
    return [each for each in (element.text, *(each.tail for each in element)) if each]


def text_nodes_at(element: Element, path: str) -> list[str]:
    """The same of every element at a path: `cbc:ID/text()`."""
    return [each for found in children(element, path) for each in text_nodes(found)]


def one(values: Sequence[str]) -> str:
    """What a function of one text makes of a sequence: nothing is the empty text. Raises UndecidableError for
    several."""
    if len(values) > 1:
        raise UndecidableError(f"{len(values)} texts where one is asked for")
    return values[0] if values else ""


def text(element: Element, path: str) -> str:
    """The one text at a path, empty where there is none. Raises UndecidableError for several."""
    return one(texts(element, path))


def normal(value: str) -> str:
    """`normalize-space`: no white space around, one blank for each run of it within."""
    if value.isalnum():
        return value
    return " ".join(part for part in value.translate(_TO_BLANKS).split(" ") if part)


def normal_text(element: Element, path: str) -> str:
    """`normalize-space` of the one text at a path. Raises UndecidableError for several."""
    return normal(text(element, path))


def number(value: str) -> float:
    """`number`: NaN for what is none."""
    try:
        return double(value)
    except NotANumber:
        return nan


decimal = exact
"""`xs:decimal`. Raises NotANumber, which is Unreadable."""
date = instant
"""`xs:date`, as the minute at which it begins. Raises NotADate, which is Unreadable."""


def is_date(value: str) -> bool:
    """`castable as xs:date`."""
    try:
        instant(value)
    except NotADate:
        return False
    return True


def is_integer(value: str) -> bool:
    """`castable as xs:integer`: digits, a sign before them, white space around."""
    digits = value.strip(SPACE)
    digits = digits[1:] if digits[:1] in ("+", "-") else digits
    return digits.isascii() and digits.isdigit()


def root_of(element: Element) -> Element:
    """The document element."""
    return element.getroottree().getroot()


def decimal_at(element: Element, path: str) -> Decimal | None:
    """`xs:decimal` of the one number at a path, None where there is none. Raises UndecidableError."""
    found = texts(element, path)
    return decimal(one(found)) if found else None


_DIVISION_DIGITS = 18


def divide(dividend: Decimal, divisor: Decimal) -> Decimal:
    """`div` of decimals as Saxon has it: eighteen digits behind the point, or as many as a number has, and half
    goes towards zero. Raises UndecidableError for a divisor of 0."""
    if not divisor:
        raise UndecidableError("a division by 0")
    if divisor == 1:
        return dividend
    scale = max(_DIVISION_DIGITS, *(-int(each.as_tuple().exponent) for each in (dividend, divisor)))
    unit = Decimal(1).scaleb(-scale)
    with localcontext(EXACT) as context:
        context.prec = 2 * scale + len(dividend.as_tuple().digits) + len(divisor.as_tuple().digits) + 10
        return (dividend / divisor).quantize(unit, ROUND_HALF_DOWN)
