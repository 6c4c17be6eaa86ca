"""The parser of documents: one that expands, fetches and recovers nothing."""

import threading

from lxml import etree

_of_thread = threading.local()


def root_of(markup: bytes) -> etree._Element:
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
