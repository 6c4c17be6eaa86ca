"""The shape of a piece of a document: which elements and attributes it has, in order, without their text.

A thousand lines of an invoice have a handful of shapes. What follows from the shape alone (which element
stands where it may not, which is missing) is judged once for each shape and holds for all that share it.
"""

from dataclasses import dataclass, field

FOREIGN = "*"
"""The name of an element of a namespace that is not the vocabulary's, as in extensions."""
COMMENT = "#comment"
"""The name of what is no element: a comment or a processing instruction."""


@dataclass(slots=True, eq=False)
class Shape:
    """A subtree below the root, or several that follow each other. Everything is listed in document order, a
    subtree's own top first.

    Names are prefixed the usual way (`cac:Item`); of attributes without a namespace the bare name. An
    element of another namespace is FOREIGN and shows no attributes. Comments and processing instructions are
    elements named `#comment`.
    """

    path: str
    """Of the element it hangs under: `""` for the root itself, `/Invoice`, `/Invoice/cac:TaxTotal`."""
    names: tuple[str, ...]
    parents: tuple[int, ...]
    """The index of each element's parent in `names`; -1 for a top."""
    attributes: tuple[tuple[str, ...], ...]
    paths: tuple[str, ...] = field(init=False)
    """Of each element from the root: `/Invoice/cac:InvoiceLine/cac:Item`, without positions."""

    def __post_init__(self) -> None:
        paths: list[str] = []
        for name, parent in zip(self.names, self.parents, strict=True):
            above = self.path if parent < 0 else paths[parent]
            paths.append(f"{above}/{name}")
        self.paths = tuple(paths)


@dataclass(slots=True, eq=False)
class Occurrences:
    """Every piece of one document that has this shape. `places[n]` is the place of the first element of
    the n-th one; its element i stands at `places[n] + i`."""

    shape: Shape
    places: list[int] = field(default_factory=list)
