"""`meterpoort show`: a document as people read it, without a server."""

import sys
from pathlib import Path

import click

import gateway
from gateway.cli.options import language_option
from gateway.cli.validate import read_document

_BY_SUFFIX = {".html": "html", ".htm": "html", ".pdf": "pdf", ".txt": "text", ".json": "json", ".xml": "xml"}


@click.command()
@click.argument("file", metavar="FILE")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "html", "pdf", "json", "xml"]),
    help="As --format pdf; else by the name of OUT, or text.",
)
@language_option
@click.option("--profile", help="Rules to judge by instead of those the document claims, as --profile nlcius.")
@click.option(
    "-o",
    "--output",
    metavar="OUT",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where to write it, as -o invoice.pdf.",
)
def show(file: str, form: str | None, language: str, profile: str | None, output: Path | None) -> None:
    """Show a document as people read it: HTML, PDF or plain text, with what is wrong next to the term it is about.
    JSON is the same for programs.

    FILE may be - for standard input, and a PDF that carries an invoice: xml is the XML in it. What is shown is a
    rendering; the XML is the original. Exit status: 0 it is shown, whether it is valid or not; 2 it could not be
    read or written.

    \b
    meterpoort show --language nl invoice.xml -o invoice.pdf
    """
    document = read_document(file)
    if isinstance(document, str):
        raise click.UsageError(f"{file}: {document}")
    chosen = form or (_BY_SUFFIX.get(output.suffix.lower()) if output else None) or "text"
    if chosen == "pdf" and output is None and sys.stdout.isatty():
        raise click.UsageError("PDF is no text for a terminal; say with -o where to write it")
    try:
        shown = gateway.show(document, chosen, language=language, profile=profile)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if not shown:
        raise click.UsageError(f"{file}: there is no XML in it that can be read")
    if output is None:
        click.echo(shown, nl=False)
        return
    try:
        output.write_bytes(shown)
    except OSError as error:
        raise click.UsageError(f"{output}: {error.strerror}") from error
