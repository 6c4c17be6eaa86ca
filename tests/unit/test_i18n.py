"""Texts for people: rendered in a language, carried between processes, numbers and dates by Babel."""

import pickle
from datetime import date
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from gateway.i18n import CATALOGUE, Text, plural, untranslated
from gateway.locale.extraction import keys_in_code, update_catalogue


class _Carrier(msgspec.Struct):
    text: Text | str | None


def test_placeholders_are_filled_in_both_languages() -> None:
    text = Text("see {first}", first=Text("nothing"))
    assert (text.en, text.nl) == ("see nothing", "see nothing")


def test_braces_without_parameters_are_ordinary_characters() -> None:
    assert Text('{"a": {}}').en == '{"a": {}}'


def test_braces_in_a_value_stay() -> None:
    assert Text("found {value}", value="{x}").en == "found {x}"


@pytest.mark.parametrize(
    ("form", "value", "en", "nl"),
    [
        ("n", 1_234_567, "1,234,567", "1.234.567"),
        ("n", 12, "12", "12"),
        ("number", Decimal("1098.310"), "1098.310", "1098,310"),
        ("number", Decimal(-5), "-5", "-5"),
        ("amount", Decimal(7080), "€7,080.00", "€ 7.080,00"),
        ("amount", Decimal("-0.5"), "-€0.50", "€ -0,50"),
        ("amount", Decimal("0.0725"), "€0.0725", "€ 0,0725"),
        ("date", date(2026, 3, 1), "1 March 2026", "1 maart 2026"),
        ("month", date(2026, 12, 31), "December 2026", "december 2026"),
        ("capital", "één", "Één", "Één"),
        ("country", "DE", "Germany", "Duitsland"),
        ("currency", "SEK", "Swedish Krona", "Zweedse kroon"),
        ("", Decimal("1.50"), "1.50", "1.50"),
        ("", 1000, "1000", "1000"),
    ],
)
def test_values_are_written_as_their_form_says(
    form: str, value: int | Decimal | date | str, en: str, nl: str
) -> None:
    text = Text(f"{{value:{form}}}", value=value)
    assert (text.en, text.nl) == (en, nl)


@pytest.mark.parametrize(("count", "en"), [(0, "0 things"), (1, "1 thing"), (2, "2 things")])
def test_plural_takes_the_form_of_its_count(count: int, en: str) -> None:
    assert plural("{count} thing", "{count} things", count=count).en == en


def test_an_unknown_text_is_the_same_in_every_language() -> None:
    assert untranslated("BT-1 & {x}").nl == "BT-1 & {x}"


@pytest.mark.parametrize(
    "text",
    [
        Text("plain"),
        Text("{day:date} {price:amount}", day=date(2026, 3, 1), price=Decimal("1.10")),
        Text("in {other}", other=plural("{count} x", "{count} y", count=2)),
    ],
)
def test_a_text_survives_hashing_pickle_and_msgpack(text: Text) -> None:
    carried = msgspec.msgpack.decode(msgspec.msgpack.encode(_Carrier(text)), type=_Carrier).text
    assert {carried} == {text} == {pickle.loads(pickle.dumps(text))}  # noqa: S301 - our own value
    assert isinstance(carried, Text)
    assert carried.en == text.en


def test_values_can_be_changed_inside_nested_texts() -> None:
    text = Text("{a} {b} {n}", a="long", b=Text("{c}", c="longer"), n=12)
    assert text.map_values(lambda value: value[:2]).en == "lo lo 12"


def test_the_catalogue_follows_the_code(tmp_path: Path) -> None:
    (tmp_path / "code.py").write_text(
        'Text("new {x}", x=1)\nplural("{count} a", "{count} b", count=2)\nText(dynamic)\n'
    )
    (tmp_path / "page.html").write_text('<p>{{ t("on a page") }}</p>')
    (tmp_path / "some.rules").write_text(
        "cbc:ID\n    X-1: never\n        Says\n            so.\n        found .\n"
    )
    (tmp_path / "words.toml").write_text('[unit]\nHUR = ["c", "d"]\nDZN = "e"\n')
    path = tmp_path / "nl.po"
    path.write_text(
        CATALOGUE.read_text().split("msgid", 2)[0]
        + 'msgid "gone"\nmsgstr "weg"\n\nmsgid "on a page"\nmsgstr "op een pagina"\n'
    )
    in_code = {("new {x}",), ("{count} a", "{count} b"), ("on a page",), ("Says so.",)}
    assert keys_in_code(tmp_path) == in_code | {("c", "d"), ("e",)}
    assert sorted(update_catalogue(path, tmp_path)) == ["Says so.", "c", "e", "new {x}", "{count} a"]
    written = path.read_text()
    assert "gone" not in written
    assert 'msgid "on a page"\nmsgstr "op een pagina"' in written
    assert 'msgid_plural "{count} b"' in written
