"""Runs: many documents compared, a slice a process. A separate module, so that a spawned process finds it."""

import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from tests.conformance import covering, engines, report
from tests.conformance.compare import Tally, compare, compare_all, smallest
from tests.conformance.mutants import mutants
from tests.conformance.schema import is_valid
from tests.conformance.unit_cases import unit_cases

SLICE = 1000


def on_mutants(which: str, seed: int, count: int, jobs: int) -> report.Run:
    """Compare a set on mutants, in slices on so many processes, on the list on which every rule fires, and on the
    cases of its rules."""
    started = time.monotonic()
    compared = engines.SETS[which]
    slices = [(seed + start, min(SLICE, count - start), which) for start in range(0, count, SLICE)]
    tally = Tally()
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:  # SaxonC does not survive a fork
        for part in pool.map(_slice, slices):
            tally += part
            seconds, different = time.monotonic() - started, sum(tally.differences.values())
            print(f"{which}: {tally.documents} documents, {different} differences, {seconds:.0f} s", flush=True)
    if which in covering.LISTS:
        compare_all(covering.covering(covering.LISTS[which]), compared.pair, tally)
    else:
        for document in engines.documents_of_cases(which):
            tally.add(compare(document, compared.pair), valid=is_valid(document))
    examples = {rule: smallest(mutant, rule, compared.pair) for rule, mutant in tally.examples.items()}
    command = f"python -m tests.conformance --count {count} --seed {seed}"
    command = f"{compared.variable}=... {command}" if compared.variable else command
    never = compared.ids - frozenset(tally.fired) - compared.silent
    return report.Run(f"{compared.name}, mutants", command, tally, examples, never)


def _slice(what: tuple[int, int, str]) -> Tally:
    """One slice of a run, in its own process."""
    seed, count, which = what
    tally = Tally()
    compared = engines.SETS[which]
    compare_all(mutants(seed, count, compared.samples), compared.pair, tally)
    return tally


def on_unit_cases(folder: Path) -> report.Run:
    """Compare on the official unit cases in a folder, and hold ours to what they expect."""
    tally = Tally()
    for case in unit_cases(folder):
        comparison = compare(case.document, engines.EN_16931.pair)
        found = engines.ours(case.document)
        tally.add(comparison, valid=is_valid(case.document))
        for rule in (case.breaks - found) | (case.holds & found):
            tally.differences[f"{rule} in {case}"] += 1
    command = f"METERPOORT_CONFORMANCE=.../{folder.name} python -m tests.conformance"
    return report.Run(f"EN 16931, official unit cases in `{folder.name}`", command, tally, {})
