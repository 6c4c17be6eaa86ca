"""Seeded damage to documents: to their bytes, and to their structure."""

import copy
from collections.abc import Callable, Iterator
from random import Random

from lxml import etree

_ODD_BYTES = b"<>&\"'=/!?-[]\x00\x09\x0a\x20\xc3\xff1;:"


def mutants(document: bytes, seed: int, count: int) -> Iterator[bytes]:
    """So many damaged copies, the same for the same seed."""
    random = Random(seed)
    root = etree.fromstring(document)
    for _ in range(count):
        if random.random() < 0.5:
            yield _damaged_bytes(document, random)
        else:
            yield _damaged_structure(root, random)


def structural_mutants(document: bytes, seed: int, count: int) -> Iterator[bytes]:
    """Well-formed ones alone."""
    random = Random(seed)
    root = etree.fromstring(document)
    for _ in range(count):
        yield _damaged_structure(root, random)


def _damaged_bytes(document: bytes, random: Random) -> bytes:
    damaged = bytearray(document)
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(damaged) + 1)
        length = random.choice((1, 1, 2, 8, 200))
        choice = random.randrange(4)
        if choice == 0:
            del damaged[at : at + length]
        elif choice == 1:
            damaged[at:at] = bytes(random.choice(_ODD_BYTES) for _ in range(length))
        elif choice == 2:
            damaged[at : at + 1] = bytes([random.randrange(256)])
        else:
            start = random.randrange(len(damaged) + 1)
            damaged[at:at] = damaged[start : start + length]
    return bytes(damaged)


def _damaged_structure(root: etree._Element, random: Random) -> bytes:
    tree = copy.deepcopy(root)
    for _ in range(random.randint(1, 3)):
        elements = list(tree.iter("*"))
        random.choice(_OPERATIONS)(random.choice(elements), random.choice(elements), random)
    return etree.tostring(tree, xml_declaration=True, encoding="UTF-8", with_tail=False)


def _remove(element: etree._Element, _other: etree._Element, _random: Random) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _repeat(element: etree._Element, _other: etree._Element, _random: Random) -> None:
    if element.getparent() is not None:
        element.addnext(copy.deepcopy(element))


def _swap(element: etree._Element, _other: etree._Element, _random: Random) -> None:
    following = element.getnext()
    if following is not None and element.getparent() is not None:
        following.addnext(element)


def _transplant(element: etree._Element, other: etree._Element, _random: Random) -> None:
    other.append(copy.deepcopy(element))


def _rename(element: etree._Element, other: etree._Element, _random: Random) -> None:
    element.tag = str(other.tag)


def _retext(element: etree._Element, _other: etree._Element, random: Random) -> None:
    values = (
        "",
        " ",
        "x",
        "1,00",
        "-1",
        "2026-13-01",
        "2026-11-02T25:00:00",
        "2026-11-02Z",
        "é" * 50,
        "PT1H",
        "1e3",
    )
    element.text = random.choice(values)


def _reattribute(element: etree._Element, _other: etree._Element, random: Random) -> None:
    if element.attrib and random.random() < 0.5:
        del element.attrib[random.choice(list(element.attrib))]
    else:
        element.set(
            random.choice(("currencyID", "schemeID", "type", "x", "idOwner")), random.choice(("", "EUR", "x"))
        )


def _tail(element: etree._Element, _other: etree._Element, _random: Random) -> None:
    element.tail = "losse tekst"


_OPERATIONS: tuple[Callable[[etree._Element, etree._Element, Random], None], ...] = (
    _remove,
    _repeat,
    _swap,
    _transplant,
    _rename,
    _retext,
    _reattribute,
    _tail,
)
