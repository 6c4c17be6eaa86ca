"""A finding: what one check says of one place in one document."""

from dataclasses import dataclass, replace
from enum import StrEnum


class Flag(StrEnum):
    """How much a finding weighs, in Schematron's words."""

    FATAL = "fatal"
    """The document is refused."""
    WARNING = "warning"
    """The document passes; the sender is told."""


class Stage(StrEnum):
    """Where on the way from bytes to verdict a finding was made, in the order of the stages."""

    XML = "xml"
    """Well-formed, safe to read, within the caps."""
    IDENTIFY = "identify"
    """A document that this gateway knows, by root, CustomizationID and ProfileID."""
    ATTACHMENTS = "attachments"
    """Base64, media types and the size limit."""
    SCHEMA = "schema"
    """XML Schema."""
    RULES = "rules"
    """Business rules: EN 16931, NLCIUS, Peppol, basisfactuur Rijk and others."""
    PARTIES = "parties"
    """Sender, supplier and recipient against the register; duplicates."""


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence in the two languages of this gateway's readers."""

    en: str
    nl: str


class WrongValueError(ValueError):
    """A value is not what it should be; `text` says what is wrong with it, as the end of a sentence."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check says of one place: it tells the sender what to change.

    `rule` is the published id (`BR-CO-15`, `BR-NL-1`) or, for the gateway's own checks, an id that
    starts with `MP-`. `location` is an XPath with the usual UBL prefixes; `line` and `column` count
    from 1, the column in characters, and are None where no place can be named.
    """

    rule: str
    flag: Flag
    stage: Stage
    message: Text
    location: str = ""
    line: int | None = None
    column: int | None = None
    terms: tuple[str, ...] = ()
    found: str | None = None
    expected: str | None = None
    advice: Text | None = None

    def at(self, location: str, line: int | None, column: int | None) -> "Finding":
        """The same finding at this place."""
        return replace(self, location=location, line=line, column=column)
