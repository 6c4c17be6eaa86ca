"""Every text of a document, and which term of the model it fills.

What a page shows is compared with it, so that nothing of a document is hidden: also what the model does not hold,
such as an extension. Base64 of attachments, comments and processing instructions are left out.
"""

from collections.abc import Collection, Iterator, Set
from typing import Any, NamedTuple

from lxml import etree

from gateway.validator.ubl.binding import Vocabulary
from gateway.validator.ubl.path_nodes import PathNode
from gateway.validator.ubl.reader import root_node
from gateway.validator.xml.parsing import Parsed

TermKey = tuple[int, str]
"""A term of one document: the ordinal of its group and the attribute; `amount currencyID` for its currency."""
CURRENCY = "currencyID"
_Frame = tuple[int, list[str]]
"""An element that became a group: its ordinal, and the fields of the group."""


class LeftText(NamedTuple):
    """A text, or the value of an attribute, that is not shown."""

    element: etree._Element
    attribute: str | None
    text: str


def texts_left(
    parsed: Parsed, vocabulary: Vocabulary[Any] | None, shown: Set[TermKey], currency: str
) -> list[LeftText]:
    """The texts that fill none of the terms that are shown, in the order of the document. Amounts are in
    `currency`, unless they say otherwise."""
    walk = _TextWalk(parsed, shown, currency)
    walk.visit(parsed.root, root_node(parsed.root, vocabulary) if vocabulary else None, -1)
    return walk.left


class _TextWalk:
    def __init__(self, parsed: Parsed, shown: Set[TermKey], currency: str) -> None:
        self.left: list[LeftText] = []
        self._shown = shown
        self._currency = currency
        self._attachments = parsed.attachments
        self._frames: list[_Frame] = []

    def visit(self, element: etree._Element, node: PathNode | None, ordinal: int) -> int:
        """Look at an element and those in it; the ordinal of the last."""
        last = ordinal = ordinal + 1
        is_frame = node is not None and node.is_frame
        if node is not None and is_frame:
            self._frames.append((ordinal, node.fields))
        is_shown = node is not None and bool(node.fills) and self._is_shown(node.fills)
        for name, value in element.items():
            if name == CURRENCY and (
                value == self._currency or (node and self._is_shown(node.fills, f" {CURRENCY}"))
            ):
                continue
            if is_shown and node is not None and node.only_where == (name, value):
                continue
            use = node.attributes[name] if node is not None else None
            if use is None or not self._is_shown(use.fills):
                self.left.append(LeftText(element, name, value))
        children = element[:]
        if not is_shown and (text := _own_text(element, children)) and element not in self._attachments:
            self.left.append(LeftText(element, None, text))
        for child in children:
            if isinstance(tag := child.tag, str):
                last = self.visit(child, node.children[tag] if node is not None else None, last)
        if is_frame:
            self._frames.pop()
        return last

    def _is_shown(self, fills: tuple[tuple[int, int, bool], ...], attribute: str = "") -> bool:
        frames, shown = self._frames, self._shown
        for number, index, _ in fills:
            ordinal, fields = frames[number]
            if (ordinal, fields[index] + attribute) in shown:
                return True
        return False


def _own_text(element: etree._Element, children: list[etree._Element]) -> str:
    """The text right in an element, also where comments or elements break it up; empty where it is blank."""
    texts = [text for text in [element.text, *[child.tail for child in children]] if text and not text.isspace()]
    return "".join(texts)


def term_keys(
    parsed: Parsed, vocabulary: Vocabulary[Any], elements: Collection[etree._Element]
) -> dict[etree._Element, TermKey]:
    """The term that the text of each element fills; else the group around it, and no attribute."""
    found = _all_keys(parsed, vocabulary, elements)
    return {element: keys[0] for element, keys in found.items()}


def _all_keys(
    parsed: Parsed, vocabulary: Vocabulary[Any], elements: Collection[etree._Element]
) -> dict[etree._Element, list[TermKey]]:
    wanted = {one for each in elements for one in (each, *each.iterancestors())}
    ordinals = {each: nth for nth, each in enumerate(parsed.root.iter("*")) if each in wanted} if wanted else {}
    root = root_node(parsed.root, vocabulary)
    return {element: _keys(element, root, ordinals) for element in elements}


def _keys(element: etree._Element, node: PathNode, ordinals: dict[etree._Element, int]) -> list[TermKey]:
    frames: list[_Frame] = []
    for nth, one in enumerate([element, *element.iterancestors()][::-1]):
        following = node.children[one.tag] if nth else node
        if following is None:
            break
        node = following
        if node.is_frame:
            frames.append((ordinals[one], node.fields))
    fills = [(frames[number][0], frames[number][1][index]) for number, index, _ in node.fills]
    return fills or [(frames[-1][0] if frames else 0, "")]


def odd_currencies(parsed: Parsed, vocabulary: Vocabulary[Any], usual: str) -> Iterator[tuple[TermKey, str]]:
    """The amounts in another currency than the usual one, with it."""
    if set(parsed.root.xpath(f"//@{CURRENCY}")) <= {usual}:
        return
    elements = [each for each in parsed.root.iter("*") if each.get(CURRENCY, usual) != usual]
    for element, keys in _all_keys(parsed, vocabulary, elements).items():
        for key in keys:
            yield key, str(element.get(CURRENCY))
