"""Finds the texts for people in the code, the templates and the words of codes, and keeps the catalogue with them.

`python -m gateway.locale` adds what is new, without a translation, and removes what no code uses any more.
"""

import ast
import tomllib
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

from gateway.i18n import CATALOGUE
from gateway.validator.rules.asserts import texts_in

PACKAGE = Path(__file__).parents[1]
KEYWORDS = {"Text": (0,), "plural": (0, 1), "bt": (1,), "bt_from": (1,), "many": (1,), "group": (1,)}
"""Where the English text is in the arguments of each of these calls; two for the form of one and of many."""
_TEMPLATE_KEYWORD = "t"
_HEADER = """\
# Dutch texts of Meterpoort. Correct a translation here; `make messages` adds and removes entries.
msgid ""
msgstr ""
"Project-Id-Version: meterpoort\\n"
"Language: nl\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""

Key = tuple[str, ...]
"""An English text: alone, or in its form for one and its form for many."""


def keys_in_code(package: Path = PACKAGE) -> set[Key]:
    """Every text in the modules, templates, files of rules and words of codes below a package."""
    found: set[Key] = set()
    for path in package.rglob("*.py"):
        found.update(_keys_in_module(path.read_text(encoding="utf-8")))
    for path in (*package.rglob("*.html"), *package.rglob("*.md")):
        found.update(_keys_in_template(path.read_bytes()))
    for path in package.rglob("*.rules"):
        found.update((text,) for text in texts_in(path.read_text(encoding="utf-8")))
    for path in package.rglob("words.toml"):
        found.update(_keys_in_words(path.read_text(encoding="utf-8")))
    return found - {()}


def _keys_in_module(source: str) -> Iterator[Key]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            slots = KEYWORDS.get(_name_of(node.func), ())
            if slots and len(node.args) > slots[-1]:
                yield tuple(text for at in slots if (text := _constant(node.args[at])))


def _name_of(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else ""


def _constant(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _keys_in_template(source: bytes) -> Iterator[Key]:
    for _line, _function, text, _comments in babel_extract(BytesIO(source), [_TEMPLATE_KEYWORD], [], {}):
        key = text[0] if isinstance(text, tuple) else text
        if key:
            yield (key,)


def _keys_in_words(source: str) -> Iterator[Key]:
    for table in tomllib.loads(source).values():
        yield from (key_of(words) for words in table.values())


def key_of(identifier: str | Sequence[str]) -> Key:
    """The key of an entry of a catalogue."""
    return (identifier,) if isinstance(identifier, str) else tuple(identifier)


def read_catalogue(path: Path = CATALOGUE) -> Catalog:
    """The catalogue as it is."""
    with path.open("rb") as file:
        return read_po(file, locale="nl")


def write_catalogue(catalogue: Catalog, path: Path = CATALOGUE) -> None:
    """Write the catalogue, sorted by key, without line numbers or dates: two changes seldom touch each other."""
    written = BytesIO()
    write_po(
        written, catalogue, width=0, no_location=True, omit_header=True, sort_output=True, ignore_obsolete=True
    )
    path.write_bytes(_HEADER.encode() + written.getvalue())


def update_catalogue(path: Path = CATALOGUE, package: Path = PACKAGE) -> list[str]:
    """Bring the catalogue in line with the code; the texts that are not translated yet."""
    catalogue = read_catalogue(path)
    template = Catalog(locale="nl")
    for key in keys_in_code(package):
        template.add(key[0] if len(key) == 1 else key)
    catalogue.update(template, no_fuzzy_matching=True)
    write_catalogue(catalogue, path)
    return [key_of(message.id)[0] for message in catalogue if message.id and not is_translated(message.string)]


def is_translated(string: str | Sequence[str] | None) -> bool:
    """Whether an entry has its translation, in every form."""
    return bool(string and all([string] if isinstance(string, str) else string))
