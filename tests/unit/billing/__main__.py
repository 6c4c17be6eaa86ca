"""`python -m tests.unit.billing`: random histories of billing against the reference, for `make soak`."""

import argparse

from tests.unit.billing.play import play_seeds

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--histories", type=int, default=2000, help="How many; a seed gives one.")
parser.add_argument("--first", type=int, default=1000, help="The first seed; the tests play those below.")
wanted = parser.parse_args()
play_seeds(range(wanted.first, wanted.first + wanted.histories))
print(f"{wanted.histories} histories came to what the reference says")
