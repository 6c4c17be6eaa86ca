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


def _check(ids: str, stage: Stage, says: Text, flag: Flag = Flag.FATAL) -> OwnCheck:
    return OwnCheck(tuple(ids.split()), stage, says, flag)


_W = Flag.WARNING

CHECKS: tuple[OwnCheck, ...] = (
    _check("MP-XML-EMPTY", Stage.XML, Text("There is nothing in the document.")),
    _check(
        "MP-XML-TEXT-FIRST",
        Stage.XML,
        Text("The document does not begin with `<`."),
    ),
    _check(
        "MP-XML-GZIP MP-XML-ZIP MP-XML-PACKED",
        Stage.XML,
        Text("The document is packed."),
    ),
    _check(
        "MP-XML-PDF MP-XML-IMAGE MP-XML-OFFICE MP-XML-HTML MP-XML-JSON MP-XML-EDIFACT MP-XML-MULTIPART",
        Stage.XML,
        Text("The document is something other than XML."),
    ),
    _check(
        "MP-XML-ENCODING",
        Stage.XML,
        Text("The document is in, or declares, an encoding other than UTF-8."),
    ),
    _check("MP-XML-BYTES", Stage.XML, Text("A byte in it is not UTF-8.")),
    _check("MP-XML-VERSION", Stage.XML, Text("The document is XML 1.1.")),
    _check("MP-XML-DOCTYPE", Stage.XML, Text("The document has a DOCTYPE.")),
    _check(
        "MP-XML-SIZE MP-XML-ELEMENTS MP-XML-ATTRIBUTES MP-XML-NAME MP-XML-DEPTH MP-XML-TEXT MP-XML-REFERENCES",
        Stage.XML,
        Text("The document is over a cap (settings `[xml]`)."),
    ),
    _check("MP-XML-TRUNCATED", Stage.XML, Text("The document ends too soon.")),
    _check(
        "MP-XML-DECLARATION",
        Stage.XML,
        Text("`<?xml …?>` is not the very first thing."),
    ),
    _check(
        "MP-XML-TAGS MP-XML-MARKUP MP-XML-ENTITY MP-XML-CHARACTER MP-XML-AFTER MP-XML-PREFIX MP-XML-ATTRIBUTE "
        "MP-XML-ATTRIBUTE-TWICE MP-XML-SYNTAX",
        Stage.XML,
        Text("The document is not well-formed."),
    ),
    _check(
        "MP-TECHNICAL",
        Stage.XML,
        Text("The gateway could not judge the document; the message is set apart, not refused."),
    ),
    _check(
        "MP-ID-ROOT",
        Stage.IDENTIFY,
        Text("The root element is not known."),
    ),
    _check(
        "MP-ID-NAMESPACE",
        Stage.IDENTIFY,
        Text("The root element is known, its namespace is another."),
    ),
    _check(
        "MP-ID-SBDH MP-ID-SOAP MP-ID-EBXML",
        Stage.IDENTIFY,
        Text("The document is wrapped."),
    ),
    _check(
        "MP-ID-CII MP-ID-OHNL MP-ID-UBL1 MP-ID-OAGIS MP-ID-HRXML MP-ID-PLAIN-XSD",
        Stage.IDENTIFY,
        Text("The document is in another or an older format."),
    ),
    _check(
        "MP-RULES-PROFILE",
        Stage.IDENTIFY,
        Text("Rules for invoices were asked for on a document that is none."),
        _W,
    ),
    _check(
        "MP-ATT-BASE64",
        Stage.ATTACHMENTS,
        Text("The content of an attachment is not base64, or is interrupted."),
    ),
    _check(
        "MP-ATT-SIZE",
        Stage.ATTACHMENTS,
        Text("All attachments together are over the limit."),
    ),
    _check("MP-ATT-NUMBER", Stage.ATTACHMENTS, Text("There are too many attachments.")),
    _check(
        "MP-ATT-MEDIA-TYPE",
        Stage.ATTACHMENTS,
        Text("An invoice may not carry this media type (reported as `BR-CL-24` where that rule says the same)."),
    ),
    _check(
        "MP-ATT-DANGEROUS",
        Stage.ATTACHMENTS,
        Text("An attachment is a program, a script or a web page."),
    ),
    _check(
        "MP-ATT-CONTENT",
        Stage.ATTACHMENTS,
        Text("The content of an attachment is not what its media type says."),
        _W,
    ),
    _check("MP-ATT-EMPTY", Stage.ATTACHMENTS, Text("An attachment is empty."), _W),
    _check(
        "MP-ATT-FILENAME",
        Stage.ATTACHMENTS,
        Text("The file name of an attachment is a path, has control characters or is longer than 80 characters."),
        _W,
    ),
    _check(
        "MP-XSD-UNKNOWN",
        Stage.SCHEMA,
        Text("The element does not exist there."),
    ),
    _check(
        "MP-XSD-ORDER",
        Stage.SCHEMA,
        Text("The element is in the wrong place."),
    ),
    _check("MP-XSD-TOO-MANY", Stage.SCHEMA, Text("The element comes too often.")),
    _check("MP-XSD-MISSING", Stage.SCHEMA, Text("An element is missing.")),
    _check(
        "MP-XSD-ELEMENT",
        Stage.SCHEMA,
        Text("The element is not allowed there, for another reason."),
    ),
    _check(
        "MP-XSD-VALUE",
        Stage.SCHEMA,
        Text(
            "The value does not fit its type: a date is 2026-11-23, a number has a point, a code is on its list."
        ),
    ),
    _check(
        "MP-XSD-ATTRIBUTE",
        Stage.SCHEMA,
        Text("An attribute is missing or does not exist."),
    ),
    _check(
        "MP-XSD-TEXT",
        Stage.SCHEMA,
        Text("There is text where only elements are allowed, or the other way round."),
    ),
    _check(
        "MP-XSD-OTHER",
        Stage.SCHEMA,
        Text("Anything else that the schema does not allow, in libxml2's words."),
    ),
    _check(
        "MP-RULES-SPECIFICATION",
        Stage.RULES,
        Text(
            "CustomizationID names a specification that is not judged here; the document is judged "
            "by EN 16931 alone."
        ),
        _W,
    ),
    _check(
        "MP-RULES-DATE",
        Stage.RULES,
        Text("The issue date is outside the days on which a rule set is in force; the set was applied anyway."),
        _W,
    ),
    _check(
        "MP-RULES-MORE",
        Stage.RULES,
        Text(
            "One rule is broken more than 100 times, or all rules together more than 2,000 times; "
            "the others are left out."
        ),
        _W,
    ),
    _check(
        "MP-RULE-FAILED",
        Stage.RULES,
        Text("A rule could not be checked by an error of the gateway; the message is set apart, not refused."),
    ),
    _check(
        "MP-REFERENCE-STOPPED",
        Stage.RULES,
        Text("With `--engine reference`: the official stylesheet ended in an error, without a verdict."),
    ),
    _check(
        "MP-SENDER-UNKNOWN",
        Stage.PARTIES,
        Text("The document names no sender that is registered here."),
    ),
    _check(
        "MP-SENDER-MANDATE",
        Stage.PARTIES,
        Text("The sender of the message may not send for the party that the document names."),
    ),
    _check(
        "MP-ON-BEHALF-OF",
        Stage.PARTIES,
        Text("The document is not from the party that its sender says to act for, or that party gave no mandate."),
    ),
    _check(
        "MP-RECIPIENT-UNKNOWN",
        Stage.PARTIES,
        Text("The document names no recipient that is registered here."),
    ),
    _check(
        "MP-DUPLICATE",
        Stage.PARTIES,
        Text("An invoice of this number came from this supplier before, in the same year."),
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
