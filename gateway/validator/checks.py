"""The gateway's own checks, whose ids begin with `MP-`: what each says, for people.

The checks themselves are in the modules that make the findings; a test compares this table with the code.
`meterpoort rules show` and docs/reference/checks.md are made from it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.i18n import Text
from gateway.validator.finding import Flag, Stage


@dataclass(frozen=True, slots=True)
class OwnCheck:
    """One check, or several that say the same of different things."""

    ids: tuple[str, ...]
    stage: Stage
    says: Text
    flag: Flag = Flag.FATAL


def _checks(stage: Stage, says: dict[str, Text], flag: Flag = Flag.FATAL) -> list[OwnCheck]:
    """The checks of a stage: what those say whose ids are separated by spaces."""
    return [OwnCheck(tuple(ids.split()), stage, text, flag) for ids, text in says.items()]


CHECKS: tuple[OwnCheck, ...] = (
    *_checks(
        Stage.XML,
        {
            "MP-XML-EMPTY": Text("There is nothing in the document."),
            "MP-XML-TEXT-FIRST": Text("The document does not begin with `<`."),
            "MP-XML-GZIP MP-XML-ZIP MP-XML-PACKED": Text("The document is packed."),
            "MP-XML-PDF MP-XML-IMAGE MP-XML-OFFICE MP-XML-HTML MP-XML-JSON MP-XML-EDIFACT MP-XML-MULTIPART": Text(
                "The document is something other than XML."
            ),
            "MP-PDF-BROKEN MP-PDF-ENCRYPTED MP-PDF-SIZE": Text(
                "The PDF cannot be read: it is damaged, encrypted, or has more in it than is read."
            ),
            "MP-PDF-NO-XML MP-PDF-SEVERAL": Text("The PDF carries no invoice, or more than one."),
            "MP-PDF-NAME MP-PDF-RELATIONSHIP": Text(
                "The invoice in the PDF has another file name or AFRelationship than Factur-X and ZUGFeRD ask."
            ),
            "MP-XML-ENCODING": Text("The document is in, or declares, an encoding other than UTF-8."),
            "MP-XML-BYTES": Text("A byte in it is not UTF-8."),
            "MP-XML-VERSION": Text("The document is XML 1.1."),
            "MP-XML-DOCTYPE": Text("The document has a DOCTYPE."),
            "MP-XML-SIZE MP-XML-ELEMENTS MP-XML-ATTRIBUTES MP-XML-NAME MP-XML-DEPTH MP-XML-TEXT "
            "MP-XML-REFERENCES": Text("The document is over a cap (settings `[xml]`)."),
            "MP-XML-TRUNCATED": Text("The document ends too soon."),
            "MP-XML-DECLARATION": Text("`<?xml …?>` is not the very first thing."),
            "MP-XML-TAGS MP-XML-MARKUP MP-XML-ENTITY MP-XML-CHARACTER MP-XML-AFTER MP-XML-PREFIX "
            "MP-XML-ATTRIBUTE MP-XML-ATTRIBUTE-TWICE MP-XML-SYNTAX": Text("The document is not well-formed."),
            "MP-TECHNICAL": Text(
                "The gateway could not judge the document; the message is set apart, not refused."
            ),
        },
    ),
    *_checks(
        Stage.IDENTIFY,
        {
            "MP-ID-ROOT": Text("The root element is not known."),
            "MP-ID-NAMESPACE": Text("The root element is known, its namespace is another."),
            "MP-PDF-UBL": Text("The XML in the PDF is no CII."),
            "MP-ID-NO-LINES": Text("The document is Factur-X MINIMUM or BASIC WL, which is no e-invoice."),
            "MP-ID-SBDH MP-ID-SOAP MP-ID-EBXML": Text("The document is wrapped."),
            "MP-ID-CII MP-ID-OHNL MP-ID-UBL1 MP-ID-OAGIS MP-ID-HRXML MP-ID-PLAIN-XSD": Text(
                "The document is in another or an older format."
            ),
        },
    ),
    *_checks(
        Stage.IDENTIFY,
        {
            "MP-RULES-PROFILE": Text("Rules for invoices were asked for on a document that is none."),
        },
        Flag.WARNING,
    ),
    *_checks(
        Stage.ATTACHMENTS,
        {
            "MP-ATT-BASE64": Text("The content of an attachment is not base64, or is interrupted."),
            "MP-ATT-SIZE": Text("All attachments together are over the limit."),
            "MP-ATT-NUMBER": Text("There are too many attachments."),
            "MP-ATT-MEDIA-TYPE": Text(
                "An invoice may not carry this media type (reported as `BR-CL-24` where that rule says the same)."
            ),
            "MP-ATT-DANGEROUS": Text("An attachment is a program, a script or a web page, or is named as one."),
        },
    ),
    *_checks(
        Stage.ATTACHMENTS,
        {
            "MP-ATT-CONTENT": Text("The content of an attachment is not what its media type says."),
            "MP-ATT-EXTENSION": Text(
                "The file name of an attachment ends in what its content is not, as .xlsx of a PDF."
            ),
            "MP-ATT-EMPTY": Text("An attachment is empty."),
            "MP-ATT-FILENAME": Text(
                "The file name of an attachment is a path, has control characters or is longer than 80 characters."
            ),
        },
        Flag.WARNING,
    ),
    *_checks(
        Stage.SCHEMA,
        {
            "MP-XSD-UNKNOWN": Text("The element does not exist there."),
            "MP-XSD-ORDER": Text("The element is in the wrong place."),
            "MP-XSD-TOO-MANY": Text("The element comes too often."),
            "MP-XSD-MISSING": Text("An element is missing."),
            "MP-XSD-ELEMENT": Text("The element is not allowed there, for another reason."),
            "MP-XSD-VALUE": Text(
                "The value does not fit its type: a date is 2026-11-23, a number has a point, a code is on its "
                "list."
            ),
            "MP-XSD-ATTRIBUTE": Text("An attribute is missing or does not exist."),
            "MP-XSD-TEXT": Text("There is text where only elements are allowed, or the other way round."),
            "MP-XSD-OTHER": Text("Anything else that the schema does not allow, in libxml2's words."),
        },
    ),
    *_checks(
        Stage.RULES,
        {
            "MP-RULES-SPECIFICATION": Text(
                "CustomizationID names a specification whose rules are not judged here; the document is judged by "
                "what is known of it."
            ),
            "MP-RULES-NONE": Text(
                "There are no rules here for the document, or not for the specification that it names: it is "
                "checked by its schema alone."
            ),
            "MP-RULES-DATE": Text(
                "The issue date is outside the days on which a rule set is in force; the set was applied anyway."
            ),
            "MP-RULES-MORE": Text(
                "One rule is broken more than 100 times, or all rules together more than 2,000 times; the "
                "others are left out."
            ),
        },
        Flag.WARNING,
    ),
    *_checks(
        Stage.RULES,
        {
            "MP-RULE-FAILED": Text(
                "A rule could not be checked by an error of the gateway, or of a stylesheet of the installation; "
                "the message is set apart, not refused."
            ),
            "MP-RULE-UNDECIDABLE": Text("The official text of a rule ends in an error on the document."),
            "MP-REFERENCE-STOPPED": Text(
                "With `--engine reference`: the official stylesheet ended in an error, without a verdict."
            ),
        },
    ),
    *_checks(
        Stage.PARTIES,
        {
            "MP-SENDER-UNKNOWN": Text("The document names no sender that is registered here."),
            "MP-SENDER-MANDATE": Text(
                "The sender of the message may not send for the party that the document names."
            ),
            "MP-ON-BEHALF-OF": Text(
                "The document is not from the party that its sender says to act for, or that party gave no "
                "mandate."
            ),
            "MP-RECIPIENT-UNKNOWN": Text("The document names no recipient that is registered here."),
            "MP-DUPLICATE": Text("An invoice of this number came from this supplier before, in the same year."),
        },
    ),
)

_TITLES = {
    Stage.XML: ("Reading the XML", "The document is refused at the first of these."),
    Stage.IDENTIFY: ("What it is", ""),
    Stage.ATTACHMENTS: (
        "Attachments",
        "Embedded attachments and detached ones (a part of a multipart body, a `bijlage`).",
    ),
    Stage.SCHEMA: ("XML Schema", ""),
    Stage.RULES: ("Rules", ""),
    Stage.PARTIES: ("Parties", "Only for messages, when their document is valid."),
}

_OPENING = """\
# Checks of the gateway

Findings of the gateway itself have ids that begin with `MP-`. Business rules have their published ids (`BR-CO-15`,
`BR-NL-1`). Each finding says in Dutch and English what is wrong and what to change, with XPath, line and column.
Values longer than 200 characters are shortened in reports, with their length in brackets.
"""


def checks_page() -> str:
    """docs/reference/checks.md, below its first line."""
    return "\n".join([_OPENING, *(line for stage in _TITLES for line in _section(stage))])


def _section(stage: Stage) -> Iterator[str]:
    title, about = _TITLES[stage]
    yield f"## {title}\n"
    if about:
        yield f"{about}\n"
    yield "| id | what it says |\n| --- | --- |"
    for check in CHECKS:
        if check.stage is stage:
            mark = "warning: " if check.flag is Flag.WARNING else ""
            yield f"| {', '.join(f'`{key}`' for key in check.ids)} | {mark}{check.says.en} |"
    yield ""
