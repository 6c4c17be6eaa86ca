"""The page that records a run: docs/reference/conformance.md."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from gateway.validator.rules.en16931 import EN16931
from gateway.validator.rules.nlcius import NLCIUS
from tests.conformance.compare import Tally
from tests.conformance.dead import DEAD, DUTCH_DEAD, STOPPED
from tests.conformance.mutants import Mutant
from tests.conformance.provisos import PROVISOS

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


def page(runs: list[Run]) -> str:
    """The runs as a page."""
    versions = {"day": datetime.now(UTC).date(), "saxon": version("saxonche"), "facturx": version("factur-x")}
    parts = [_HEAD.format(en=EN16931.version, nl=NLCIUS.version, **versions)]
    parts += [_row(run) for run in runs]
    parts += ["", *(f"- {run.name}: `{run.command}`" for run in runs), _REMARKS]
    parts += [_provisos(runs)]
    parts += [_listed("Rules that no document can break", DEAD | DUTCH_DEAD)]
    parts += [_listed("Rules that only our engine reports", STOPPED), _STOPPED]
    parts += [_differences(run) for run in runs if not run.is_clean]
    return "\n".join(parts) + "\n"


_HEAD = """# Conformance

Our rules report a violation exactly where the official artefacts do. `make conformance` compares them
([how to](../how-to/prove-the-rules.md)) and `python -m tests.conformance --write` wrote this page on {day}.

The official artefacts: the stylesheet of EN 16931 {en} for UBL from `factur-x` {facturx} and, for the Dutch rules,
that of SI-UBL {nl}, both run by SaxonC (`saxonche` {saxon}).

| what | documents | schema-valid | no official verdict | rules that fired | differences |
| --- | ---: | ---: | ---: | ---: | ---: |"""

_REMARKS = """
The *sets* of rule ids reported for a document are compared. Documents that are invalid by the schema are compared
too: the gateway refuses those before the rules, but `--no-schema` judges them. "No official verdict": the
stylesheet ended with an error, for instance on an amount that is not a number; then our engine or the schema must
refuse the document."""

_STOPPED = """
A document that breaks one of these makes the official stylesheet end in an error: another rule hands several
items to a function that takes one."""


def _row(run: Run) -> str:
    tally = run.tally
    cells = (tally.documents, tally.schema_valid, tally.stopped, len(tally.fired), sum(tally.differences.values()))
    return f"| {run.name} | " + " | ".join(f"{cell:,}" for cell in cells) + " |"


def _listed(title: str, rules: Mapping[str, str]) -> str:
    lines = [f"\n## {title}\n", "| rule | why |", "| --- | --- |"]
    return "\n".join([*lines, *(f"| {rule} | {proof} |" for rule, proof in rules.items())])


def _provisos(runs: list[Run]) -> str:
    lines = ["\n## Provisos\n", "Where a difference is excused; only on documents that break the schema.\n"]
    for proviso in PROVISOS:
        times = sum(run.tally.provisos[proviso] for run in runs)
        rules = ", ".join(sorted(proviso.rules)) or "any rule"
        lines.append(f"- {proviso.documents} ({rules}; {times} documents). {proviso.reason}")
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
