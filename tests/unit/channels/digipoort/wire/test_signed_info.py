"""SignedInfo read from its canonical bytes says what the tree says, or nothing."""

import base64
import random

import pytest
from lxml import etree

from gateway.channels.digipoort.wire.signature import canonical
from gateway.channels.digipoort.wire.signed_info import read_plain
from tests.unit.channels.digipoort.wire.attacks import genuine
from tests.unit.channels.digipoort.wire.xmlsec_client import NAMES


def signed_info() -> etree._Element:
    found = genuine().find(".//ds:SignedInfo", NAMES)
    assert found is not None
    return found


def told(info: etree._Element) -> tuple[str | None, list[tuple[str, str | None, bytes]]]:
    """By the tree."""
    method = info.find("ds:SignatureMethod", NAMES)
    assert method is not None
    references = []
    for one in info.iterfind("ds:Reference", NAMES):
        digest = one.find("ds:DigestMethod", NAMES)
        assert digest is not None
        value = base64.b64decode(one.findtext("ds:DigestValue", "", NAMES))
        references.append(((one.get("URI") or "")[1:], digest.get("Algorithm"), value))
    return method.get("Algorithm"), references


@pytest.mark.parametrize("prefix", ["ds", None, "d-1.x"])
def test_it_says_what_the_tree_says(prefix: str | None) -> None:
    """Whatever a client calls the namespace."""
    declared, named = ("xmlns", "") if prefix is None else (f"xmlns:{prefix}", f"{prefix}:")
    written = canonical(signed_info(), []).decode()
    written = written.replace("xmlns:ds", declared).replace("<ds:", f"<{named}").replace("</ds:", f"</{named}")
    info = etree.fromstring(written)
    plain = read_plain(canonical(info, []))
    assert plain is not None
    assert (plain.signature_uri, plain.references) == told(info)


def test_what_was_changed_anywhere_is_read_as_the_tree_reads_it_or_not_at_all() -> None:
    chance, info = random.Random(20261126), signed_info()
    written, read = canonical(info, []), 0
    for _ in range(5_000):
        at = chance.randrange(len(written))
        changed = written[:at] + bytes([chance.choice(b'aA1 <>&"/=:#\n')]) + written[at + chance.randrange(3) :]
        plain = read_plain(changed)
        if plain is None:
            continue
        read += 1
        tree = etree.fromstring(changed)
        assert (plain.signature_uri, plain.references) == told(tree)
        assert canonical(tree, []).translate(None, b" \n") == changed.translate(None, b" \n")
    assert read > 100


def test_a_second_transform_a_parameter_or_a_type_is_left_to_the_tree() -> None:
    for path, change in (
        (
            ".//ds:Transforms",
            lambda node: etree.SubElement(node, f"{{{NAMES['ds']}}}Transform", Algorithm="urn:x"),
        ),
        (".//ds:Transform", lambda node: etree.SubElement(node, "{urn:x}InclusiveNamespaces", PrefixList="s")),
        (".//ds:SignatureMethod", lambda node: etree.SubElement(node, "{urn:x}HMACOutputLength")),
        (".//ds:Reference", lambda node: node.set("Type", "urn:x")),
        (".//ds:Reference", lambda node: node.set("URI", "")),
        (".//ds:Transform", lambda node: node.set("Algorithm", "urn:x")),
        (".//ds:CanonicalizationMethod", lambda node: node.set("Algorithm", "urn:x")),
    ):
        info = signed_info()
        node = info.find(path, NAMES)
        assert node is not None
        change(node)
        assert read_plain(canonical(info, [])) is None, path
