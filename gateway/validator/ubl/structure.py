"""What a document has according to its standard: which elements and attributes, how often, with which codes.

A structure is a text file in `structures`. Each row is an element, or an attribute with `@`, indented below the
element that it is in:

    cac:OrderLine +
      cac:LineItem 1
        cbc:Quantity 1 tir01-132
          @unitCode 1 [units]

After the name comes how often it occurs (`1`, `?` at most once, `*`, `+`), then the number of its business term,
in brackets the code lists (`gateway.validator.model.codes`) of which one has its value, and after `=` the value
that it always has. Rows are numbered from the root, 1, down the file, as the ids of structural rules count them.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from gateway.i18n import Text
from gateway.validator.model.terms import TERMS, Term
from gateway.validator.ubl.binding import Every, One, Vocabulary
from gateway.validator.ubl.words import UNSAID, WORDS

_ROW = re.compile(
    r"(?P<indent>(?:  )*)(?P<name>@?[\w:]+)(?: (?P<times>[1?*+]))?(?: (?P<term>tir\d+-\w+))?"
    r"(?: \[(?P<lists>[\w|]+)\])?(?: =(?P<fixed>\S+))?"
)


@dataclass(frozen=True, slots=True)
class StructurePart:
    """An element or attribute of a structure. `path` begins at the root (`/Order/cbc:ID`), `number` counts from 1,
    `label` is its name for people: `Buyer: contact: name`."""

    path: str
    number: int
    is_required: bool
    label: Text
    term: str
    lists: tuple[str, ...]
    fixed: str
    inside: tuple["StructurePart", ...]

    @property
    def name(self) -> str:
        """The last step of its path: `cbc:ID`, `@schemeID`."""
        return self.path.rpartition("/")[2]

    @property
    def is_attribute(self) -> bool:
        """An attribute, and not an element."""
        return self.name.startswith("@")

    @property
    def elements(self) -> tuple["StructurePart", ...]:
        """The elements right inside it."""
        return tuple(each for each in self.inside if not each.is_attribute)

    @property
    def attributes(self) -> tuple["StructurePart", ...]:
        """Its attributes."""
        return tuple(each for each in self.inside if each.is_attribute)

    def all(self) -> Iterator["StructurePart"]:
        """Itself and everything in it, in the order of the file."""
        yield self
        for each in self.inside:
            yield from each.all()


def read_structure(name: str) -> StructurePart:
    """The root of a structure, by the name of its file. Raises ValueError for a row that cannot be read."""
    return parse_structure(files(__package__).joinpath("structures", f"{name}.txt").read_text("utf-8"))


def parse_structure(text: str) -> StructurePart:
    """The root of a structure, from the text of its file. Raises ValueError for a row that cannot be read."""
    rows = []
    for line in text.splitlines():
        if line and not line.startswith("#"):
            if not (row := _ROW.fullmatch(line)):
                raise ValueError(f"a row that cannot be read: {line.strip()}")
            rows.append((len(row["indent"]) // 2, row))
    [root] = _parts(rows, 0, len(rows), "", None)
    return root


def _parts(
    rows: list[tuple[int, re.Match[str]]], start: int, end: int, above: str, called: Text | None
) -> tuple[StructurePart, ...]:
    """The parts of the rows from `start` to `end`, with everything in them."""
    if start == end:
        return ()
    starts = [at for at in range(start, end) if rows[at][0] == rows[start][0]]
    parts = []
    for at, following in zip(starts, [*starts[1:], end], strict=True):
        row = rows[at][1]
        path, label = f"{above}/{row['name']}", _label(row["name"], called)
        parts.append(
            StructurePart(
                path,
                at + 1,
                row["times"] in ("1", "+"),
                label or Text("Document"),
                row["term"] or "",
                tuple((row["lists"] or "").split("|")) if row["lists"] else (),
                row["fixed"] or "",
                _parts(rows, at + 1, following, path, label if row["name"] not in UNSAID else called),
            )
        )
    return tuple(parts)


def _label(name: str, called: Text | None) -> Text | None:
    """What people call a part inside a part that they call `called`; None for the root."""
    if ":" not in name and not name.startswith("@"):
        return None
    word = WORDS[name]
    return (
        Text("{word:capital}", word=word) if called is None else Text("{group}: {word}", group=called, word=word)
    )


def enter_terms(root: StructurePart, vocabulary: Vocabulary[Any]) -> None:
    """Enter the terms of a structure in `TERMS`, each with the field of the model that holds it, if one does."""
    for part in root.all():
        if part.term:
            kind, attribute = _field(part, vocabulary)
            TERMS.setdefault(part.term, []).append(Term(part.term, part.label, "text", kind, attribute))


def _field(part: StructurePart, vocabulary: Vocabulary[Any]) -> tuple[type[Any], str]:
    steps = ("/", *part.path.split("/")[2:])
    for depth in range(len(steps) - 1, 0, -1):
        binding, path = vocabulary.binding_of(steps[:depth]), "/".join(steps[depth:])
        for attribute, source in binding.fields.items() if binding else ():
            if isinstance(source, One | Every) and path in source.path.split("|"):
                return (binding.kind if binding else vocabulary.model), attribute
    return vocabulary.model, ""


def terms_of(*roots: StructurePart) -> Mapping[str, str]:
    """The term at each path of some structures."""
    return {part.path: part.term for root in reversed(roots) for part in root.all() if part.term}
