"""The tree of a document, and the parser that makes it: one that expands, fetches and recovers nothing."""

import threading

from lxml import etree

_of_thread = threading.local()


class DocumentTree:
    """The tree of a document that is known to be well-formed, built from its markup when it is first asked for."""

    __slots__ = ("_root", "markup")

    def __init__(self, markup: bytes, root: etree._Element | None = None) -> None:
        """`root` is what was parsed from it, if it was."""
        self.markup = markup
        self._root = root

    @property
    def root(self) -> etree._Element:
        """The root element."""
        if self._root is None:
            self._root = parsed(self.markup)
        return self._root

    @property
    def is_built(self) -> bool:
        """Whether it is there, or would still have to be parsed."""
        return self._root is not None


def parsed(markup: bytes) -> etree._Element:
    """The root of a document. Raises etree.XMLSyntaxError."""
    return etree.fromstring(markup, _own_parser())


def _own_parser() -> etree.XMLParser:
    """This thread's parser: making one for each small document would cost a fifth of parsing it."""
    made: etree.XMLParser | None = getattr(_of_thread, "parser", None)
    if made is None:
        made = _of_thread.parser = parser()
    return made


def parser(schema: etree.XMLSchema | None = None) -> etree.XMLParser:
    """A parser that expands, fetches and recovers nothing. The encoding is forced: it was checked before."""
    return etree.XMLParser(
        schema=schema,
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        recover=False,
        collect_ids=False,
    )
