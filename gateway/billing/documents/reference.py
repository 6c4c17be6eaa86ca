"""The payment reference of a bill: an ISO 11649 creditor reference, whose check digits show a typing error.

`GD2026-000001` becomes `RF43GD2026000001`: banks carry it in the structured remittance information of a transfer.
"""

from stdnum.iso7064 import mod_97_10

_LENGTH_MAX = 21
"""Characters of a creditor reference after `RF` and its two check digits."""


def payment_reference(number: str) -> str:
    """The reference that a payer gives; the number itself where it is too long or has other characters."""
    core = number.replace("-", "").upper()
    if len(core) > _LENGTH_MAX or not (core.isascii() and core.isalnum()):
        return number
    return f"RF{mod_97_10.calc_check_digits(core + 'RF')}{core}"
