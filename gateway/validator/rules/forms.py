"""The sentence forms: each turns a table of rows into rules.

A row is a short form of the standard's sentence: `"BG-20 has BT-97 or BT-98"`. The group, the terms, their names,
the check and the words of a finding follow from it; a term that no model has fails at import.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from operator import attrgetter
from typing import Any

from gateway.i18n import Text, either
from gateway.validator.finding import Flag
from gateway.validator.model.amounts import cents, exact
from gateway.validator.model.codes import CodeList, near_misses
from gateway.validator.model.terms import GROUPS, TERMS, CodeUse, Document, Group, Unreadable, every
from gateway.validator.model.words import name_of_code
from gateway.validator.rules.detail import Detail
from gateway.validator.rules.engine import Form, Rule

SPACE = " \t\r\n"

_TERM = r"[A-Z]+-\d+"
_HAS = re.compile(rf"(\w+|{_TERM}) (has|states) ({_TERM}(?: or {_TERM})*)")

Paths = Mapping[tuple[str, str], str]
"""By group and term: the attribute path to a term that a row asks of another group than its own."""


def names(terms: Iterable[str]) -> Text:
    """The terms as people read them: "Seller name (BT-27) or ..."."""
    return either([name_of(term) for term in terms])


def name_of(term: str) -> Text:
    if term not in GROUPS and term not in TERMS:
        raise KeyError(f"no model has {term}")
    name = GROUPS[term].name if term in GROUPS else TERMS[term][0].name
    return Text("{name} ({term})", name=name, term=term)


def owner(group: str) -> tuple[type[Group], Text]:
    """The class of a group and what a sentence calls it. The root of a model goes by its name: `Invoice`."""
    term = GROUPS[group]
    return term.group, name_of(group) if term.number else term.name


def attribute_of(group: str, term: str, paths: Paths) -> str:
    """The attribute that holds a term, from a node of this group. Raises KeyError for a term it does not have."""
    if (group, term) in paths:
        return paths[group, term]
    kind, _ = owner(group)
    for each in TERMS[term]:
        if each.group is kind:
            return each.attribute
    raise KeyError(f"{group} has no {term}")


def shall_have(
    source: str, rows: Mapping[str, str], *, paths: Paths | None = None, several: Collection[str] = ()
) -> tuple[Rule, ...]:
    """`"BG-22 has BT-106"`: the element is there; `"Invoice states BT-24"`: and is not blank, and is there once
    unless the rule is one of `several`."""
    rules = [_shall_have(source, key, row, paths or {}) for key, row in rows.items()]
    return tuple(replace(rule, single=False) if rule.id in several else rule for rule in rules)


def _shall_have(source: str, key: str, row: str, paths: Paths) -> Rule:
    match = _HAS.fullmatch(row)
    if match is None:
        raise ValueError(f"{key}: {row!r} is not a sentence of the form")
    group, verb, listed = match.groups()
    terms = tuple(listed.split(" or "))
    kind, subject = owner(group)
    wanted = names(terms)
    attributes = [attribute_of(group, term, paths) for term in terms]
    advice = Text("Add {wanted}.", wanted=wanted)
    return Rule(
        id=key,
        flag=Flag.FATAL,
        form=Form.SHALL_HAVE,
        terms=terms,
        on=kind,
        sentence=_is_required(verb, subject, wanted),
        source=source,
        holds=_states(attributes[0]) if verb == "states" else _has(attributes),
        detail=lambda _node, _facts: Detail(None, " / ".join(terms), advice, terms[0]),
        single=verb == "states",
    )


def _is_required(verb: str, subject: Text, wanted: Text) -> Text:
    if verb == "states":
        return Text("{subject}: {wanted} is required and not blank.", subject=subject, wanted=wanted)
    return Text("{subject}: {wanted} is required.", subject=subject, wanted=wanted)


def _states(attribute: str) -> Callable[[Any, Any], bool]:
    get = attrgetter(attribute)

    def states(node: Any, _facts: Any) -> bool:
        text: str | None = get(node)
        return (
            text is not None
            and text != ""
            and (not text.isspace() or any(each.strip(SPACE) for each in every(text)))
        )

    return states


def _has(attributes: Sequence[str]) -> Callable[[Any, Any], bool]:
    gets = [attrgetter(each) for each in attributes]
    if len(gets) == 1:
        get = gets[0]
        return lambda node, _facts: (found := get(node)) is not None and found != ()
    return lambda node, _facts: any(get(node) is not None for get in gets)


def at_most_two_decimals(source: str, rows: dict[str, str]) -> tuple[Rule, ...]:
    """`"BT-92"`: not more than two characters are after the dot of the amount, as it is written."""
    return tuple(_at_most_two_decimals(source, key, term) for key, term in rows.items())


def _at_most_two_decimals(source: str, key: str, number: str) -> Rule:
    term = TERMS[number][0]
    get = attrgetter(term.attribute)
    name = name_of(number)
    return Rule(
        id=key,
        flag=Flag.FATAL,
        form=Form.DECIMALS,
        terms=(number,),
        on=term.group,
        sentence=Text("{name} has at most two decimals.", name=name),
        source=source,
        holds=lambda node, _facts: "." not in (get(node) or "")[:-3],
        detail=lambda node, _facts: Detail(get(node), round_amount(get(node)), ROUND_IT, number),
        single=True,
    )


def round_amount(text: str) -> str | None:
    """An amount with two decimals; None where it is no number."""
    with suppress(Unreadable):
        return str(cents(exact(text)))
    return None


ROUND_IT = Text("Round the amount to two decimals and write no zeros or spaces after them.")


def coded(
    source: str, rows: dict[str, tuple[str, Mapping[Any, CodeList]]], called: Mapping[str, Text]
) -> tuple[Rule, ...]:
    """`(terms, {kind: list})`: every value of these kinds, wherever it is, is on its list. `called` says what
    a sentence calls them where that is not the names of the terms."""
    return tuple(_coded_rule(source, key, terms, lists, called.get(key)) for key, (terms, lists) in rows.items())


def _coded_rule(source: str, key: str, terms: str, lists: Mapping[Any, CodeList], what: Text | None) -> Rule:
    wanted = what or names(terms.split())
    titles = either(list(dict.fromkeys(each.title for each in lists.values())))
    return Rule(
        id=key,
        flag=Flag.FATAL,
        form=Form.CODED,
        terms=tuple(terms.split()),
        on=CodeUse,
        sentence=Text("{wanted:capital} is a code of the list {titles}.", wanted=wanted, titles=titles),
        source=source,
        holds=lambda use, _facts: use.value is not None and lists[use.kind].has(use.value),
        detail=lambda use, _facts: not_on_list(use.value, lists[use.kind]),
        lists=lists,
    )


def not_on_list(value: str | None, values: CodeList, term: str | None = None) -> Detail:
    """What to say of a value that is not on its list, with the codes that look like it."""
    near = near_misses(value or "", values)
    if near:
        advice = Text("Did you mean {listed}?", listed=_list_with_names(near, values))
    elif len(values.values) <= _NAMED_MAX:
        advice = Text("Choose {listed}.", listed=_list_with_names(sorted(values.values), values))
    else:
        advice = Text("Choose a code from the list {title}.", title=values.title)
    return Detail(value, values.title, advice, term)


_NAMED_MAX = 10
"""A list of so many codes is shown whole."""


def _list_with_names(codes: Sequence[str], values: CodeList) -> Text:
    """Codes, each with its name where that is known."""
    named: list[Text | str] = []
    for code in codes:
        name = name_of_code(values.title, code)
        named.append(Text("{code} ({name})", code=code, name=name) if name else code)
    return either(named)


def condition(
    key: str,
    *,
    on: type[Group],
    terms: str,
    sentence: Text,
    source: str,
    flag: Flag = Flag.FATAL,
    form: Form = Form.CONDITION,
    detail: Callable[[Any, Any], Detail] | None = None,
    select: Callable[[Any], Sequence[Group]] | None = None,
    applies: Callable[[Any], bool] | None = None,
    single: bool = False,
    advice: Text | None = None,
) -> Callable[[Callable[[Any, Any], bool]], Rule]:
    """A rule that fits no form: the decorated function says whether it holds."""

    def rule(holds: Callable[[Any, Any], bool]) -> Rule:
        numbers = tuple(terms.split())
        explain = detail or (lambda _node, _facts: Detail(term=numbers[0]))
        return Rule(
            key, flag, form, numbers, on, sentence, source, holds, explain, select, applies, single, advice=advice
        )

    return rule


def unchecked(source: str, rows: dict[str, tuple[str, Text]]) -> tuple[Rule, ...]:
    """`(terms, sentence)`: the standard states it, no program can check it or the official text is always true."""
    return tuple(
        Rule(key, Flag.FATAL, Form.UNCHECKED, tuple(terms.split()), Document, sentence, source, _holds)
        for key, (terms, sentence) in rows.items()
    )


def _holds(_node: Any, _facts: Any) -> bool:
    return True
