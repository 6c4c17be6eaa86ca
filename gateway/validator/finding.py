"""A finding: what one check says of one place in one document."""

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from gateway.i18n import Text


class Flag(StrEnum):
    """How much a finding weighs, in Schematron's words."""

    FATAL = "fatal"
    """The document is refused."""
    WARNING = "warning"
    """The document passes; the sender gets a warning."""


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


UNKNOWN_RECIPIENT = "MP-RECIPIENT-UNKNOWN"
"""The rule of a finding on a document that is returned, as nobody here is its recipient."""
QUOTED_CHARACTERS_MAX = 200
"""Of a longer value so much is shown, and its length."""
SENTENCE_CHARACTERS_MAX = 1_000
_LONG_NUMBER = re.compile(r"\d{41,}")


def shorten(text: str, characters_max: int = QUOTED_CHARACTERS_MAX) -> str:
    """A text as a report shows it: a number of more than forty digits by its first and last ones, and a longer
    text by its beginning, each with its length in brackets: `1234567890…67890 [400]`. Only for show: what is
    decided is decided on the whole value."""
    if len(text) <= 40:
        return text
    text = text if len(text) <= characters_max * 100 else f"{text[:characters_max]}… [{len(text)}]"
    text = _LONG_NUMBER.sub(lambda run: f"{run[0][:10]}…{run[0][-5:]} [{len(run[0])}]", text)
    return text if len(text) <= characters_max + 20 else f"{text[:characters_max]}… [{len(text)}]"


_BOUNDED = (
    ("message", SENTENCE_CHARACTERS_MAX),
    ("advice", SENTENCE_CHARACTERS_MAX),
    ("found", QUOTED_CHARACTERS_MAX),
    ("expected", QUOTED_CHARACTERS_MAX),
)


def _short(text: Text | str, characters_max: int) -> Text | str:
    if isinstance(text, Text):
        return text.map_values(lambda value: shorten(value, characters_max)) if text.params else text
    return shorten(text, characters_max)


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
    from 1, the column in characters, and are None where no place can be named. `found` and `expected` are a `Text`
    where they hold words; what is the same in every language (values, ids, signs) is a plain string.

    Always true: every text of a finding is bounded, whatever the document holds.
    """

    rule: str
    flag: Flag
    stage: Stage
    message: Text
    location: str = ""
    line: int | None = None
    column: int | None = None
    terms: tuple[str, ...] = ()
    found: Text | str | None = None
    expected: Text | str | None = None
    advice: Text | None = None
    because_of: str | None = None
    """The rule of the finding from which this one may follow."""

    def __post_init__(self) -> None:
        for name, characters_max in _BOUNDED:
            value = getattr(self, name)
            if value is not None and (bounded := _short(value, characters_max)) is not value:
                object.__setattr__(self, name, bounded)

    def at(self, location: str, line: int | None, column: int | None) -> "Finding":
        """The same finding at this place."""
        return replace(self, location=location, line=line, column=column)


def line_and_column(finding: Finding) -> tuple[int, int]:
    """Where a finding is in the source, to sort by; one without a line comes first."""
    return finding.line or 0, finding.column or 0
