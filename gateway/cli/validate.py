"""`meterpoort validate`: judge documents without a server, a key or a database."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

import gateway

if TYPE_CHECKING:
    from gateway import Finding, Verdict

STANDARD_INPUT = "-"
_INVALID, _COULD_NOT_RUN = 1, 2


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--profile", help="Rules to apply on top of those the document claims, as nlcius.")
@click.option("--no-schema", is_flag=True, help="Leave the XML Schema out; the business rules run all the same.")
@click.option("--explain", is_flag=True, help="Tell more of what breaks the schema; takes some seconds.")
@click.option(
    "--engine",
    type=click.Choice(["own", "reference"]),
    default="own",
    show_default=True,
    help="Whose rules judge: ours, or the official stylesheet of EN 16931 in SaxonC.",
)
@click.option("--language", type=click.Choice(["en", "nl"]), default="en", show_default=True, help="Of the text.")
def validate(
    *,
    files: tuple[str, ...],
    form: str,
    profile: str | None,
    no_schema: bool,
    explain: bool,
    engine: str,
    language: str,
) -> None:
    """Judge documents: XML, what they are, attachments, schema, business rules. FILE may be - for standard input.

    JSON is one object a line. Exit status: 0 all are valid, 1 some are not, 2 some could not be judged.
    """
    status = 0
    for name in files:
        document = _read(name)
        if document is None:
            status = _COULD_NOT_RUN
            continue
        verdict = _judged(document, profile, schema=not no_schema, explain=explain, engine=engine)
        found = gateway.as_json_object(verdict, name.encode("utf-8", "replace").decode())
        click.echo(json.dumps(found, ensure_ascii=False) if form == "json" else _as_text(verdict, name, language))
        status = max(status, 0 if verdict.valid else _INVALID)
    sys.exit(status)


def _read(name: str) -> bytes | None:
    """The document, or None with a word on standard error where it cannot be read."""
    try:
        return sys.stdin.buffer.read() if name == STANDARD_INPUT else Path(name).read_bytes()
    except OSError as error:
        click.echo(f"meterpoort validate: {name}: {error.strerror or error}", err=True)
        return None


def _judged(document: bytes, profile: str | None, *, schema: bool, explain: bool, engine: str) -> "Verdict":
    try:
        return gateway.judge(document, profile, schema, explain=explain, engine=engine)
    except (ValueError, ImportError) as error:
        raise click.UsageError(str(error)) from error


def _as_text(verdict: "Verdict", name: str, language: str) -> str:
    """The verdict for people: one line, then a paragraph for each finding."""
    is_dutch = language == "nl"
    good, bad = ("geldig", "niet geldig") if is_dutch else ("valid", "not valid")
    rules = ", ".join(f"{used.name} {used.version}" for used in verdict.rule_sets)
    about = " · ".join(filter(None, (verdict.kind, verdict.profile, rules)))
    head = f"{click.format_filename(name)}: {good if verdict.valid else bad}"
    head = f"{head} ({about})" if about else head
    return "\n".join([head, *(_paragraph(finding, is_dutch) for finding in verdict.findings)])


def _paragraph(finding: "Finding", is_dutch: bool) -> str:
    place = "" if finding.line is None else f"{finding.line}:{finding.column}"
    texts = [finding.message, finding.advice] if finding.advice else [finding.message]
    lines = [f"  {finding.flag:<8}{finding.rule:<20}{place}".rstrip()]
    lines += [f"          {text.nl if is_dutch else text.en}" for text in texts]
    return "\n".join([*lines, f"          {finding.location}"] if finding.location else lines)
