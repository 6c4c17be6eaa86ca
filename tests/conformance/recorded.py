"""`python -m tests.conformance.recorded SET [--folder F]`: our verdicts next to recorded official ones.

A recorded set is a folder with `rules.json`, the rules of the set with their flags, and `cases.jsonl.gz`: one
document a line with the rules that the official artefact fires on it. The project holds none: METERPOORT_RECORDED,
or `--folder`, names the folder that holds the folders of the sets; else it is `shared/conformance` next to the
repository, where that is there. Prints how many documents agree and the first differences; ends with status 1
where there are any.

A document agrees when the same rules of the set fire, with the same weight. Where the official artefact ended in
an error there is no list: such a document agrees when it is not called valid.
"""

import argparse
import gzip
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gateway.validator.finding import Flag
from gateway.validator.judge import judge

FOLDER = "METERPOORT_RECORDED"
"""Names the folder with the recorded sets."""
SHARED = Path(__file__).parents[3] / "shared" / "conformance"


@dataclass(frozen=True, slots=True)
class RecordedSet:
    """The profile of ours that has the rules of a recorded set."""

    profile: str
    differs: Mapping[str, str] = field(default_factory=dict)
    """Documents on which ours differs, by their id, each with the proof that it must."""


_RATE = "BR-AF-08, BR-AG-08: the text looks for a rate next to the VAT breakdown, where no schema has one"
_TWICE = "two SupplyChainTradeTransactions, which the schema refuses: here there is no seller then"
_NO_DAY = "a StartDateTime or EndDateTime without any day, which the schema refuses: it counts as given"
_CII_DIFFERS = {
    "a96073-692b6ec803": _RATE,
    "a96072-65f489a301": _RATE,
    "a96072-8804adea25": _RATE,
    "a96072-a4413ceaee": _RATE,
    "a96072-56f45b785d": _RATE,
    "a96072-2222d73de8": _RATE,
    "a96072-f07f1e69dc": _RATE,
    "a96072-8c2281daa8": _RATE,
    "a96073-354573573a": _RATE,
    "a96073-6e117fa052": _RATE,
    "a96073-66417f72a2": _RATE,
    "m9607-02209": _TWICE,
    "m9607-00074": _TWICE,
    "m9607-02379": _TWICE,
    "a96072-74c7b57f93": _NO_DAY,
    "s9607-00-9efebb7e": _NO_DAY,
    "m9607-00942": _NO_DAY,
}
"""What differs on the Cross Industry Invoice: documents that its schema refuses, all of them."""

SETS: dict[str, RecordedSet] = {
    "peppol-billing-2026.5": RecordedSet("peppol"),
    "peppol-self-billing-2026.5": RecordedSet("peppol-self-billing"),
    "en16931-cii-1.3.16": RecordedSet("en16931-cii", _CII_DIFFERS),
    "nlcius-cii-1.0.3.13": RecordedSet("nlcius-cii"),
    "nlcius-2.0.3.13": RecordedSet("nlcius"),
    "ohnl-order-1.9": RecordedSet("ohnl-order"),
    "ohnl-orderresponse-1.9": RecordedSet("ohnl-order-response"),
    "bor-ohnl-0.9.0": RecordedSet("basisorder-rijk"),
    "bor-peppol-0.9.0": RecordedSet("basisorder-rijk"),
    "setu-timecard-1.4.2": RecordedSet("setu-timecard"),
    "peppol-T01-order-2026.5": RecordedSet("peppol-order"),
    "peppol-T76-order-response-2026.5": RecordedSet("peppol-order-response"),
    "peppol-T16-despatch-advice-2026.5": RecordedSet("peppol-despatch"),
    "peppol-T111-invoice-response-2026.5": RecordedSet("peppol-invoice-response"),
}
"""The recorded sets, by their folder."""


@dataclass(frozen=True, slots=True)
class Case:
    """A document, the rules that fire on it with their weight, and whether the official artefact gave up on it."""

    id: str
    document: bytes
    fired: Mapping[str, Flag]
    is_stopped: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """A document on which ours differs: `-` a rule that ours lacks, `+` one too many, `~` another weight."""

    case: Case
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """A recorded set that was compared: how many documents it has, and on how many of them ours differs, with a
    stated reason and without."""

    name: str
    documents: int
    stated: int
    unstated: int


