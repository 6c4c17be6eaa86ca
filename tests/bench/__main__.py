"""`python -m tests.bench [NAME...]`: measures, and prints what it found as JSON. Without names: the short ones.

On a terminal a bar shows how many are done."""

import json
import sys
from collections.abc import Callable

from gateway.cli.options import progress_bar
from tests.bench import (
    billing,
    crowd,
    delivery,
    digipoort,
    envelopes,
    growth,
    intake,
    ledger,
    metering_share,
    orders,
    outlook,
    profiles,
    record,
    rendering,
    validator,
)

BENCHES: dict[str, Callable[[], dict[str, object]]] = {
    "billing": billing.billing,
    "crowd": crowd.crowd,
    "delivery": delivery.delivery,
    "digipoort": digipoort.digipoort,
    "door": intake.intake,
    "growth": growth.growth,
    "envelopes": envelopes.envelopes,
    "ledger": ledger.ledger,
    "metering-share": metering_share.metering_share,
    "orders": orders.orders,
    "profiles": profiles.profiles,
    "outlook": outlook.outlook,
    "ledger-10-million": ledger.ten_million,
    "record-million": record.record_million,
    "record-share": record.record_share,
    "rendering": rendering.rendering,
    "validator": validator.validator,
}
LONG = frozenset({"ledger-10-million", "outlook", "record-million"})
"""Minutes and gigabytes: only when named."""


def main(names: list[str]) -> None:
    """Run the benches of these names."""
    chosen = names or [name for name in BENCHES if name not in LONG]
    with progress_bar("bench") as progress:
        for number, name in enumerate(chosen):
            progress(number, len(chosen))
            print(json.dumps({name: BENCHES[name]()}, indent=2))
        progress(len(chosen), len(chosen))


main(sys.argv[1:])
