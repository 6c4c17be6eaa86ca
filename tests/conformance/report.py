"""The page that records a run: docs/reference/conformance.md."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from gateway.validator.rules.en16931 import EN16931
from tests.conformance.compare import Tally
from tests.conformance.dead import CII_DEAD, CII_STOPPED, DEAD, DUTCH_DEAD, STOPPED
from tests.conformance.mutants import Mutant
from tests.conformance.provisos import PROVISOS
from tests.conformance.recorded import RecordedRun

PATH = Path(__file__).parents[2] / "docs" / "reference" / "conformance.md"


@dataclass(frozen=True, slots=True)
class Run:
    """One comparison of two engines: what was compared, how to repeat it, what came of it.

    `never` are rules of the set that no document fired, though one could.
    """

    name: str
    command: str
    tally: Tally
    examples: dict[str, tuple[Mutant, bytes]]
    never: frozenset[str] = frozenset()

    @property
    def is_clean(self) -> bool:
        return not self.tally.differences and not self.never


def page(runs: Sequence[Run], recorded: Sequence[RecordedRun] = ()) -> str:
    """The runs as a page."""
    versions = {"day": datetime.now(UTC).date(), "saxon": version("saxonche"), "facturx": version("factur-x")}
    parts = [_HEAD.format(en=EN16931.version, **versions)]
    if runs:
        parts += [_COLUMNS, *map(_row, runs), "", *(f"- {run.name}: `{run.command}`" for run in runs)]
    parts += [_REMARKS if runs else f"{_NO_MUTANTS}{_REMARKS}", _EARLIER]
    parts += [_recorded(recorded)] if recorded else []
    parts += [_provisos(runs)]
    parts += [_listed("Rules that no document can break", DEAD | DUTCH_DEAD)]
    parts += [_listed("Rules that no document in CII can break", CII_DEAD)]
    parts += [_listed("Rules that only our engine reports", STOPPED | CII_STOPPED), _STOPPED]
    parts += [_differences(run) for run in runs if not run.is_clean]
    return "\n".join(parts) + "\n"


_HEAD = """# Conformance

Our rules report a violation exactly where the official artefacts do. `make conformance` compares them
([how to](../how-to/prove-the-rules.md)) and `python -m tests.conformance --write` wrote this page on {day}.

The official artefacts, all run by SaxonC (`saxonche` {saxon}): the stylesheet of EN 16931 {en} for UBL from
`factur-x` {facturx}; for CII that of `ConnectingEurope/eInvoicing-EN16931`; for NLCIUS, the G-account and NLCIUS
in CII those of `peppolautoriteit-nl/validation`; for Peppol BIS Billing and Self-Billing those of OpenPeppol
2026.5. Those of the Netherlands and of Peppol carry EN 16931 as well: only their own rules are compared.
"""

_COLUMNS = """| what | documents | schema-valid | no official verdict | rules that fired | differences |
| --- | ---: | ---: | ---: | ---: | ---: |"""

_NO_MUTANTS = """
On that day the recorded verdicts below were compared, and no mutants."""

_REMARKS = """
The *sets* of rule ids reported for a document are compared. Documents that are invalid by the schema are compared
too: the gateway refuses those before the rules, but `--no-schema` judges them. "No official verdict": the
stylesheet ended with an error, for instance on an amount that is not a number; then our engine or the schema must
refuse the document."""

_EARLIER = """
## Earlier runs

Longer runs, of the rules and the official texts as they were on that day. The one difference was a document
without an official verdict; a proviso says why.

| day | what | documents | schema-valid | no official verdict | rules that fired | differences |
| --- | --- | ---: | ---: | ---: | ---: | ---: |
| 2026-11-29 | EN 16931, official unit cases | 1,131 | 0 | 0 | 233 | 0 |
| 2026-12-01 | EN 16931, 20,000 mutants, seed 7071 | 20,105 | 12,894 | 3,256 | 969 | 0 |
| 2026-12-01 | NLCIUS, 20,000 mutants, seed 7071 | 20,009 | 12,883 | 3,251 | 35 | 0 |
| 2026-12-01 | NLCIUS G-account, 10,000 mutants, seed 6061 | 10,094 | 6,566 | 1,603 | 42 | 0 |
| 2026-12-01 | EN 16931 CII, 10,000 mutants, seed 6061 | 11,166 | 7,327 | 1,894 | 784 | 0 |
| 2026-12-01 | NLCIUS CII, 10,000 mutants, seed 6061 | 10,070 | 6,387 | 1,899 | 32 | 1 |
| 2026-12-01 | Peppol BIS Billing, 10,000 mutants, seed 6061 | 10,360 | 6,793 | 588 | 165 | 0 |
| 2026-12-01 | Peppol BIS Self-Billing, 10,000 mutants, seed 6061 | 10,145 | 6,588 | 454 | 62 | 0 |"""

_STOPPED = """
A document that breaks one of these makes the official stylesheet end in an error: another rule hands several
items to a function that takes one."""


def _row(run: Run) -> str:
    tally = run.tally
    cells = (tally.documents, tally.schema_valid, tally.stopped, len(tally.fired), sum(tally.differences.values()))
    return f"| {run.name} | " + " | ".join(f"{cell:,}" for cell in cells) + " |"


def _recorded(runs: Sequence[RecordedRun]) -> str:
    lines = ["\n## Recorded verdicts\n", "Verdicts of the official texts that were recorded once"]
    lines[-1] += " ([how to](../how-to/prove-the-rules.md#compare-with-recorded-verdicts)).\n"
    lines += ["| set | documents | agree | differ with a stated reason | differ without |"]
    lines += ["| --- | ---: | ---: | ---: | ---: |"]
    lines += [
        f"| {run.name} | {run.documents:,} | {run.documents - run.stated - run.unstated:,} "
        f"| {run.stated} | {run.unstated} |"
        for run in runs
    ]
    return "\n".join(lines)


def _listed(title: str, rules: Mapping[str, str]) -> str:
    lines = [f"\n## {title}\n", "| rule | why |", "| --- | --- |"]
    return "\n".join([*lines, *(f"| {rule} | {proof} |" for rule, proof in rules.items())])


def _provisos(runs: Sequence[Run]) -> str:
    lines = [
        "\n## Provisos\n",
        "Where a difference is excused: on documents that break the schema, and on some that have no official "
        "verdict.\n",
    ]
    for proviso in PROVISOS:
        times = f"; {sum(run.tally.provisos[proviso] for run in runs)} documents" if runs else ""
        rules = ", ".join(sorted(proviso.rules)) or "any rule"
        lines.append(f"- {proviso.documents} ({rules}{times}). {proviso.reason}")
    return "\n".join(lines)


def _differences(run: Run) -> str:
    lines = [
        f"\n## Differences: {run.name}\n",
        "`-` is a rule that only the official artefact fired, `+` only ours.\n",
    ]
    for rule, times in run.tally.differences.most_common():
        lines.append(f"- `{rule}` on {times} documents")
        if rule in run.examples:
            mutant, document = run.examples[rule]
            lines.append(f"  - `{mutant}`\n\n```xml\n{document.decode().strip()}\n```")
    lines += [f"- `{rule}` never fired" for rule in sorted(run.never)]
    return "\n".join(lines)
