"""The rules that documents are judged by."""

import asyncio
from datetime import date

from aiohttp import web

import gateway
from gateway.api.call import Call
from gateway.api.route import Returns, Routes
from gateway.api.schema import Schema, TextResource
from gateway.http import problems
from gateway.http.answers import HTML, JSON, json_answer
from gateway.http.pages import Pages
from gateway.i18n import Text
from gateway.validator.catalogue import RuleEntry

routes = Routes("pages", rule="The id of a rule, as `BR-CO-15`.")
_PAGES = Pages("gateway.api")


class RuleCase(Schema):
    """A sample document with changes, and what they do to a rule. Names as `meterpoort rules show` prints them."""

    document: str
    change: dict[str, str]
    remove: list[str]
    repeat: list[str]
    also: list[str]


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
    holds: list[RuleCase]
    breaks: list[RuleCase]


@routes.get(
    "/rules/{rule}",
    Text("One rule: what it says, and documents that hold and break it"),
    Returns("The rule, or one of the gateway's own checks.", RuleResource, media_types=(HTML, JSON)),
    problems=(problems.NotAcceptable, problems.UnknownItem),
)
async def show_rule(call: Call, rule: str) -> web.StreamResponse:
    try:
        entry = await asyncio.to_thread(gateway.rule_entry, rule)  # the first time it loads every rule and case
    except LookupError as error:
        raise problems.UnknownItem(Text("rule"), rule) from error
    if call.media_type((HTML, JSON)) == HTML:
        return _PAGES.answer("rule.html", call.language, rule=entry)
    return json_answer(rule_resource(entry))


def rule_resource(entry: RuleEntry) -> RuleResource:
    """A rule of the catalogue."""
    return RuleResource.of(
        entry,
        rule=entry.id,
        terms={number: TextResource.of(name) for number, name in entry.terms},
        path=entry.path or None,
        official=entry.official or None,
    )
