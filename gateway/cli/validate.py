"""`meterpoort validate`: judge documents without a server, a key or a database."""

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

import gateway
from gateway.cli.options import format_option, language_option, with_own_rules

if TYPE_CHECKING:
    from gateway import Verdict

STANDARD_INPUT = "-"
FORMS = ["text", "json", "html", "svrl", "junit", "sarif"]
_AT_ONCE = {"html", "svrl", "junit", "sarif"}
"""Forms that are one document for all files; the others are written file by file."""
_INVALID, _COULD_NOT_RUN = 1, 2


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@format_option(FORMS, "Format of the report, as --format sarif.")
@click.option("--profile", help="Rules to judge by instead of those the document claims, as --profile nlcius.")
@click.option("--no-schema", is_flag=True, help="Leave the XML Schema out; the business rules run all the same.")
@click.option("--explain", is_flag=True, help="Tell more of what breaks a time card's schema; takes seconds.")
@click.option(
    "--engine",
    type=click.Choice(["own", "reference"]),
    default="own",
    show_default=True,
    help="Whose rules judge, as --engine reference: ours, or the official stylesheet of EN 16931 in SaxonC.",
)
@language_option
@click.option(
    "--rules-url",
    default="",
    help="For html: where rules are explained, as --rules-url https://gateway.example/rules/.",
)
@with_own_rules
def validate(
    *,
    files: tuple[str, ...],
    form: str,
    profile: str | None,
    no_schema: bool,
    explain: bool,
    engine: str,
    language: str,
    rules_url: str,
) -> None:
    """Judge documents: XML, what they are, attachments, schema, business rules. FILE may be - for standard input.

    JSON is one object a line; html, junit and sarif are one document for all files; svrl takes one file.
    Exit status: 0 all are valid, 1 some are not, 2 some could not be judged.

    \b
    meterpoort validate invoice.xml
    meterpoort validate --format html --language nl *.xml > report.html
    """
    if form == "svrl" and len(files) > 1:
        raise click.UsageError("SVRL reports on one document; give one file")
    status = 0
    judged: list[tuple[str, bytes, Verdict]] = []
    unread: list[tuple[str, str]] = []
    for name in files:
        document = read_document(name)
        if isinstance(document, str):
            click.echo(f"meterpoort validate: {name}: {document}", err=True)
            unread.append((name.encode("utf-8", "replace").decode(), document))
            status = _COULD_NOT_RUN
            continue
        verdict = _judge(document, profile, schema=not no_schema, explain=explain, engine=engine)
        one = (name.encode("utf-8", "replace").decode(), document, verdict)
        if form in _AT_ONCE:
            judged.append(one)
        else:
            click.echo(_render_one(one, form, language))
        status = max(status, 0 if verdict.valid else _INVALID)
    if form in _AT_ONCE and (judged or form != "svrl"):
        click.echo(gateway.render(judged, form, language=language, unread=unread, rules_url=rules_url))
    sys.exit(status)


def _render_one(judged: "tuple[str, bytes, Verdict]", form: str, language: str) -> str:
    """One report, as soon as it is there; in colour where a person looks."""
    if form == "json":
        name, _, verdict = judged
        return json.dumps(gateway.as_json_object(verdict, name), ensure_ascii=False)
    return gateway.render([judged], form, language=language, colour=_is_for_a_person())


def _is_for_a_person() -> bool:
    """Whether to paint the text: on a terminal, unless NO_COLOR asks not to (no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def read_document(name: str) -> bytes | str:
    """The document of this name, `-` for standard input; or why it cannot be read."""
    try:
        return sys.stdin.buffer.read() if name == STANDARD_INPUT else Path(name).read_bytes()
    except OSError as error:
        return error.strerror or str(error)


def _judge(document: bytes, profile: str | None, *, schema: bool, explain: bool, engine: str) -> "Verdict":
    from gateway.validator.own_rules import installed_sets  # with the validator, when it is needed

    try:
        return gateway.judge(document, profile, schema, explain=explain, engine=engine, own=installed_sets())
    except (ValueError, ImportError) as error:
        raise click.UsageError(str(error)) from error
