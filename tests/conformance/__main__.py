"""`python -m tests.conformance`: both engines on mutants and official unit cases, and our verifier of signatures
next to libxmlsec1 on mutated SOAP messages; `make conformance` runs it.

    --count N     mutants to compare (default 20,000)
    --seed N      where they start; another seed gives others
    --jobs N      processes (default 2)
    --envelopes   the SOAP messages alone
    --set ID      this rule set alone
    --readers N   mutants that the two readers of a document must read alike (default 100,000)
    --cover       write the covering lists anew: the fewest mutants found that fire every rule
    --replay M    show one mutant, as printed with a difference
    --write       record the figures in docs/reference/conformance.md, and those of recorded verdicts

Ends with status 1 where an engine differs from the official artefacts, the two readers from each other, or a rule
never fires.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.conformance import covering, engines, recorded, report
from tests.conformance.compare import compare
from tests.conformance.envelopes import compare_in_parts
from tests.conformance.mutants import Mutant, mutants
from tests.conformance.readers import compare_readers
from tests.conformance.runs import on_mutants, on_unit_cases
from tests.conformance.unit_cases import folders


def main() -> int:
    """Run what the arguments ask for; the exit status."""
    arguments = _arguments()
    with _quiet_saxon():
        if arguments.replay:
            return _replay(Mutant.parse(arguments.replay), arguments.set or "en16931")
        if arguments.cover:
            return _cover(arguments)
        if arguments.set:
            return _compare(arguments)
        envelopes = compare_in_parts(arguments.seed, arguments.count, arguments.jobs)
        print(envelopes)
        is_alike = not envelopes.differences
        return max(int(not is_alike), 0 if arguments.envelopes else _compare_all(arguments))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--envelopes", action="store_true")
    parser.add_argument("--readers", type=int, default=100_000)
    parser.add_argument("--cover", action="store_true")
    parser.add_argument("--replay")
    parser.add_argument("--set", choices=engines.SETS)
    parser.add_argument("--write", action="store_true")
    return parser.parse_args()


def _compare(arguments: argparse.Namespace) -> int:
    runs = []
    chosen = {arguments.set: engines.SETS[arguments.set]} if arguments.set else engines.SETS
    for which, compared in chosen.items():
        if compared.is_here:
            runs.append(on_mutants(which, arguments.seed, arguments.count, arguments.jobs))
        else:
            print(f"{which} not compared: {compared.variable} names no stylesheet")
        if which == "en16931":
            runs += [on_unit_cases(folder) for folder in folders()]
    if not folders():
        print("no official unit cases: put them next to the project or name a folder in METERPOORT_CONFORMANCE")
    sets = recorded.folder() if arguments.write else None
    page = report.page(runs, list(recorded.compare_all(sets)) if sets else ())
    print(page)
    if arguments.write:
        report.PATH.write_text(page)
    return 0 if all(run.is_clean for run in runs) else 1


def _compare_all(arguments: argparse.Namespace) -> int:
    return max(_compare_readers(arguments), _compare(arguments))


def _compare_readers(arguments: argparse.Namespace) -> int:
    found = compare_readers(arguments.seed, arguments.readers, arguments.jobs)
    print(
        f"header and model: {found.both} documents, {found.refused} read differently and refused, "
        f"{len(found.differences)} differences; {found.not_read} more break the schema"
    )
    for difference in found.differences[:20]:
        print(f"  {difference}")
    return 1 if found.differences else 0


def _cover(arguments: argparse.Namespace) -> int:
    for which, path in covering.LISTS.items():
        compared = engines.SETS[which]
        if compared.is_here:
            chosen = mutants(arguments.seed, arguments.count, compared.samples)
            covering.write(path, chosen, compared.pair.theirs)
    return 0


def _replay(mutant: Mutant, which: str) -> int:
    document = mutant.document()
    comparison = compare(document, engines.SETS[which].pair)
    print(document.decode())
    print(comparison)
    return 0 if not comparison.rules else 1


@contextmanager
def _quiet_saxon() -> Iterator[None]:
    """SaxonC writes each error it also raises to the standard error; a run has thousands of them."""
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


if __name__ == "__main__":
    sys.exit(main())
