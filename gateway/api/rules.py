"""The rules that documents are judged by."""

import asyncio
from collections.abc import Sequence
from datetime import date
from urllib.parse import quote

import msgspec
from aiohttp import web

import gateway
from gateway.api.call import Call
from gateway.api.route import Returns, Routes
from gateway.api.schema import Schema, TextResource
from gateway.http import problems
from gateway.http.answers import HTML, JSON, json_answer
from gateway.http.pages import Pages
from gateway.i18n import Language, Text
from gateway.validator.catalogue import RuleEntry, set_names

routes = Routes("pages", rule="The id of a rule, as `BR-CO-15`.")
_PAGES = Pages("gateway.api")


class RuleCase(Schema):
    """A sample document with changes, and what they do to a rule. Names as `meterpoort rules show` prints them."""

    document: str
    change: dict[str, str]
    remove: list[str]
    repeat: list[str]
    also: list[str]


class RuleXml(Schema):
    """Parts of two documents, to copy: one that holds the rule, one that breaks it."""

    right: str
    wrong: str


class RuleResource(Schema):
    """A rule that documents are judged by."""

    rule: str
    set: str
    version: str
    valid_from: date | None
    valid_until: date | None
    flag: str
    sentence: TextResource
    advice: TextResource | None
    note: TextResource | None
    terms: dict[str, TextResource]
    path: str | None
    source: str
    official: str | None
    is_bound: bool
    sets: list[str]
    elsewhere: list[str]
    holds: list[RuleCase]
    breaks: list[RuleCase]
    example: RuleXml | None


class RuleLine(Schema):
    """A rule in a list."""

    rule: str
    flag: str
    sentence: TextResource
    href: str


class RuleSetResource(Schema):
    """A set of rules, and its rules where one set was asked for. The gateway's own checks are `meterpoort`."""

    set: str
    version: str
    valid_from: date | None
    valid_until: date | None
    count: int
    href: str
    rules: list[RuleLine]


class RuleSets(Schema):
    """Every set of rules, or the one that was asked for."""

    items: list[RuleSetResource]


class RuleQuery(msgspec.Struct, frozen=True, rename="camel"):
    """Of several sets that have a rule, as `set` does."""

    set: str | None = None
    lang: Language | None = None


class RulesQuery(msgspec.Struct, frozen=True, rename="camel"):
    """Which rules: those of `set`, as `nlcius`; without it the sets alone."""

    set: str | None = None
    lang: Language | None = None


@routes.get(
    "/rules",
    Text("The sets of rules; with `set` the rules of one of them"),
    Returns("The sets, or one with its rules.", RuleSets, media_types=(HTML, JSON)),
    problems=(problems.NotAcceptable, problems.UnknownItem),
)
async def list_rules(call: Call, query: RulesQuery) -> web.StreamResponse:
    names = (query.set,) if query.set else set_names()
    try:
        listed = [(name, await asyncio.to_thread(gateway.rule_catalogue, name)) for name in names]
    except ValueError as error:
        raise problems.UnknownItem(Text("rule set"), query.set or "") from error
    sets = [_set_resource(name, entries, is_whole=bool(query.set)) for name, entries in listed if entries]
    if call.media_type((HTML, JSON)) == HTML:
        return _PAGES.answer("rules.html", call.request, sets=sets, is_whole=bool(query.set))
    return json_answer(RuleSets(items=sets))


def _set_resource(name: str, entries: Sequence[RuleEntry], *, is_whole: bool) -> RuleSetResource:
    own = next((entry for entry in entries if entry.set == name), entries[0])
    return RuleSetResource(
        set=name,
        version=own.version,
        valid_from=own.valid_from,
        valid_until=own.valid_until,
        count=len(entries),
        href=f"/rules?set={name}",
        rules=[
            RuleLine(
                rule=entry.id,
                flag=entry.flag.value,
                sentence=TextResource.of(entry.sentence),
                href=f"/rules/{quote(entry.id)}{f'?set={name}' if entry.elsewhere else ''}",
            )
            for entry in (entries if is_whole else ())
        ],
    )


@routes.get(
    "/rules/{rule}",
    Text("One rule: what it says, and documents that hold and break it"),
    Returns("The rule, or one of the gateway's own checks.", RuleResource, media_types=(HTML, JSON)),
    problems=(problems.NotAcceptable, problems.UnknownItem),
)
async def show_rule(call: Call, rule: str, query: RuleQuery) -> web.StreamResponse:
    try:  # the first time it loads every rule and case
        entry = await asyncio.to_thread(gateway.rule_entry, rule, query.set)
    except LookupError as error:
        raise problems.UnknownItem(Text("rule"), rule) from error
    except ValueError as error:
        raise problems.UnknownItem(Text("rule set"), query.set or "") from error
    if call.media_type((HTML, JSON)) == HTML:
        return _PAGES.answer("rule.html", call.request, rule=entry, xml=entry.example)
    return json_answer(rule_resource(entry))


def rule_resource(entry: RuleEntry) -> RuleResource:
    """A rule of the catalogue."""
    return RuleResource.of(
        entry,
        rule=entry.id,
        terms={number: TextResource.of(name) for number, name in entry.terms},
        path=entry.path or None,
        official=entry.official or None,
        example=RuleXml.of(found) if (found := entry.example) else None,
    )
