"""Amounts of lines, prices and allowances, as the rules of Peppol on invoices and orders compute them."""

from collections.abc import Iterable
from decimal import Decimal

from gateway.validator.model.amounts import cents
from gateway.validator.rules.xpath import decimal, decimal_at, divide, normal, number, one
from gateway.validator.xml.namespaces import CAC, CBC
from gateway.validator.xml.paths import Element, text_of, texts

NIL = Decimal(0)
ONE = Decimal(1)
_SLACK = Decimal("0.02")
ALLOWANCE, PRICE = f"{CAC}AllowanceCharge", f"{CAC}Price"
AMOUNT, BASE_AMOUNT, PERCENTAGE = f"{CBC}Amount", f"{CBC}BaseAmount", f"{CBC}MultiplierFactorNumeric"
PRICE_AMOUNT, BASE_QUANTITY = f"{CBC}PriceAmount", f"{CBC}BaseQuantity"
LINE_AMOUNT, INDICATOR = f"{CBC}LineExtensionAmount", f"{CBC}ChargeIndicator"


def amount_or_nil(element: Element, path: str) -> Decimal:
    """The one number at a path, or 0 where there is none. Raises UndecidableError for several, or a word."""
    return decimal_at(element, path) or NIL


def is_from_zero(element: Element, path: str) -> bool:
    """Whether the one number at a path is not less than 0; false where there is none."""
    found = texts(element, path)
    return bool(found) and number(one(found)) >= 0


def sum_of(element: Element, path: str) -> Decimal:
    """The sum of the amounts at a path, rounded to cents. Raises UndecidableError for a word."""
    return cents(sum([decimal(each) for each in texts(element, path)], NIL))


def is_near(stated: Decimal, computed: Decimal) -> bool:
    """Whether two amounts differ by two cents or less."""
    return stated - _SLACK <= computed <= stated + _SLACK


class Inside:
    """The elements in one element, or in several, by their tags as lxml writes them: for what many rules ask of
    one line."""

    def __init__(self, *elements: Element) -> None:
        self._all = [each for element in elements for each in element]
        self._last = {each.tag: each for each in self._all}

    def has(self, tag: str) -> bool:
        """Whether there is one with a tag."""
        return tag in self._last

    def elements(self, tag: str) -> list[Element]:
        """Those with a tag."""
        return [each for each in self._all if each.tag == tag] if tag in self._last else []

    def text(self, tag: str) -> str | None:
        """The text of the one with a tag; None where there is none. Raises UndecidableError for several."""
        if tag not in self._last:
            return None
        if len(self._last) < len(self._all) and len(self.elements(tag)) > 1:
            return one(["", ""])
        return text_of(self._last[tag])

    def amount(self, tag: str) -> Decimal | None:
        """The number there. Raises Unreadable for a word, too."""
        return decimal(self.text(tag) or "") if tag in self._last else None

    def is_from_zero(self, tag: str) -> bool:
        """Whether the number there is not less than 0; false where there is none."""
        return tag in self._last and number(self.text(tag) or "") >= 0


def sums(found: Iterable[Element]) -> tuple[Decimal, Decimal]:
    """The sum of those of these that are allowances, and of those that are charges, rounded to cents."""
    totals = {"false": NIL, "true": NIL}
    for each in found:
        inside = Inside(each)
        indicator = normal(inside.text(INDICATOR) or "")
        if indicator in totals:
            totals[indicator] = sum(
                [decimal(text_of(each)) for each in inside.elements(AMOUNT)], totals[indicator]
            )
    return cents(totals["false"]), cents(totals["true"])


class PricedLine(Inside):
    """What is in a line and in its price."""

    def __init__(self, item: Element, quantity: str) -> None:
        super().__init__(item)
        self.item = item
        self.prices = self.elements(PRICE)
        self.price = Inside(*self.prices)
        self._quantity = quantity

    @property
    def right_amount(self) -> Decimal:
        """What its amount should be: quantity times the price of one, plus charges, less allowances."""
        price = self.price.amount(PRICE_AMOUNT) or NIL
        base = self.price.amount(BASE_QUANTITY) or ONE
        quantity = self.amount(self._quantity)
        total = (ONE if quantity is None else quantity) * divide(price, base)
        if not self.has(ALLOWANCE):
            return total
        allowances, charges = sums(self.elements(ALLOWANCE))
        return total + charges - allowances


class AmountFacts:
    """What rules ask of one element after the other: what is in the last one is remembered. `quantity` is the tag
    of the quantity of a line."""

    quantity: str
    _element: Element | None = None
    _inside: Inside
    _line: PricedLine | None = None

    def inside(self, element: Element) -> Inside:
        """What is in an element."""
        if self._line is not None and self._line.item is element:
            return self._line
        if element is not self._element:
            self._element, self._inside = element, Inside(element)
        return self._inside

    def line(self, item: Element) -> PricedLine:
        """What is in a line."""
        if self._line is None or self._line.item is not item:
            self._line = PricedLine(item, self.quantity)
        return self._line

    def price(self, price: Element) -> Inside:
        """What is in a price."""
        line = self._line
        return line.price if line is not None and line.prices == [price] else Inside(price)


def has_its_amount(item: Element, facts: AmountFacts) -> bool:
    """Whether the amount of a line is what it should be."""
    line = facts.line(item)
    return is_near(line.amount(LINE_AMOUNT) or NIL, line.right_amount)


def has_positive_base(item: Element, facts: AmountFacts) -> bool:
    """Whether the quantity that the price of a line is for is more than 0, where it is given."""
    base = facts.line(item).price.amount(BASE_QUANTITY)
    return base is None or base > 0


def is_gross_less_discount(allowance: Element, facts: AmountFacts) -> bool:
    """Whether a price is the gross price, where there is one, less the discount."""
    inside = facts.inside(allowance)
    gross = inside.amount(BASE_AMOUNT)
    if gross is None:
        return True
    above = allowance.getparent()
    price = None if above is None else facts.price(above).amount(PRICE_AMOUNT)
    discount = inside.amount(AMOUNT)
    return price is not None and discount is not None and price == gross - discount


def has_percentage_alone(allowance: Element, facts: AmountFacts) -> bool:
    """Whether an allowance or charge has a percentage and no base amount."""
    inside = facts.inside(allowance)
    return inside.has(PERCENTAGE) and not inside.has(BASE_AMOUNT)


def has_base_alone(allowance: Element, facts: AmountFacts) -> bool:
    """Whether an allowance or charge has a base amount and no percentage."""
    inside = facts.inside(allowance)
    return inside.has(BASE_AMOUNT) and not inside.has(PERCENTAGE)


def share(allowance: Element, facts: AmountFacts) -> Decimal:
    """The percentage of the base amount."""
    inside = facts.inside(allowance)
    return divide((inside.amount(BASE_AMOUNT) or NIL) * (inside.amount(PERCENTAGE) or NIL), Decimal(100))


def is_the_share(allowance: Element, facts: AmountFacts) -> bool:
    """Whether an allowance or charge with both is the percentage of its base amount."""
    inside = facts.inside(allowance)
    if not (inside.has(PERCENTAGE) and inside.has(BASE_AMOUNT)):
        return True
    return is_near(inside.amount(AMOUNT) or NIL, share(allowance, facts))
