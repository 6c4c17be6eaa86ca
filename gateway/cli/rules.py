"""`meterpoort rules`: the rules that an invoice can be judged by, listed and explained."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click
import msgspec

import gateway
from gateway.cli.options import format_option, language_option, print_result, table, with_own_rules
from gateway.i18n import Text

if TYPE_CHECKING:
    from gateway import Case, RuleEntry


@click.group()
def rules() -> None:
    """The rules of EN 16931, NLCIUS and the basisfactuur Rijk, and the gateway's own checks."""


@rules.command("list")
@click.option("--set", "name", metavar="SET", help="The rules of this set alone, as --set nlcius.")
@format_option()
@language_option
@with_own_rules
def list_rules(name: str | None, form: str, language: str) -> None:
    """List every rule: id, flag and sentence; first the sets and when they are in force. JSON: one object a line.

    The gateway's own checks are listed with --set meterpoort.

    \b
    meterpoort rules list --set nlcius --language nl
    """
    try:
        listed = gateway.rule_catalogue(name)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--set") from error
    if form == "text":
        for about in dict.fromkeys(_set_of(entry, language) for entry in listed):
            click.echo(f"# {about}")
        header = [text.in_language(language) for text in (Text("rule"), Text("flag"), Text("sentence"))]
        rows = [(one.id, _word(_mark(one), language), one.sentence.in_language(language)) for one in listed]
        click.echo("\n".join(table(header, rows)))
    else:
        for entry in listed:
            click.echo(msgspec.json.encode(_as_json_object(entry)))


@rules.command("show")
@click.argument("key", metavar="RULE")
@click.option("--set", "name", metavar="SET", help="Of several sets that have it, as this one does.")
@format_option()
@language_option
@with_own_rules
def show_rule(key: str, name: str | None, form: str, language: str) -> None:
    """Explain one rule, as BR-CO-15: what it says, of which terms, where it comes from, and examples.

    \b
    meterpoort rules show BR-CO-15
    meterpoort rules show BR-51 --set en16931-cii
    """
    try:
        entry = gateway.rule_entry(key, name)
    except LookupError as error:
        raise click.ClickException(str(error)) from error
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--set") from error
    print_result(form, _as_json_object(entry), _explanation_lines(entry, language))


_WORDS = {
    text.key: text
    for text in (
        Text("fatal"),
        Text("warning"),
        Text("unbound"),
        Text("shall have"),
        Text("decimals"),
        Text("coded"),
        Text("sum"),
        Text("vat"),
        Text("condition"),
        Text("unchecked"),
        Text("syntax"),
        Text("identify"),
        Text("attachments"),
        Text("rules"),
        Text("parties"),
    )
}
"""Flags, forms and stages, as a person reads them."""


def _word(word: str, language: str) -> str:
    return _WORDS[word].in_language(language) if word in _WORDS else word


def _mark(entry: "RuleEntry") -> str:
    return entry.flag.value if entry.is_bound else "unbound"


def _set_of(entry: "RuleEntry", language: str) -> str:
    """A set with its version, and the days on which it is in force."""
    days = (
        f", {Text('in force from {day:date}', day=entry.valid_from).in_language(language)}"
        if entry.valid_from
        else ""
    )
    days += (
        f" {Text('until {day:date}', day=entry.valid_until).in_language(language)}" if entry.valid_until else ""
    )
    return f"{', '.join(entry.sets or (entry.set,))} {entry.version}{days}"


def _explanation_lines(entry: "RuleEntry", language: str) -> Iterator[str]:
    yield f"{entry.id} · {_word(entry.flag.value, language)} · {_set_of(entry, language)}"
    yield ""
    yield entry.sentence.in_language(language)
    if entry.sentence.en != entry.sentence.nl:
        yield f"({entry.sentence.in_language('en' if language == 'nl' else 'nl')})"
    yield ""
    yield from _fact_lines(entry, language)
    if entry.note:
        yield ""
        yield entry.note.in_language(language)
    if not entry.is_bound:
        yield ""
        yield Text("No document can break this rule.").in_language(language)
    yield from _example_lines(entry, language)


def _fact_lines(entry: "RuleEntry", language: str) -> Iterator[str]:
    for number, name in entry.terms:
        yield f"  {number:<7} {name.in_language(language)}"
    if entry.path:
        yield f"  {entry.path}"
    if entry.advice:
        yield f"  {entry.advice.in_language(language)}"
    yield f"  {Text('form').in_language(language)}:   {_word(entry.form, language)}"
    yield f"  {Text('source').in_language(language)}: {', '.join(filter(None, (entry.source, entry.official)))}"
    if entry.elsewhere:
        words = Text("Another rule of this id is in {sets}: --set shows it.", sets=", ".join(entry.elsewhere))
        yield f"  {words.in_language(language)}"


def _example_lines(entry: "RuleEntry", language: str) -> Iterator[str]:
    if example := entry.example:
        for title, xml in ((Text("Right example"), example.right), (Text("Wrong example"), example.wrong)):
            yield from ("", f"{title.in_language(language)}:", *(f"  {line}" for line in xml.splitlines()))
    for title, found in ((Text("Holds"), entry.holds), (Text("Breaks"), entry.breaks)):
        if found:
            yield ""
            yield f"{title.in_language(language)}:"
            for case in found:
                yield from _case(case, language)


def _case(case: "Case", language: str) -> Iterator[str]:
    removed, doubled, also = (
        text.in_language(language) for text in (Text("without"), Text("twice"), Text("also breaks"))
    )
    yield f"  {case.document}"
    for part, text in case.change.items():
        yield f"    {part} = {text!r}"
    for part in case.remove:
        yield f"    {removed} {part}"
    for part in case.repeat:
        yield f"    {doubled} {part}"
    if case.also:
        yield f"    {also}: {', '.join(case.also)}"


def _as_json_object(entry: "RuleEntry") -> dict[str, object]:
    example = entry.example
    return {
        "rule": entry.id,
        "set": entry.set,
        "sets": list(entry.sets),
        "version": entry.version,
        "valid_from": entry.valid_from,
        "valid_until": entry.valid_until,
        "flag": entry.flag.value,
        "form": entry.form,
        "sentence": entry.sentence.en,
        "sentence_nl": entry.sentence.nl,
        "terms": [{"term": number, "name": name.en, "name_nl": name.nl} for number, name in entry.terms],
        "path": entry.path or None,
        "source": entry.source,
        "official": entry.official or None,
        "note": entry.note.en if entry.note else None,
        "note_nl": entry.note.nl if entry.note else None,
        "is_bound": entry.is_bound,
        "example": {"right": example.right, "wrong": example.wrong} if example else None,
        "holds": [_case_as_json_object(case) for case in entry.holds],
        "breaks": [_case_as_json_object(case) for case in entry.breaks],
    }


def _case_as_json_object(case: "Case") -> dict[str, object]:
    return {
        "document": case.document,
        "change": dict(case.change),
        "remove": list(case.remove),
        "repeat": list(case.repeat),
        "also": list(case.also),
    }