def compare_all(sets: Path) -> Iterator[RecordedRun]:
    """Compare each recorded set that is in a folder."""
    for name, recorded in SETS.items():
        if (sets / name).is_dir():
            differing = [each.case.id for each in differences(sets / name, recorded.profile)]
            stated = sum(each in recorded.differs for each in differing)
            documents = sum(1 for _ in cases(sets / name))
            yield RecordedRun(name, documents, stated, len(differing) - stated)


def folder(argument: str | None = None) -> Path | None:
    """The folder with the recorded sets; None where none is named and none is next to the repository."""
    named = argument or os.environ.get(FOLDER)
    if named:
        return Path(named)
    return SHARED if SHARED.is_dir() else None


def cases(recorded: Path) -> Iterator[Case]:
    """Every document of a recorded set."""
    with gzip.open(recorded / "cases.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            fired = {rule: _flag(flag) for rule, (flag, _times) in row["fired"].items()}
            yield Case(row["id"], row["xml"].encode(), fired, row["error"] is not None)


def _flag(flag: str) -> Flag:
    return Flag.WARNING if flag == "warning" else Flag.FATAL


def differences(recorded: Path, profile: str) -> Iterator[Difference]:
    """The documents of a recorded set on which the profile differs."""
    rules = json.loads((recorded / "rules.json").read_text()).keys()
    for case in cases(recorded):
        if differing := _compare(case, profile, rules):
            yield Difference(case, differing)


def _compare(case: Case, profile: str, rules: set[str]) -> tuple[str, ...]:
    verdict = judge(case.document, profile=profile, schema=False)
    if case.is_stopped:
        is_refused = not verdict.valid or not judge(case.document, profile=profile).valid
        return () if is_refused else ("(called valid)",)
    found = {finding.rule: finding.flag for finding in verdict.findings if finding.rule in rules}
    broken = ("(a rule failed)",) if verdict.is_broken else ()
    return (
        *broken,
        *(f"-{rule}" for rule in sorted(case.fired.keys() - found.keys())),
        *(f"+{rule}" for rule in sorted(found.keys() - case.fired.keys())),
        *(f"~{rule}" for rule in sorted(found.keys() & case.fired.keys()) if found[rule] is not case.fired[rule]),
    )


def main() -> int:
    """Compare one set; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.recorded")
    parser.add_argument("set", choices=SETS)
    parser.add_argument("--folder", help=f"the folder with the recorded sets (default: {FOLDER})")
    parser.add_argument("--profile", help="compare another profile than that of the set")
    parser.add_argument("--show", metavar="ID", help="print one document and how it differs")
    arguments = parser.parse_args()
    sets = folder(arguments.folder)
    if sets is None:
        parser.error(f"name the folder with the recorded sets: --folder, or {FOLDER}")
    recorded, profile = sets / arguments.set, arguments.profile or SETS[arguments.set].profile
    if arguments.show:
        return _show(recorded, profile, arguments.show)
    differing = list(differences(recorded, profile))
    _print(differing, sum(1 for _ in cases(recorded)), SETS[arguments.set].differs)
    return 1 if any(each.case.id not in SETS[arguments.set].differs for each in differing) else 0


def _print(differing: list[Difference], documents: int, known: Mapping[str, str]) -> None:
    new = [each for each in differing if each.case.id not in known]
    print(
        f"{documents - len(differing)} of {documents} documents agree, {len(new)} differ without a stated reason"
    )
    for rule, times in Counter(rule for each in new for rule in each.rules).most_common(60):
        example = next(each.case.id for each in new if rule in each.rules)
        print(f"  {times:5} {rule:24} {example}")
    for each in new[:20]:
        print(f"{each.case.id}: {' '.join(each.rules)}")


def _show(recorded: Path, profile: str, wanted: str) -> int:
    case = next(each for each in cases(recorded) if each.id == wanted)
    rules = json.loads((recorded / "rules.json").read_text()).keys()
    differing = _compare(case, profile, rules)
    print(case.document.decode())
    print(
        "differs:", " ".join(differing) or "not at all", "- official:", " ".join(sorted(case.fired)) or "nothing"
    )
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
