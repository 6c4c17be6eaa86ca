"""A document that is written as valid ones before it: known to be valid, and read, without being parsed.

Its first bytes, up to and with the start tag of the root, are those of valid documents. From there on tight
stencils of pieces that stood in such documents are laid end to end, up to the end tag and the end of the bytes.
Then every bracket, name, attribute and quote is one that a parser and the schema have seen in that place, every
value is of its datatype, and the order of the root's children is the schema's. What remains to be seen to are
references, which are counted, and two characters that XML does not know. Any doubt is an answer as well: None, and
the document is parsed.
"""

import re
from dataclasses import dataclass

from gateway.validator.model.invoice import Invoice
from gateway.validator.model.terms import without_collecting
from gateway.validator.ubl.building import Builder, Container, Reading
from gateway.validator.ubl.library import Library, Opening, library_of
from gateway.validator.ubl.plan import Vocabulary
from gateway.validator.ubl.stencils import Stencil
from gateway.validator.ubl.tokens import Stretches
from gateway.validator.xml.diagnosis import plain_root_offset
from gateway.validator.xml.tree import DocumentTree

_PIECE_CHARACTERS_MAX = 1 << 19
"""A piece that is larger is not recognised."""
_LEAD = re.compile(r"[ \t\n]*+")
_REFERENCES = ("&amp;", "&lt;", "&gt;", "&quot;", "&apos;")
_NO_CHARACTERS = ("\ufffe", "\uffff")


@dataclass(frozen=True, slots=True)
class Recognised:
    """A document that is well-formed and valid, though nobody parsed it."""

    kind: str
    """The name of its root."""
    reading: Reading
    elements: int
    """How many elements it has."""
    depth: int
    """How many of them stand inside one another at most."""
    attachments: int
    """How many of them are for an attachment."""


def opening_bytes(markup: bytes) -> bytes | None:
    """The first bytes of a document, up to and with the start tag of its root; None where more than an XML
    declaration and white space stand before it."""
    start = plain_root_offset(markup)
    end = markup.find(b">", start) if start is not None else -1
    return markup[: end + 1] if end > 0 else None


def recognise(tree: DocumentTree, vocabulary: Vocabulary, kind: type[Invoice]) -> Recognised | None:
    """The document in the markup of a tree that was not built yet, if it is known to be valid; None where that is
    not known."""
    library = library_of(vocabulary, of_valid=True)
    begin = opening_bytes(tree.markup)
    opening = library.openings.get(begin) if begin is not None else None
    if begin is None or opening is None:
        return None
    try:
        with without_collecting():
            return _Recogniser(library, opening, Stretches(tree.markup, len(begin))).document(tree, kind)
    except UnicodeDecodeError:
        return None


class _Recogniser(Builder):
    """One document."""

    def __init__(self, library: Library, opening: Opening, source: Stretches) -> None:
        super().__init__(library.vocabulary)
        self.own = library.own_shape("", opening.sign)
        self.opening = opening
        self.source = source
        self.children: list[str] = []
        self.depth = 0
        self.attachments = 0
        self.rows: list[list[Stencil]] = [[]]
        """Pieces that follow each other, each one of its kind."""

    def document(self, tree: DocumentTree, kind: type[Invoice]) -> Recognised | None:
        """The whole document."""
        root = self.root(self.opening.name, self.own)
        if not self.whole(root) or self.opening.model.fullmatch("".join(self.children)) is None:
            return None
        self.opening.saw_rows(self.rows)
        reading = self.reading(tree, kind, self.opening.name, root)
        return Recognised(self.opening.name, reading, self.place, self.depth + 1, self.attachments)

    def whole(self, root: Container) -> bool:
        """Lay stencils up to the end tag of the root; False where none fits, or what is left is not that tag."""
        source = self.source
        if not self.take_more():
            return False
        if lead := _LEAD.match(source.text):
            source.at = lead.end()
        while True:
            while self.lay_one(root):
                pass
            if source.is_at_its_end:
                return source.text[source.at :].rstrip(" \t\n") == self.opening.end_tag
            if len(source.text) - source.at > _PIECE_CHARACTERS_MAX or not self.take_more():
                return False

    def take_more(self) -> bool:
        """Take in more of the document; False where there is something in it that a parser must see."""
        source = self.source
        source.take_more()
        text = source.text
        if source.has_references and text.count("&") != sum(map(text.count, _REFERENCES)):
            return False
        return text.isascii() or not any(each in text for each in _NO_CHARACTERS)

    def lay_one(self, root: Container) -> bool:
        """Read what follows by the first stencil that fits; False where none does."""
        source = self.source
        stencils = self.opening.at(source.text, source.at)
        if (found := self.lay(stencils, source, root)) is None:
            return False
        stencil, times = found
        if stencil is not stencils[0]:
            self.opening.prefer(stencil)
        self.children.append(stencil.children if times == 1 else 2 * stencil.children)
        self.depth = max(self.depth, stencil.depth)
        self.attachments += stencil.attachments * times
        if times == 1 and not stencil.is_joined and stencil.children.rstrip() not in self.vocabulary.repeated:
            self.rows[-1].append(stencil)
        elif self.rows[-1]:
            self.rows.append([])
        return True
