"""Meterpoort: an open e-invoice gateway that receives, judges, delivers, meters and bills.

For programs that only want a verdict: `gateway.judge(document)`. Nothing heavy is imported before it is called.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.settings import OwnRuleSet as OwnRuleSet
    from gateway.validator.catalogue import RuleEntry as RuleEntry
    from gateway.validator.finding import Finding as Finding
    from gateway.validator.rules.cases import Case as Case
    from gateway.validator.verdict import Verdict as Verdict

__all__ = ["__version__", "as_json_object", "judge", "render", "rule_catalogue", "rule_entry", "show"]

__version__ = "0.1.0"


def judge(
    document: bytes,
    profile: str | None = None,
    schema: bool = True,
    *,
    explain: bool = False,
    engine: str = "own",
    own: "Sequence[OwnRuleSet]" = (),
) -> "Verdict":
    """The verdict on a document: schema, then the business rules of what it claims to be, or of `profile` instead.

    `schema=False` leaves the schema out; `explain` has xmlschema read a document that breaks it too, in seconds,
    which tells more of a time card. `engine="reference"` has EN 16931's official stylesheet judge instead of ours;
    it needs the extra `reference` (ImportError without). `own` are your own rule sets, which need it too
    (`gateway.settings.OwnRuleSet`): one judges where the document claims it, or `profile` names it. Raises nothing
    on any bytes: a wrong document is an answer. Raises ValueError for a profile or an engine that does not exist.
    """
    from gateway.validator.judge import judge as judge_document

    return judge_document(document, profile=profile, schema=schema, explain=explain, engine=engine, own=own)


def as_json_object(verdict: "Verdict", file: str) -> dict[str, object]:
    """The verdict as the command line and the API give it, ready for a JSON encoder."""
    import msgspec

    from gateway.validator.report.report import report_of

    found: dict[str, object] = msgspec.to_builtins(report_of(verdict, file))
    return found


def render(
    judged: "Sequence[tuple[str, bytes, Verdict]]",
    form: str,
    *,
    language: str = "en",
    colour: bool = False,
    unread: "Sequence[tuple[str, str]]" = (),
    rules_url: str = "",
) -> str:
    """Reports on documents (name, bytes and verdict of each) as `text`, `html`, `svrl`, `junit` or `sarif`.

    `language` is en or nl; `colour` paints the text for a terminal. `unread` are files that could not be read,
    with the reason: html, junit and sarif name them. `rules_url` is the address of the pages of rules, as
    `https://gateway.example/rules/`: html links to it. Raises KeyError for another form, ValueError
    for several documents in SVRL.
    """
    from gateway.validator.report.report import JudgedDocument, Unread, report_of
    from gateway.validator.report.report import render as render_reports

    reports = [JudgedDocument(report_of(verdict, name), document) for name, document, verdict in judged]
    not_read = tuple(Unread(file, reason) for file, reason in unread)
    return render_reports(reports, form, language=language, colour=colour, unread=not_read, rules_url=rules_url)


def show(document: bytes, form: str = "text", *, language: str = "en", profile: str | None = None) -> bytes:
    """A document as people read it, as `text`, `html` or `pdf`, or for programs as `json`, with the verdict on it.
    As `xml` it is the XML of the document: itself, or what it carries as a PDF; empty where that cannot be read.
    Text, HTML and JSON are UTF-8.

    `language` is en or nl; `profile` judges by other rules than the document claims. Raises ValueError for a
    profile that does not exist, KeyError for another form; nothing on any bytes.
    """
    from gateway.validator.rendering.render import RenderingRequest
    from gateway.validator.rendering.render import render as render_document
    from gateway.validator.rendering.view import File
    from gateway.validator.report.report import encode_report

    verdict = judge(document, profile)
    files = tuple(File(one.number, one.media_type, one.filename, one.size_bytes) for one in verdict.attachments)
    return render_document(document, RenderingRequest(form, language, encode_report(verdict, ""), files))


def rule_catalogue(name: str | None = None) -> "tuple[RuleEntry, ...]":
    """Every rule that the gateway knows, or those of one set, as `nlcius`; its own checks are `meterpoort`.

    Raises ValueError for a set that does not exist.
    """
    from gateway.validator.catalogue import rule_catalogue as whole_catalogue

    return whole_catalogue(name)


def rule_entry(key: str, name: str | None = None) -> "RuleEntry":
    """One rule or own check by its id, where several sets have it as the set of this name does. Raises
    LookupError, which names the ids that look like it, and ValueError for a set that does not exist."""
    from gateway.validator.catalogue import rule_entry as one_entry

    return one_entry(key, name)
