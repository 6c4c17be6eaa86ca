"""The sentence forms: each turns a table of rows into rules.

A row is a sentence of the norm, short: `"BG-20 has BT-97 or BT-98"`. The group, the terms, their names, the
check and the words of a finding follow from it; a term the model does not have fails at import.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from operator import attrgetter
from typing import Any

from gateway.i18n import Text
from gateway.validator.finding import Flag
from gateway.validator.model.amounts import cents, exact
from gateway.validator.model.codes import CodeList, near_misses
from gateway.validator.model.invoice import Coded, CodeUse, Invoice
from gateway.validator.model.terms import GROUPS, TERMS, Group, Unreadable, every
from gateway.validator.rules.engine import Form, Miss, Rule
from gateway.validator.rules.facts import Facts

SPACE = " \t\r\n"

_HAS = re.compile(r"(Invoice|BG-\d+) (has|states) ((?:BT|BG)-\d+(?: or BT-\d+)*)")

_REACH = {
    ("Invoice", "BT-27"): "seller.name",
    ("Invoice", "BT-44"): "buyer.name",
    ("Invoice", "BG-5"): "seller.address",
    ("Invoice", "BG-8"): "buyer.address",
    ("Invoice", "BG-23"): "any_breakdown",
    ("Invoice", "BG-25"): "lines",
    ("BG-11", "BG-12"): "address",
    ("BG-25", "BT-146"): "price.net",
    ("BG-25", "BT-153"): "item.name",
}
"""Terms that a row asks of another group than their own, and the way there."""


def names(terms: Iterable[str], joint: Text) -> Text:
    """The terms as people read them: "Seller name (BT-27) or ..."."""
    found = [_name(term) for term in terms]
    return Text(f" {joint.en} ".join(each.en for each in found), f" {joint.nl} ".join(each.nl for each in found))


def _name(term: str) -> Text:
    if term not in GROUPS and term not in TERMS:
        raise KeyError(f"the model has no {term}")
    name = GROUPS[term].name if term.startswith("BG") else TERMS[term][0].name
    return Text("{name} ({term})", name=name, term=term)


def owner(group: str) -> tuple[type[Group], Text]:
    """The class of a group and what a sentence calls it."""
    if group == "Invoice":
        return Invoice, Text("Invoice")
    term = GROUPS[group]
    return term.group, Text("{term} ({group})", term=term.name, group=group)


def attribute_of(group: str, term: str) -> str:
    """The attribute that holds a term, from a node of this group. Raises KeyError for a term it does not have."""
    if (group, term) in _REACH:
        return _REACH[group, term]
    kind, _ = owner(group)
    for each in TERMS[term]:
        if each.group is kind:
            return each.attribute
    raise KeyError(f"{group} has no {term}")


def shall_have(
    source: str, rows: dict[str, str], flag: Flag = Flag.FATAL, several: Collection[str] = ()
) -> tuple[Rule, ...]:
    """`"BG-22 has BT-106"`: the element is there; `"Invoice states BT-24"`: and is not blank, and is there once
    unless the rule is one of `several`."""
    rules = [_shall_have(source, key, row, flag) for key, row in rows.items()]
    return tuple(replace(rule, once=False) if rule.id in several else rule for rule in rules)


def _shall_have(source: str, key: str, row: str, flag: Flag) -> Rule:
    match = _HAS.fullmatch(row)
    if match is None:
        raise ValueError(f"{key}: {row!r} is not a sentence of the form")
    group, verb, listed = match.groups()
    terms = tuple(listed.split(" or "))
    kind, subject = owner(group)
    wanted = names(terms, Text("or"))
    attributes = [attribute_of(group, term) for term in terms]
    gets = [attrgetter(each) for each in attributes]
    quick = " or ".join(f"n.{each} is not None and n.{each} != ()" for each in attributes)
    if verb == "states":
        quick = f"n.{attributes[0]} and not n.{attributes[0]}.isspace()"
    lacks = _lacks_text(gets[0]) if verb == "states" else _lacks_any(gets)
    advice = Text("Add {wanted}.", wanted=wanted)
    return Rule(
        id=key,
        flag=flag,
        form=Form.SHALL_HAVE,
        terms=terms,
        on=kind,
        sentence=Text(
            f"{subject.en}: {wanted.en} is required{' and not blank' if verb == 'states' else ''}.",
            f"{subject.nl}: {wanted.nl} is verplicht{' en niet leeg' if verb == 'states' else ''}.",
        ),
        source=source,
        holds=lambda node, _facts: not lacks([node]),
        tell=lambda _node, _facts: Miss(None, " / ".join(terms), advice, terms[0]),
        sift=lambda nodes, _facts: lacks(nodes),
        quick=quick,
        once=verb == "states",
    )


def _lacks_text(get: Callable[[Any], str | None]) -> Callable[[Sequence[Any]], list[Any]]:
    def lacks(nodes: Sequence[Any]) -> list[Any]:
        return [node for node in nodes if not (text := get(node)) or (text.isspace() and not _any_text(text))]

    return lacks


def _any_text(text: str) -> bool:
    return any(each.strip(SPACE) for each in every(text))


def _lacks_any(gets: Sequence[Callable[[Any], Any]]) -> Callable[[Sequence[Any]], list[Any]]:
    if len(gets) == 1:
        only = gets[0]
        return lambda nodes: [node for node in nodes if (found := only(node)) is None or found == ()]
    first, second = gets
    return lambda nodes: [node for node in nodes if first(node) is None and second(node) is None]


def _capital(sentence: str) -> str:
    return sentence[0].upper() + sentence[1:]


def at_most_two_decimals(source: str, rows: dict[str, str]) -> tuple[Rule, ...]:
    """`"BT-92"`: not more than two characters stand after the dot of the amount, as it is written."""
    return tuple(_at_most_two_decimals(source, key, term) for key, term in rows.items())


def _at_most_two_decimals(source: str, key: str, number: str) -> Rule:
    term = TERMS[number][0]
    get = attrgetter(term.attribute)
    name = _name(number)
    return Rule(
        id=key,
        flag=Flag.FATAL,
        form=Form.DECIMALS,
        terms=(number,),
        on=term.group,
        sentence=Text("{name} has at most two decimals.", name=name),
        source=source,
        holds=lambda node, _facts: "." not in (get(node) or "")[:-3],
        tell=lambda node, _facts: Miss(get(node), _rounded(get(node)), _DECIMALS, number),
        sift=lambda nodes, _facts: [node for node in nodes if (text := get(node)) and "." in text[:-3]],
        quick=f"n.{term.attribute} is None or '.' not in n.{term.attribute}[:-3]",
        once=True,
    )


def _rounded(text: str) -> str | None:
    with suppress(Unreadable):
        return str(cents(exact(text)))
    return None


_DECIMALS = Text(
    "Round the amount to two decimals and write no zeros or spaces after them.",
)


def coded(
    source: str, rows: dict[str, tuple[str, dict[Coded, CodeList]]], called: Mapping[str, Text]
) -> tuple[Rule, ...]:
    """`(terms, {kind: list})`: every value of these kinds, wherever it stands, is on its list. `called` says what
    a sentence calls them where that is not the names of the terms."""
    return tuple(_coded(source, key, terms, lists, called.get(key)) for key, (terms, lists) in rows.items())


def _coded(source: str, key: str, terms: str, lists: dict[Coded, CodeList], what: Text | None) -> Rule:
    wanted = what or names(terms.split(), Text("or"))
    titles = Text(
        " or ".join(dict.fromkeys(each.title for each in lists.values())),
        " of ".join(dict.fromkeys(each.title for each in lists.values())),
    )

    return Rule(
        id=key,
        flag=Flag.FATAL,
        form=Form.CODED,
        terms=tuple(terms.split()),
        on=CodeUse,
        sentence=Text(
            f"{_capital(wanted.en)} is a code of the list {titles.en}.",
            f"{_capital(wanted.nl)} is een code uit de lijst {titles.nl}.",
        ),
        source=source,
        holds=lambda use, _facts: use.value is not None and lists[use.kind].has(use.value),
        tell=lambda use, _facts: not_on_list(use.value, lists[use.kind]),
        lists=lists,
    )


def not_on_list(value: str | None, values: CodeList, term: str | None = None) -> Miss:
    """What to say of a value that is not on its list, with the codes that look like it."""
    near = near_misses(value or "", values)
    if near:
        listed = ", ".join(near)
        advice = Text("Did you mean {listed}?", listed=listed)
    else:
        advice = Text("Choose a code from the list {title}.", title=values.title)
    return Miss(value, values.title, advice, term)


def condition(
    key: str,
    *,
    on: type[Group],
    terms: str,
    sentence: Text,
    source: str,
    flag: Flag = Flag.FATAL,
    form: Form = Form.CONDITION,
    tell: Callable[[Any, Facts], Miss] | None = None,
    among: Callable[[Facts], Sequence[Group]] | None = None,
    sift: Callable[[Sequence[Any], Facts], Sequence[Group]] | None = None,
    quick: str = "",
    quick_names: Mapping[str, object] | None = None,
    gate: Callable[[Facts], bool] | None = None,
    once: bool = False,
) -> Callable[[Callable[[Any, Facts], bool]], Rule]:
    """A rule that fits no form: the decorated function says whether it holds."""

    def made(holds: Callable[[Any, Facts], bool]) -> Rule:
        numbers = tuple(terms.split())
        explain = tell or (lambda _node, _facts: Miss(term=numbers[0]))
        ways = among, sift, quick, quick_names or {}, gate
        return Rule(key, flag, form, numbers, on, sentence, source, holds, explain, *ways, once=once)

    return made


def unchecked(source: str, rows: dict[str, tuple[str, Text]]) -> tuple[Rule, ...]:
    """`(terms, sentence)`: the norm states it, no program can check it or the official text tests true."""
    return tuple(
        Rule(key, Flag.FATAL, Form.UNCHECKED, tuple(terms.split()), Invoice, sentence, source, _holds)
        for key, (terms, sentence) in rows.items()
    )


def _holds(_node: Any, _facts: Facts) -> bool:
    return True
