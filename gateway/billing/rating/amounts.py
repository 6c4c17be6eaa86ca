"""Money: cents, and the split of value-added tax.

Every amount is a `Decimal` in euros. Amounts that are charged have two decimals; prices may have more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from enum import StrEnum

from gateway.billing.runs.errors import DistributionKeyError
from gateway.i18n import Text

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
HUNDRED = Decimal(100)


class PriceBasis(StrEnum):
    """Whether a price includes value-added tax."""

    INCLUDING_VAT = "including-vat"
    EXCLUDING_VAT = "excluding-vat"


def cents(amount: Decimal) -> Decimal:
    """Round to cents, halves away from zero: a credit is then the exact mirror of what it credits.

    The rules of EN 16931 round halves below zero up. Credit notes are written with positive amounts, where both
    roundings are the same.
    """
    return amount.quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Amounts:
    """The total of a document; `excluding + vat == including`, to the cent."""

    excluding: Decimal
    vat: Decimal
    including: Decimal

    @classmethod
    def split(cls, amount: Decimal, basis: PriceBasis, vat_percent: Decimal) -> "Amounts":
        """Split or add tax, once, on a document's total: EUR 590.00 including 21% is 487.60 and 102.40.

        From a price that includes tax the tax is `amount × rate / (100 + rate)`; else it is added.
        """
        total = cents(amount)
        if basis is PriceBasis.INCLUDING_VAT:
            vat = cents(total * vat_percent / (HUNDRED + vat_percent))
            return cls(total - vat, vat, total)
        vat = cents(total * vat_percent / HUNDRED)
        return cls(total, vat, total + vat)

    def __add__(self, other: "Amounts") -> "Amounts":
        return Amounts(self.excluding + other.excluding, self.vat + other.vat, self.including + other.including)

    def __neg__(self) -> "Amounts":
        return Amounts(-self.excluding, -self.vat, -self.including)


NOTHING = Amounts(ZERO, ZERO, ZERO)


def share(total: Decimal, weights: Sequence[Decimal]) -> tuple[Decimal, ...]:
    """Divide an amount over weights, in whole cents, so that the shares sum to it exactly.

    Largest remainder; between equal remainders the first in order goes first. Raises DistributionKeyError
    when no weight is above zero, or one is below.
    """
    whole = sum(weights, Decimal(0))
    if any(weight < 0 for weight in weights) or whole <= 0:
        raise DistributionKeyError(
            Text("a distribution key needs weights of zero or more, and at least one above zero"),
        )
    exact = [total * weight / whole for weight in weights]
    floors = [part.quantize(CENT, ROUND_FLOOR) for part in exact]
    left = int((total - sum(floors, Decimal(0))) / CENT)
    by_remainder = sorted(range(len(exact)), key=lambda index: (floors[index] - exact[index], index))
    rounded_up = set(by_remainder[:left])
    return tuple(floor + (CENT if index in rounded_up else ZERO) for index, floor in enumerate(floors))
