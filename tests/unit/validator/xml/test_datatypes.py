"""What the schemas are read to say of leaves is what libxml2 makes of them."""

import re
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

import schemas
from gateway.validator.xml import content_model, datatypes
from gateway.validator.xml.datatypes import ANYTHING, PLAIN, leaf
from gateway.validator.xml.namespaces import CBC

_EXAMPLES = {
    "decimal": "12.50",
    "date": "2026-11-02",
    "time": "08:30:00",
    "boolean": "true",
    "base64Binary": "QQ==",
    "language": "nl",
    "anyURI": "urn/x",
    "string": "a b",
    "normalizedString": "a b",
}
_NOTHING = "~ [&"
"""A text of no datatype but those that take every text."""
_NAMES = sorted(datatypes._leaves())


@cache
def _components() -> etree.XMLSchema:
    return etree.XMLSchema(file=str(schemas.common_file("UBL-CommonBasicComponents-2.1.xsd")))


def _is_valid(name: str, text: str, attributes: dict[str, str]) -> bool:
    element = etree.Element(CBC + name.removeprefix("cbc:"), attributes)
    element.text = text
    return _components().validate(element)


def test_every_leaf_has_a_datatype_that_is_known() -> None:
    declared = etree.parse(str(schemas.common_file("UBL-CommonBasicComponents-2.1.xsd"))).getroot()
    names = {
        f"cbc:{one.get('name')}" for one in declared.iterchildren("{http://www.w3.org/2001/XMLSchema}element")
    }
    assert names == set(_NAMES)
    assert len(names) > 800


@pytest.mark.parametrize("part", range(4))
def test_the_datatypes_are_those_of_the_schema(part: int) -> None:
    for name in _NAMES[part::4]:
        found = leaf(name)
        assert found is not None
        attributes = {key: _EXAMPLES[datatype] for key, datatype in found.attributes.items()}
        assert _is_valid(name, _EXAMPLES[found.text], attributes), name
        nothing = "Q" if found.text == "base64Binary" else _NOTHING  # libxml2 passes over what is no base64
        assert _is_valid(name, nothing, attributes) == (found.text in ANYTHING), name
        for key, datatype in found.attributes.items():
            wrong = {**attributes, key: _NOTHING}
            assert _is_valid(name, _EXAMPLES[found.text], wrong) == (datatype in ANYTHING), (name, key)


@cache
def _builtin(datatype: str) -> etree.XMLSchema:
    return etree.XMLSchema(
        etree.fromstring(
            '<s:schema xmlns:s="http://www.w3.org/2001/XMLSchema">'
            f'<s:element name="a" type="s:{datatype}"/></s:schema>'
        )
    )


@pytest.mark.parametrize("datatype", PLAIN)
@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_what_looks_plain_is_valid(datatype: str, data: st.DataObject) -> None:
    text = data.draw(st.from_regex(PLAIN[datatype], fullmatch=True))
    element = etree.Element("a")
    element.text = text
    assert _builtin(datatype).validate(element), text


def test_every_plain_day_is_in_the_calendar() -> None:
    day = re.compile(PLAIN["date"])
    fits = [f"{month:02}-{number:02}" for month in range(100) for number in range(100)]
    fits = [one for one in fits if day.fullmatch(f"2025-{one}")]
    assert len(fits) == 365
    assert not day.fullmatch("0000-01-01")
    assert not day.fullmatch("\uff12026-01-01")
    for one in fits:
        element = etree.Element("a")
        element.text = f"2025-{one}"
        assert _builtin("date").validate(element)


@pytest.mark.parametrize("datatype", PLAIN)
@pytest.mark.parametrize("text", ["", " ", " 1", "1 ", "\n2026-11-02", "true\n", "08:30:00\t", "\u0661", "x y"])
def test_what_may_not_be_plain_does_not_look_so(datatype: str, text: str) -> None:
    assert not re.fullmatch(PLAIN[datatype], text)


def _all_models() -> list[tuple[content_model.Child, ...]]:
    roots = [content_model.sequence_of(schemas.ubl_file(kind), kind) for kind in ("Invoice", "CreditNote")]
    return [*roots, *content_model._aggregates().values()]


def test_what_may_stand_in_an_element_follows_from_names_alone() -> None:
    for model in _all_models():
        names = [child.name for child in model]
        assert len(names) == len(set(names))
        assert all(name.startswith(("cac:", "cbc:", "ext:")) for name in names)
        assert all(
            (child.occurs_min, child.occurs_max) in {(0, 1), (1, 1), (0, None), (1, None)} for child in model
        )


@pytest.mark.parametrize(
    "file",
    [
        schemas.common_file("UBL-CommonAggregateComponents-2.1.xsd"),
        schemas.ubl_file("Invoice"),
        schemas.ubl_file("CreditNote"),
    ],
    ids=lambda file: file.name,
)
def test_content_models_are_sequences_of_global_elements(file: object) -> None:
    xs = "{http://www.w3.org/2001/XMLSchema}"
    root = etree.parse(str(file)).getroot()
    for declared in root.iter(f"{xs}complexType"):
        assert set(declared.keys()) == {"name"}
        for child in declared.iterchildren("*"):
            assert child.tag in {f"{xs}annotation", f"{xs}sequence"}
        for sequence in declared.iterchildren(f"{xs}sequence"):
            assert not sequence.keys()
            for element in sequence.iterchildren("*"):
                assert element.tag == f"{xs}element"
                assert set(element.keys()) <= {"ref", "minOccurs", "maxOccurs"}
    for element in root.iterchildren(f"{xs}element"):
        assert set(element.keys()) == {"name", "type"}
