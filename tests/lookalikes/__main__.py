"""`python -m tests.lookalikes`: is what is recognised without a parser what a parser and the schema say?

    --count N     lookalikes (200,000 unless told)
    --seed N      another seed gives others

Ends with status 1 where one is recognised that is not well-formed, not valid, or read another way.
"""

import argparse
import sys
from random import Random

from tests.lookalikes.bases import bases
from tests.lookalikes.compare import Tally, compare, quick_learner, taught
from tests.lookalikes.mutation import lookalikes

_EACH = 100


def main() -> int:
    """Run what the arguments ask for; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.lookalikes", description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    random, tally, documents = Random(arguments.seed), Tally(), list(bases().values())
    with quick_learner():
        while tally.documents < arguments.count and not tally.wrong:
            taught(documents)
            for document in documents:
                compare(lookalikes(document, random), _EACH, random, tally)
            print(f"{tally.documents} lookalikes, {tally.recognised} recognised", flush=True)
    for wrong, document in tally.wrong[:3]:
        print(wrong, document.decode("utf-8", "backslashreplace"), sep="\n")
    return 1 if tally.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
