"""Files of rules: what they say is judged, and a slip of the pen is an error."""

from pathlib import Path
from types import ModuleType

import pytest
from lxml import etree

import gateway.validator.kinds  # noqa: F401 - it enters the names of the terms
from gateway.i18n import Text
from gateway.validator.finding import Flag
from gateway.validator.rules.asserts import parse, read_rules, texts_in
from gateway.validator.rules.detail import Detail
from gateway.validator.rules.patterns import Pattern, PatternRule, Test, judge_patterns
from gateway.validator.xml.locations import name_of
from tests.samples.xml import CAC, CBC, INVOICE

WRITTEN = """\
# What is about nothing.
ROOT = Invoice | CreditNote
NUMBER = cbc:ID

/ROOT if facts.country NL BE and has NUMBER
    X-1 warning BT-1 BT-2: is_long 3
        A number
            is long.
        Write more.
        found NUMBER, expected > 3
    X-2: never
        There is nothing.
---
cac:Party/NUMBER scheme 0106
    X-3 BT-3: is_plain
        A number is plain.
        shown by what_is_odd
    X-4 BT-4: asks_for has_attribute schemeID
"""


class _Facts:
    country = "NL"

    def __init__(self, _root: object) -> None:
        pass


def _module(tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """A package with one file of rules, and the functions of its module."""
    package = tmp_path / f"of_{tmp_path.name}"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "some.rules").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    module = ModuleType(package.name)

    def is_long(least: str) -> Test:
        return lambda element, _facts: len(element.findtext(f"{{{CBC}}}ID") or "") >= int(least)

    def asks_for(key: str, terms: str, holds: Test) -> PatternRule:
        return PatternRule(key, Flag.FATAL, Text("Asked for."), holds, "made", terms=(terms,))

    module.__dict__.update(
        __package__=package.name,
        _is_long=is_long,
        is_plain=lambda element, _facts: element.text == "12",
        _what_is_odd=lambda element, _facts: Detail(element.text, "12"),
        _asks_for=asks_for,
    )
    return module.__dict__


def _read(tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Pattern, ...]:
    return read_rules("some", _module(tmp_path, text, monkeypatch), "Invented 1", _Facts)


def test_rules_are_as_they_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = _read(tmp_path, WRITTEN, monkeypatch)
    (whole,), (party,) = first.contexts, second.contexts
    assert (whole.paths, party.paths, party.scheme) == (("/Invoice", "/CreditNote"), ("cac:Party/cbc:ID",), "0106")
    rule, never = whole.rules
    assert (rule.id, rule.flag, rule.terms, rule.source) == ("X-1", Flag.WARNING, ("BT-1", "BT-2"), "Invented 1")
    assert (rule.sentence, rule.advice) == (Text("A number is long."), Text("Write more."))
    assert (never.flag, never.terms, never.holds, never.advice) == (Flag.FATAL, (), None, None)
    assert party.rules[1].source == "made"
    assert set(texts_in(WRITTEN)) == {
        "A number is long.",
        "Write more.",
        "There is nothing.",
        "A number is plain.",
    }


def test_their_tests_judge_and_their_findings_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = etree.fromstring(
        f'<i:Invoice xmlns:i="{INVOICE}" xmlns:a="{CAC}" xmlns:b="{CBC}"><b:ID>17</b:ID>'
        '<a:Party><b:ID schemeID="0106">13</b:ID><b:ID>x</b:ID></a:Party></i:Invoice>'
    )
    judged = judge_patterns(
        root, _read(tmp_path, WRITTEN, monkeypatch), lambda tag: name_of(tag).replace("ubl:", ""), 9, ()
    )
    assert [(each.rule.id, each.detail) for each in judged.breaches] == [
        ("X-1", Detail("17", "> 3", term="BT-1")),
        ("X-2", Detail()),
        ("X-3", Detail("13", "12")),
    ]


def test_a_rule_is_made_of_paths_and_a_finding_shows_what_a_function_makes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = """\
NUMBER = cbc:ID

cac:Party
    X-1 BT-3: wants NUMBER
    X-2 BT-3 BT-5: never
        {term} is left out.
        shown by said NUMBER twice
"""
    words = _module(tmp_path, text, monkeypatch) | {
        "wants": lambda key, terms, path: PatternRule(key, Flag.FATAL, Text(path), None, terms),
        "said": lambda *needs: lambda _element, _facts: Detail(" ".join(needs)),
    }
    (pattern,) = read_rules("some", words, "Invented 1")
    made, other = pattern.contexts[0].rules
    assert (made.sentence, made.source) == (Text("cbc:ID"), "BT-3")
    assert other.sentence.en == "Invoice type code (BT-3) is left out."
    assert other.detail(etree.Element("a"), None) == Detail("cbc:ID twice")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("cbc:ID\n    X-1 never\n        Says so.\n", "does not begin a rule"),
        ("cbc:ID\n    X-1: never\n        Says so.\n        Do.\n        Do more.\n", "not written as a rule is"),
        ("cbc:ID\n    X-1: never\n        Says so.\ncbc:Name\n    X-1: never\n        Or so.\n", "written twice"),
        ("cbc:ID\n    X-1: is_odd\n        Says so.\n", "is_odd"),
    ],
)
def test_a_slip_of_the_pen_is_an_error(
    text: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises((ValueError, KeyError), match=reason):
        _read(tmp_path, text, monkeypatch)


def test_an_id_alone_is_the_rule_above_and_what_differs_has_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = """\
cbc:ID
    X-1: never
        There is none.
        found text(), expected WANTED
    X-2: never
        There is none either.
cbc:Name | OTHER
    X-2
"""
    known: dict[str, PatternRule] = {}
    words = _module(tmp_path, text, monkeypatch)
    (ours,) = read_rules("some", words, "Invented 1", known=known, WANTED="12", OTHER="cbc:Note")
    (theirs,) = read_rules("some", words, "Invented 1", known=known, WANTED="13", OTHER="")
    assert ours.contexts[0].rules[1] is ours.contexts[1].rules[0] is theirs.contexts[1].rules[0]
    assert [each.contexts[1].paths for each in (ours, theirs)] == [("cbc:Name", "cbc:Note"), ("cbc:Name",)]
    empty = etree.fromstring("<ID/>")
    shown = [each.contexts[0].rules[0].detail(empty, None) for each in (ours, theirs)]
    assert shown == [Detail("", "12"), Detail("", "13")]


def test_a_line_that_is_further_in_goes_on_with_the_one_above() -> None:
    assert list(parse("cbc:ID\n        | cbc:Name\n    X-1: never\n        Says\n            so.\n"))[1:] == [
        ("cbc:ID | cbc:Name", [["X-1: never", "Says so."]])
    ]
