"""Makes the view of a document by the layout of its model, and keeps account of the terms that it shows."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from gateway.i18n import Text, untranslated
from gateway.validator.model.terms import GROUPS, Document, Group, derived, every
from gateway.validator.model.words import words_for
from gateway.validator.rendering.forms import account_text, date_text, number_text, quantity_text
from gateway.validator.rendering.layouts import (
    CODES,
    LABELS,
    CardsPart,
    FactsPart,
    Layout,
    Part,
    SumsPart,
    TableColumn,
    TablePart,
)
from gateway.validator.rendering.texts import CURRENCY, TermKey
from gateway.validator.rendering.view import Card, File, FindingNote, Section, ShownItem, ShownRow, Table, Value

_NONE: list[FindingNote] = []
_OWN = {each.name for each in dataclasses.fields(Document)} | {each.name for each in dataclasses.fields(Group)}
_SUFFIXES = (
    ("date", "date"),
    ("amount", "amount"),
    ("price", "amount"),
    ("quantity", "quantity"),
    ("rate", "percentage"),
)
_TELLING = {"indicator"}
"""Tables whose words say all that the code does."""
_IN_A_ROW = 50
_SIGNS = {"EUR": "€", "GBP": "£"}


@dataclass(frozen=True, slots=True)
class _About:
    """What is to be known of an attribute of a group."""

    label: str
    terms: tuple[str, ...]
    name: str
    form: str
    table: str
    scheme: str


class Builder:
    """One document while its view is made."""

    def __init__(
        self,
        layout: Layout,
        document: Document,
        language: str,
        currencies: Mapping[TermKey, str],
        notes: Mapping[TermKey, list[FindingNote]],
        files: Mapping[int, list[File]],
    ) -> None:
        self.layout = layout
        self.document = document
        self.language = language
        self.shown: set[TermKey] = set()
        self.files = files
        """By the ordinal of the group that they are in; under -1 those that are in none."""
        self.currency = (getattr(document, layout.currency, None) or "").strip()
        self._currencies = currencies
        self._notes = notes
        self._about: dict[tuple[type[Group], str], _About] = {}
        self._names: dict[type[Group], list[str]] = {}

    def say(self, text: Text) -> str:
        """A text in the language of the view."""
        return text.in_language(self.language)

    # --- what is known of an attribute -----------------------------------------------------------------------

    def about(self, kind: type[Group], attribute: str) -> _About:
        """Label, terms and form of an attribute."""
        found = self._about.get((kind, attribute))
        if found is None:
            found = self._about[kind, attribute] = self._learn(kind, attribute)
        return found

    def _learn(self, kind: type[Group], attribute: str) -> _About:
        number, name, form = _term(kind, attribute)
        text = LABELS.get(attribute) or (
            name if number else untranslated(attribute.replace("_", " ").capitalize())
        )
        ancestors = [each.__name__ for each in kind.__mro__]
        keys = [*(f"{each}.{attribute}" for each in ancestors), attribute]
        tables = {**CODES, **self.layout.codes}
        forms = self.layout.forms
        table = next((tables[key] for key in keys if key in tables), "")
        special = next((forms[key] for key in (*keys, *ancestors) if key in forms), "")
        guess = next((form for end, form in _SUFFIXES if attribute.endswith(end)), "text")
        scheme = f"{attribute}_scheme" if hasattr(kind, f"{attribute}_scheme") else ""
        return _About(
            self.say(text), (number,) if number else (), self.say(name), special or form or guess, table, scheme
        )

    def names(self, kind: type[Group]) -> list[str]:
        """The attributes of a group in the order in which they are read, without copies and schemes of others."""
        found = self._names.get(kind)
        if found is None:
            own = [each.name for each in dataclasses.fields(kind) if each.name not in _OWN]
            schemes = {self.about(kind, each).scheme for each in own}
            copies = {f"{each.__name__}.{name}" for each in kind.__mro__ for name in own} & self.layout.copies
            kept = [
                name for name in own if name not in schemes and not any(c.endswith(f".{name}") for c in copies)
            ]
            found = self._names[kind] = sorted(kept, key=lambda name: _FIRST.get(name, len(_FIRST)))
        return found

    # --- values ------------------------------------------------------------------------------------------------

    def values(self, group: Group, attribute: str, *, is_money: bool = False, prefix: str = "") -> list[Value]:
        """What a group has under an attribute, as it is read."""
        held = getattr(group, attribute)
        if not held or held is True:
            return []
        if attribute == "schemes" and all(each.strip().upper() == "VAT" for each in held):
            self.shown.add((group.ordinal, attribute))
            return []
        if isinstance(held, Group):
            return self.compact(held)
        texts = every(held) if isinstance(held, str) else held
        found: list[Value] = []
        for text in texts:
            if isinstance(text, Group):
                found += self.compact(text)
            elif text.strip():
                found.append(self._value(group, attribute, text, is_money))
        if prefix and found:
            found[0].prefix = f"{prefix} {found[0].prefix}".rstrip()
        return found

    def _value(self, group: Group, attribute: str, text: str, is_money: bool) -> Value:
        about = self.about(type(group), attribute)
        key = (group.ordinal, attribute)
        self.shown.add(key)
        if about.table:
            words = self._words(group, about.table, text)
            return Value(words, text, "" if about.table in _TELLING else text) if words else Value(text)
        read = self._read(key, about.form, text, is_money)
        value = Value(read, text if read != text else "")
        if about.scheme and (scheme := getattr(group, about.scheme)) is not None:
            self._qualify(value, group, about.scheme, scheme)
        return value

    def _words(self, group: Group, table: str, code: str) -> str | None:
        if table != "unit":
            return words_for(table, code, self.language)
        quantity = getattr(group, "quantity", None) or getattr(group, "base_quantity", None) or ""
        is_one = quantity.strip().partition(".")[0] == "1" and not quantity.partition(".")[2].strip("0 ")
        return words_for(table, code, self.language, is_one=is_one)

    def _read(self, key: TermKey, form: str, text: str, is_money: bool) -> str:
        language = self.language
        if form in {"amount", "price"} or key in self._currencies:
            number = number_text(text, language, 2)
            currency = self.currency if is_money else ""
            if key in self._currencies:
                currency = self._currencies[key]
                self.shown.add((key[0], f"{key[1]} {CURRENCY}"))
            return f"{_SIGNS.get(currency, currency)} {number}" if currency and number else number
        if form == "date":
            return date_text(text, language)
        if form == "quantity":
            return quantity_text(text, language)
        if form == "percentage":
            return f"{quantity_text(text, language)}%"
        return account_text(text) if form == "account" else text

    def _qualify(self, value: Value, group: Group, attribute: str, scheme: str) -> None:
        """Say whose number it is."""
        self.shown.add((group.ordinal, attribute))
        value.prefix = words_for(self.about(type(group), attribute).table or "scheme", scheme, self.language) or ""
        value.code = " ".join(every(scheme))

    def compact(self, group: Group) -> list[Value]:
        """All that a group says, as values in a row."""
        names = self.names(type(group))
        if "value" in names and (whose := next((each for each in ("scheme", "owner") if each in names), "")):
            return self._identifier(group, "value", whose) + self._rest_of(group, names, {"value", whose})
        if names == ["identifier", "schemes"]:
            return self._identifier(group, "identifier", "schemes")
        if names == ["name", "value"]:
            [*named] = [value.text for value in self.values(group, "name")]
            return self.values(group, "value", prefix=f"{' '.join(named)}:") or [Value(text) for text in named]
        found = self._rest_of(group, names, set(), labelled="post_code" not in names)
        return self._with_post_code(group, found) if "post_code" in names else found

    def _rest_of(self, group: Group, names: Sequence[str], but: set[str], *, labelled: bool = True) -> list[Value]:
        found: list[Value] = []
        for name in names:
            if name in but:
                continue
            form = self.about(type(group), name).form
            is_plain = labelled and found and name != "amount" and form not in {"text", "code", "percentage"}
            label = self.about(type(group), name).label.lower() if is_plain else ""
            found += self.values(group, name, is_money=True, prefix=label)
        return found

    def _with_post_code(self, group: Group, values: list[Value]) -> list[Value]:
        """The post code and the city on one line."""
        code, city = getattr(group, "post_code", None), getattr(group, "city", None)
        nth = next((nth for nth, value in enumerate(values[:-1]) if value.text == code), -1)
        if nth >= 0 and values[nth + 1].text == city:
            values[nth : nth + 2] = [Value(f"{code} {city}")]
        return values

    def _identifier(self, group: Group, attribute: str, scheme: str) -> list[Value]:
        values = self.values(group, attribute)
        held = getattr(group, scheme)
        if values and held:
            self._qualify(values[0], group, scheme, held if isinstance(held, str) else held[0])
            values[0].code = " ".join(every(held) if isinstance(held, str) else held)
        return values or self.values(group, scheme)

    # --- items ---------------------------------------------------------------------------------------------------

    def notes_on(self, group: Group, attribute: str = "") -> list[FindingNote]:
        """The findings about a term, or about a group itself."""
        found = self._notes.get((group.ordinal, attribute), _NONE) if self._notes and group.ordinal >= 0 else _NONE
        for note in found:
            note.is_nearby = True
        return found

    def notes_in(self, group: Group) -> list[FindingNote]:
        """The findings about a group and each of its terms."""
        if not self._notes:
            return _NONE
        return [note for each in ("", *self.names(type(group))) for note in self.notes_on(group, each)]

    def item(self, group: Group, attribute: str, at: str = "") -> ShownItem | None:
        """What a group at a path has under an attribute, with its label; None where it has nothing."""
        values = self.values(group, attribute, is_money=True)
        if not values:
            return None
        about = self.about(type(group), attribute)
        label = self.say(LABELS[at + attribute]) if at and at + attribute in LABELS else about.label
        return ShownItem(label, values, about.terms, about.name, self.notes_on(group, attribute))

    def items(self, group: Group, but: frozenset[str] = frozenset(), at: str = "") -> Iterator[ShownItem]:
        """All that a group says, but what is under these paths."""
        if "value" in self.names(type(group)):
            if values := self.compact(group):
                yield ShownItem(self.say(LABELS["number"]), values, notes=self.notes_in(group))
            return
        for name in self.names(type(group)):
            if f"{at}{name}" in but:
                continue
            held = getattr(group, name)
            if isinstance(held, Group):
                yield from self._items_of_group(held, name, but, f"{at}{name}.")
            elif isinstance(held, tuple) and held and isinstance(held[0], Group):
                yield from self._items_of_groups(group, name, held, f"{at}{name}.", but)
            elif found := self.item(group, name, at):
                yield found

    def _items_of_group(self, group: Group, name: str, but: frozenset[str], at: str) -> Iterator[ShownItem]:
        names = self.names(type(group))
        if "value" in names:
            if values := self.compact(group):
                yield ShownItem(self.label_of(group, name), values, notes=self.notes_in(group))
        elif "post_code" not in names:
            yield from self.items(group, but, at)
        elif values := self.compact(group):
            notes = self.notes_in(group)
            terms = tuple(term for each in self.names(type(group)) for term in self.about(type(group), each).terms)
            yield ShownItem(self.say(LABELS["address"]), values, terms, notes=notes, is_long=True)

    def _items_of_groups(
        self, group: Group, name: str, held: tuple[Group, ...], at: str, but: frozenset[str]
    ) -> Iterator[ShownItem]:
        if _is_parted(but, at):
            for one in held:
                yield from self.items(one, but, at)
            return
        about = self.about(type(group), name)
        last: ShownItem | None = None
        for one in held:
            if not (values := self.compact(one)):
                continue
            notes = self.notes_in(one)
            label = self.label_of(one, name)
            if last is not None and len(values) == 1 and len(last.values) < _IN_A_ROW and last.label == label:
                last.values += values
                last.notes = [*last.notes, *notes]
                continue
            if last is not None:
                yield last
            last = ShownItem(
                label, values, about.terms or ((one.NUMBER,) if one.NUMBER else ()), about.name, notes
            )
            if len(values) > 1:
                yield last
                last = None
        if last is not None:
            yield last

    def label_of(self, group: Group, attribute: str) -> str:
        """What a group is called: by its attribute, else as the standard calls it."""
        if is_vat := getattr(group, "is_vat", None) if hasattr(group, "identifier") else None:
            return self.say(Text("VAT number"))
        if is_vat is False:
            return self.say(Text("Tax number"))
        if attribute in LABELS:
            return self.say(LABELS[attribute])
        return (
            self.say(GROUPS[group.NUMBER].name)
            if group.NUMBER in GROUPS
            else self.about(type(group), attribute).label
        )

    # --- sections ------------------------------------------------------------------------------------------------

    def section(self, part: Part) -> Section | None:
        """A section of the layout; None where the document has nothing for it."""
        if isinstance(part, FactsPart):
            items = [one for each in part.attributes if (one := self.item(self.document, each))]
            return Section(self.say(part.title), [Card(items=items)]) if items else None
        if isinstance(part, CardsPart):
            cards = [card for each in part.attributes for card in self.cards(each, frozenset(part.but))]
            return Section(self.say(part.title), cards) if cards else None
        if isinstance(part, TablePart):
            *way, attribute = part.path.split(".")
            groups = [one for each in follow(self.document, way) for one in getattr(each, attribute)]
            table = self.table(groups, part.columns)
            return Section(self.say(part.title), table=table) if table else None
        return self.sums(part) if isinstance(part, SumsPart) else part(self, self.document)

    def cards(self, attribute: str, but: frozenset[str] = frozenset()) -> Iterator[Card]:
        """A card for each group under an attribute of the document."""
        for group in follow(self.document, [attribute]):
            if card := self.card(group, self.label_of(group, attribute), but):
                yield card

    def card(self, group: Group, title: str, but: frozenset[str] = frozenset()) -> Card | None:
        """All that a group says, but under these paths, on a card."""
        items, notes = list(self.items(group, but)), self.notes_on(group)
        return Card(title, items, notes) if items or notes else None

    def table(self, groups: Sequence[Group], columns: tuple[TableColumn, ...]) -> Table | None:
        """A row for each group. Columns that no row has are left out."""
        steps = [
            (column, [(*_way(path), self.say(_BEFORE[word]) if word else "") for path, _, word in _split(column)])
            for column in columns
        ]
        used = frozenset(path for column in columns for path, _, _ in _split(column))
        rows = [
            ShownRow(
                [self._cell(group, *step) for step in steps], list(self.items(group, used)), self.notes_on(group)
            )
            for group in groups
        ]
        kept = [nth for nth in range(len(columns)) if any(row.cells[nth].values for row in rows)]
        for row in rows:
            row.notes = [
                *row.notes,
                *(note for nth, cell in enumerate(row.cells) if nth not in kept for note in cell.notes),
            ]
            row.cells = [row.cells[nth] for nth in kept]
        labels = [self.say(columns[nth].label) for nth in kept]
        return Table(labels, [columns[nth].is_number for nth in kept], rows) if rows else None

    def _cell(self, group: Group, column: TableColumn, paths: list[tuple[list[str], str, str]]) -> ShownItem:
        values: list[Value] = []
        notes: list[FindingNote] = []
        terms: dict[str, None] = {}
        for way, attribute, word in paths:
            for one in follow(group, way) if way else (group,):
                values += self.values(one, attribute, prefix=word)
                for term in self.about(type(one), attribute).terms:
                    terms[term] = None
                if self._notes:
                    notes += self.notes_on(one, attribute)
        return ShownItem("", values, tuple(terms), notes=notes, is_number=column.is_number)

    def sums(self, part: SumsPart) -> Section | None:
        """A calculation, step by step."""
        items: list[ShownItem] = []
        for group in follow(self.document, [part.total.partition(".")[0]]):
            for attribute, sign in part.steps:
                if item := self.item(group, attribute):
                    item.label = item.name or item.label
                    item.is_number, item.is_total = True, attribute == part.total.partition(".")[2]
                    for value in item.values:
                        value.prefix = sign
                    items.append(item)
        return Section(self.say(part.title), [Card(items=items)], style="sums") if items else None


_BEFORE = {"per": Text("per"), "gross": Text("gross price")}
"""The words before a value of a cell."""


@lru_cache(maxsize=512)
def _is_parted(paths: frozenset[str], at: str) -> bool:
    """Whether some of these paths begin so: then what is at it is shown term by term."""
    return any(each.startswith(at) for each in paths)


def _split(column: TableColumn) -> list[tuple[str, str, str]]:
    return [path.partition(":") for path in column.paths]


def _way(path: str) -> tuple[list[str], str]:
    *way, attribute = path.split(".")
    return way, attribute


def follow(group: Group, way: Sequence[str]) -> list[Group]:
    """The groups at the end of a path of attributes."""
    found = [group]
    for step in way:
        inner: list[Group] = []
        for each in found:
            held = getattr(each, step)
            inner += held if isinstance(held, tuple) else [held] if held is not None else []
        found = inner
    return found


def _term(kind: type[Group], attribute: str) -> tuple[str, Text, str]:
    """Number, name and kind of the term under an attribute; empty where it is none of a standard."""
    declared = kind.__dataclass_fields__.get(attribute)
    if declared is not None:
        found: tuple[str, Text, str] = declared.metadata.get("term", ("", Text(""), ""))
        return found
    worked_out = getattr(kind, attribute, None)
    return worked_out.term if isinstance(worked_out, derived) else ("", Text(""), "")


_READ_FIRST = (
    *("indicator", "account", "reason", "reason_code", "name"),
    *("line_1", "line_2", "line_3", "post_code", "city", "subdivision", "country"),
)
_FIRST = {name: nth for nth, name in enumerate(_READ_FIRST)}
"""What is read first in a group: the reason of an allowance before its amount, the street before the city."""
