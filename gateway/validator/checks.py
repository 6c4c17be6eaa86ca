"""The gateway's own checks, whose ids begin with `MP-`: what each says, for people.

The checks themselves stand where they are made, in `syntax`, `validation` and `messages`; a test holds this table
and the code to each other. `meterpoort rules show` and docs/reference/checks.md are made from it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.i18n import Text
from gateway.validator.finding import Flag, Stage


@dataclass(frozen=True, slots=True)
class Check:
    """One check, or several that say the same of different things."""

    ids: tuple[str, ...]
    stage: Stage
    says: Text
    flag: Flag = Flag.FATAL


def _check(ids: str, stage: Stage, en: str, nl: str, flag: Flag = Flag.FATAL) -> Check:
    return Check(tuple(ids.split()), stage, Text(en, nl), flag)


_W = Flag.WARNING

CHECKS: tuple[Check, ...] = (
    _check("MP-XML-EMPTY", Stage.XML, "There is nothing in the document.", "Er staat niets in het document."),
    _check(
        "MP-XML-TEXT-FIRST",
        Stage.XML,
        "The document does not begin with `<`.",
        "Het document begint niet met `<`.",
    ),
    _check(
        "MP-XML-GZIP MP-XML-ZIP MP-XML-PACKED",
        Stage.XML,
        "The document is packed.",
        "Het document is ingepakt.",
    ),
    _check(
        "MP-XML-PDF MP-XML-IMAGE MP-XML-OFFICE MP-XML-HTML MP-XML-JSON MP-XML-EDIFACT MP-XML-MULTIPART",
        Stage.XML,
        "The document is something else than XML.",
        "Het document is iets anders dan XML.",
    ),
    _check(
        "MP-XML-ENCODING",
        Stage.XML,
        "The document is in, or declares, another encoding than UTF-8.",
        "Het document is in een andere codering dan UTF-8, of zegt dat.",
    ),
    _check("MP-XML-BYTES", Stage.XML, "A byte in it is not UTF-8.", "Een byte erin is geen UTF-8."),
    _check("MP-XML-VERSION", Stage.XML, "The document is XML 1.1.", "Het document is XML 1.1."),
    _check("MP-XML-DOCTYPE", Stage.XML, "The document has a DOCTYPE.", "Het document heeft een DOCTYPE."),
    _check(
        "MP-XML-SIZE MP-XML-ELEMENTS MP-XML-ATTRIBUTES MP-XML-NAME MP-XML-DEPTH MP-XML-TEXT MP-XML-REFERENCES",
        Stage.XML,
        "The document is over a cap (settings `[xml]`).",
        "Het document gaat over een grens (instellingen `[xml]`).",
    ),
    _check("MP-XML-TRUNCATED", Stage.XML, "The document ends too soon.", "Het document houdt te vroeg op."),
    _check(
        "MP-XML-DECLARATION",
        Stage.XML,
        "`<?xml …?>` is not the very first thing.",
        "`<?xml …?>` is niet het allereerste.",
    ),
    _check(
        "MP-XML-TAGS MP-XML-MARKUP MP-XML-ENTITY MP-XML-CHARACTER MP-XML-AFTER MP-XML-PREFIX MP-XML-ATTRIBUTE "
        "MP-XML-ATTRIBUTE-TWICE MP-XML-SYNTAX",
        Stage.XML,
        "The document is not well-formed.",
        "Het document is niet welgevormd.",
    ),
    _check(
        "MP-TECHNICAL",
        Stage.XML,
        "The gateway could not judge the document; the message is set apart, not refused.",
        "De gateway kon het document niet beoordelen; het bericht is apart gezet, niet geweigerd.",
    ),
    _check(
        "MP-ID-ROOT",
        Stage.IDENTIFY,
        "The root element is not known.",
        "Het hoofdelement is niet bekend.",
    ),
    _check(
        "MP-ID-NAMESPACE",
        Stage.IDENTIFY,
        "The root element is known, its namespace is another.",
        "Het hoofdelement is bekend, maar in een andere namespace.",
    ),
    _check(
        "MP-ID-SBDH MP-ID-SOAP MP-ID-EBXML",
        Stage.IDENTIFY,
        "The document is wrapped.",
        "Het document is verpakt.",
    ),
    _check(
        "MP-ID-CII MP-ID-OHNL MP-ID-UBL1 MP-ID-OAGIS MP-ID-HRXML MP-ID-PLAIN-XSD",
        Stage.IDENTIFY,
        "The document is in another or an older format.",
        "Het document is in een ander of een ouder formaat.",
    ),
    _check(
        "MP-RULES-PROFILE",
        Stage.IDENTIFY,
        "Rules for invoices were asked for on a document that is none.",
        "Er is om regels voor facturen gevraagd bij een document dat er geen is.",
        _W,
    ),
    _check(
        "MP-ATT-BASE64",
        Stage.ATTACHMENTS,
        "The content of an attachment is not base64, or is interrupted.",
        "De inhoud van een bijlage is geen base64, of is onderbroken.",
    ),
    _check(
        "MP-ATT-SIZE",
        Stage.ATTACHMENTS,
        "All attachments together are over the limit.",
        "Alle bijlagen samen gaan over de grens.",
    ),
    _check("MP-ATT-NUMBER", Stage.ATTACHMENTS, "There are too many attachments.", "Er zijn te veel bijlagen."),
    _check(
        "MP-ATT-MEDIA-TYPE",
        Stage.ATTACHMENTS,
        "An invoice may not carry this media type (where `BR-CL-24` says it too, that one is told).",
        "Een factuur mag dit mediatype niet meedragen (waar `BR-CL-24` dat ook zegt, wordt die genoemd).",
    ),
    _check(
        "MP-ATT-DANGEROUS",
        Stage.ATTACHMENTS,
        "An attachment is a program, a script or a web page.",
        "Een bijlage is een programma, een script of een webpagina.",
    ),
    _check(
        "MP-ATT-CONTENT",
        Stage.ATTACHMENTS,
        "The content of an attachment is not what its media type says.",
        "De inhoud van een bijlage is niet wat het mediatype zegt.",
        _W,
    ),
    _check("MP-ATT-EMPTY", Stage.ATTACHMENTS, "An attachment is empty.", "Een bijlage is leeg.", _W),
    _check(
        "MP-ATT-FILENAME",
        Stage.ATTACHMENTS,
        "The file name of an attachment is a path, has control characters or is longer than 80 characters.",
        "De bestandsnaam van een bijlage is een pad, heeft stuurtekens of is langer dan 80 tekens.",
        _W,
    ),
    _check(
        "MP-XSD-UNKNOWN",
        Stage.SCHEMA,
        "The element does not exist there.",
        "Het element bestaat daar niet.",
    ),
    _check(
        "MP-XSD-ORDER",
        Stage.SCHEMA,
        "The element stands in the wrong place.",
        "Het element staat op de verkeerde plaats.",
    ),
    _check("MP-XSD-TOO-MANY", Stage.SCHEMA, "The element comes too often.", "Het element komt te vaak voor."),
    _check("MP-XSD-MISSING", Stage.SCHEMA, "An element is missing.", "Er ontbreekt een element."),
    _check(
        "MP-XSD-ELEMENT",
        Stage.SCHEMA,
        "The element may not stand there, for another reason.",
        "Het element mag daar om een andere reden niet staan.",
    ),
    _check(
        "MP-XSD-VALUE",
        Stage.SCHEMA,
        "The value does not fit its type: a date is 2026-11-23, a number has a point, a code is on its list.",
        "De waarde past niet bij het type: een datum is 2026-11-23, een getal heeft een punt, een code staat op "
        "de lijst.",
    ),
    _check(
        "MP-XSD-ATTRIBUTE",
        Stage.SCHEMA,
        "An attribute is missing or does not exist.",
        "Een attribuut ontbreekt of bestaat niet.",
    ),
    _check(
        "MP-XSD-TEXT",
        Stage.SCHEMA,
        "There is text where only elements may stand, or the other way round.",
        "Er staat tekst waar alleen elementen mogen staan, of andersom.",
    ),
    _check(
        "MP-XSD-OTHER",
        Stage.SCHEMA,
        "Anything else that the schema does not allow, in libxml2's words.",
        "Iets anders dat het schema niet toestaat, in de woorden van libxml2.",
    ),
    _check(
        "MP-RULES-SPECIFICATION",
        Stage.RULES,
        "CustomizationID names a specification that is not judged here; the document is judged by EN 16931 alone.",
        "CustomizationID noemt een specificatie die hier niet wordt beoordeeld; alleen EN 16931 is nagegaan.",
        _W,
    ),
    _check(
        "MP-RULES-DATE",
        Stage.RULES,
        "The issue date lies outside the days on which a rule set is in force; the set judged it all the same.",
        "De factuurdatum valt buiten de dagen waarop een regelset geldt; die set is toch gebruikt.",
        _W,
    ),
    _check(
        "MP-RULES-MORE",
        Stage.RULES,
        "One rule is broken more than 100 times, or all rules together more than 2,000 times; the others are left "
        "out.",
        "Eén regel is meer dan 100 keer gebroken, of alle samen meer dan 2.000 keer; de rest is weggelaten.",
        _W,
    ),
    _check(
        "MP-RULE-FAILED",
        Stage.RULES,
        "A rule could not be checked by an error of the gateway; the message is set apart, not refused.",
        "Een regel kon door een fout van de gateway niet worden nagegaan; het bericht is apart gezet, niet "
        "geweigerd.",
    ),
    _check(
        "MP-REFERENCE-STOPPED",
        Stage.RULES,
        "With `--engine reference`: the official stylesheet ended in an error of its own, without a verdict.",
        "Met `--engine reference`: het officiële stylesheet eindigde in een eigen fout, zonder oordeel.",
    ),
    _check(
        "MP-SENDER-UNKNOWN",
        Stage.PARTIES,
        "The document names no sender that is registered here.",
        "Het document noemt geen verzender die hier is geregistreerd.",
    ),
    _check(
        "MP-SENDER-MANDATE",
        Stage.PARTIES,
        "Who sends the document may not do so for the sender that it names.",
        "Wie het document instuurt mag dat niet namens de verzender die erin staat.",
    ),
    _check(
        "MP-ON-BEHALF-OF",
        Stage.PARTIES,
        "The document is not from the party that its sender says to act for, or that party gave no mandate.",
        "Het document is niet van de partij namens wie de verzender zegt te handelen, of die gaf geen machtiging.",
    ),
    _check(
        "MP-RECIPIENT-UNKNOWN",
        Stage.PARTIES,
        "The document names no recipient that is registered here.",
        "Het document noemt geen ontvanger die hier is geregistreerd.",
    ),
    _check(
        "MP-DUPLICATE",
        Stage.PARTIES,
        "An invoice of this number came from this supplier before, in the same year.",
        "Van deze leverancier kwam in hetzelfde jaar al een factuur met dit nummer.",
    ),
)

_TITLES = {
    Stage.XML: ("Reading the XML", "The document is refused at the first of these."),
    Stage.IDENTIFY: ("What it is", ""),
    Stage.ATTACHMENTS: (
        "Attachments",
        "Those in the document and those beside it (a part of a multipart body, a `bijlage`) alike.",
    ),
    Stage.SCHEMA: ("XML Schema", ""),
    Stage.RULES: ("Rules", ""),
    Stage.PARTIES: ("Parties", "Of messages alone, when their document is valid."),
}

_OPENING = """\
# The gateway's own checks

Findings of the gateway itself have ids that begin with `MP-`. Business rules have their published ids (`BR-CO-15`,
`BR-NL-1`). Each finding says in Dutch and English what is wrong and what to change, with XPath, line and column.
Values longer than 200 characters are shown cut, with their length in brackets; rules judge the whole value.
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
