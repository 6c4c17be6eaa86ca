"""Every text for people has its Dutch translation in the catalogue, and the catalogue holds nothing else."""

import ast
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

from babel.messages.catalog import Message

from gateway.i18n import CATALOGUE, FORMATS
from gateway.locale.extraction import is_translated, key_of, keys_in_code, read_catalogue, write_catalogue
from tests.house.repository import ROOT

MESSAGES = [message for message in read_catalogue() if message.id]
IN_ENGLISH = "in_english"
"""The parameter that holds words of a library, in English: a translation may leave it out."""
DUTCH = {"het", "een", "niet", "geen", "wordt", "worden", "voor", "van", "deze", "moet", "staat", "bij"}
BUILT = {"gateway/i18n.py", "gateway/validator/model/terms.py", "gateway/validator/rules/sums.py"}
BUILT |= {"gateway/validator/report/html.py", "gateway/validator/rules/asserts.py"}
BUILT |= {"gateway/validator/model/words.py"}
"""Modules that make a `Text` of a key they are given; the keys are literals elsewhere."""


def forms_of(message: Message) -> Iterator[tuple[str, str]]:
    """An English text with its translation, in each of its forms."""
    return zip(key_of(message.id), key_of(message.string or ""), strict=True)


def placeholders(text: str) -> set[tuple[str, str]]:
    """The placeholders of a text with their forms. Without parameters braces are ordinary characters."""
    try:
        return {(name, form or "") for _, name, form, _ in Formatter().parse(text) if name}
    except ValueError:
        return set()


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Every call of `Text` and `plural` in the package, with its module."""
    for path in sorted((ROOT / "gateway").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in {"Text", "plural"}
            ):
                yield path.relative_to(ROOT).as_posix(), node


def test_the_catalogue_has_the_texts_of_the_code_and_no_others() -> None:
    listed = {key_of(message.id) for message in MESSAGES}
    assert listed == keys_in_code(), "run `make messages`, then translate what it names"


def faults(message: Message) -> Iterator[str]:
    """What is wrong with an entry."""
    if not is_translated(message.string) or message.fuzzy:
        yield "no translation"
        return
    for english, dutch in forms_of(message):
        wanted, found = placeholders(english), placeholders(dutch)
        named = {name for name, _ in wanted}
        if not named - {IN_ENGLISH} <= {name for name, _ in found} <= named:
            yield "other placeholders"
        if not {form for _, form in wanted | found} <= {"", *FORMATS}:
            yield "an unknown form"
        if not english.endswith("}") and (english[-1] == ".") != (dutch[-1] == "."):
            yield "one of the two is a sentence, the other is not"


def test_every_text_is_translated() -> None:
    wrong = {key_of(message.id)[0]: found for message in MESSAGES if (found := list(faults(message)))}
    assert wrong == {}


def test_keys_are_english() -> None:
    words = {key: set(" ".join(key).lower().split()) & DUTCH for key in keys_in_code()}
    assert {key: found for key, found in words.items() if len(found) > 1} == {}


def test_keys_are_literals_with_their_parameters() -> None:
    wrong = []
    for module, call in calls():
        keys = [argument.value for argument in call.args if isinstance(argument, ast.Constant)]
        if module in BUILT or "sqlalchemy" in (ROOT / module).read_text(encoding="utf-8"):
            continue
        given = {keyword.arg for keyword in call.keywords}
        needed = {name for key in keys for name, _ in placeholders(str(key))} if given else set()
        if len(keys) != len(call.args) or needed - given:
            wrong.append(f"{module}:{call.lineno}")
    assert wrong == []


def test_the_catalogue_is_written_as_make_messages_writes_it(tmp_path: Path) -> None:
    write_catalogue(read_catalogue(), tmp_path / "nl.po")
    assert (tmp_path / "nl.po").read_text(encoding="utf-8") == CATALOGUE.read_text(encoding="utf-8")
