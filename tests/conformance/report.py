"""The page that records a run: docs/reference/conformance.md."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.conformance.compare import Tally
from tests.conformance.mutants import Mutant

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
    parts = [_HEAD.format(day=datetime.now(UTC).date())]
    parts += [_row(run) for run in runs]
    parts.append(_REMARKS)
    parts += [_differences(run) for run in runs if not run.is_clean]
    return "\n".join(parts) + "\n"


_HEAD = """# Conformance

Do our rules fire where the official artefacts fire, and nowhere else? This page is written by
`make conformance` (`python -m tests.conformance --write`); last on {day}.

| what | documents | schema-valid | no official verdict | rules that fired | differences |
| --- | ---: | ---: | ---: | ---: | ---: |"""

_REMARKS = """
A document counts as the same when the *sets* of rule ids are equal. "No official verdict": the official
stylesheet ended in an error of its own (a seller with two legal entities, an amount that is no number); then
all that is asked is that our engine or the schema refuses the document."""


def _row(run: Run) -> str:
    tally = run.tally
    cells = (tally.documents, tally.schema_valid, tally.stopped, len(tally.fired), sum(tally.differences.values()))
    return f"| {run.name} | " + " | ".join(f"{cell:,}" for cell in cells) + " |"


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
