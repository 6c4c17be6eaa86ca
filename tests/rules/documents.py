"""A case made into a document: the sample it names, with its terms changed."""

import re
from copy import deepcopy

from lxml import etree

from gateway.validator.rules.cases import Case
from gateway.validator.xml.namespaces import CII, HR_XML, OHNL
from tests.conformance.ubl import children, insert
from tests.rules.paths import PATHS
from tests.samples import sample
from tests.samples.xml import CAC, CBC, EXT

_SPACES = {"cac": CAC, "cbc": CBC, "ext": EXT, "hr": HR_XML, "nl-cbc": OHNL, **CII}
_NUMBER = re.compile(r"\[\d+\]\Z")


def document_of(case: Case) -> bytes:
    """The document. Raises ValueError where the case names what the sample does not have."""
    root = etree.fromstring(sample(case.document))
    for part in case.repeat:
        node = _node(root, part)
        node.addnext(deepcopy(node))
    for part, text in case.change.items():
        _change(root, part, text)
    for part in case.remove:
        _remove(root, part)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _path(part: str) -> str:
    return PATHS.get(part, part)


def _found(root: etree._Element, path: str) -> etree._Element | None:
    return next(iter(root.xpath(path, namespaces=_SPACES)), None)


def _node(root: etree._Element, part: str) -> etree._Element:
    node = _found(root, _path(part))
    if node is None:
        raise ValueError(f"the sample has no {part}")
    return node


def _change(root: etree._Element, part: str, text: str) -> None:
    path, attribute = _split(_path(part))
    node = _found(root, path)
    if node is None:
        node = _make_element(root, path)
    if attribute:
        node.set(attribute, text)
    else:
        node.text = text


def _make_element(root: etree._Element, path: str) -> etree._Element:
    """The element that a path ends in, and those on the way to it, put where the schema wants them; last where the
    schema has no place for it. A number (`cac:PartyName[2]`) asks for one more."""
    parent_path, _, name = path.rpartition("/")
    parent = root if not parent_path else _found(root, parent_path)
    if parent is None:
        parent = _make_element(root, parent_path)
    prefix, _, local = _NUMBER.sub("", name).partition(":")
    node = etree.Element(f"{{{_SPACES[prefix]}}}{local}")
    if prefix == "cbc" and local.endswith("Amount"):
        node.set("currencyID", "EUR")
    if str(node.tag) in {allowed.tag for allowed in children(str(parent.tag))}:
        insert(parent, node)
    else:
        parent.append(node)
    return node


def _remove(root: etree._Element, part: str) -> None:
    path, attribute = _split(_path(part))
    node = _node(root, path)
    if attribute:
        del node.attrib[attribute]
        return
    parent = node.getparent()
    if parent is not None:
        parent.remove(node)


def _split(path: str) -> tuple[str, str]:
    """A path and the attribute it ends in, if it does."""
    before, at, attribute = path.rpartition("/@")
    return (before, attribute) if at else (path, "")
