"""What is to be read of one document, in one language: sections of cards and tables, without any markup."""

from dataclasses import dataclass, field

from gateway.i18n import Text
from gateway.validator.report.report import ReportFinding

ORIGINAL = Text("A rendering to read; the XML is the original.")
COMPLETE = Text("Nothing of it is left out, but the content of attachments and comments. Numbers are not rounded.")
"""What every form says of itself."""


@dataclass(frozen=True, slots=True)
class File:
    """An attachment of a message: what it is, and where it can be fetched or looked at, if anywhere."""

    number: int
    media_type: str
    filename: str | None
    size_bytes: int
    href: str = ""
    view_href: str = ""


@dataclass(slots=True)
class Value:
    """One text of the document. `raw` is what was sent, where the page writes it otherwise; `code` the code behind
    words; `prefix` a word before it; `link` where to open it."""

    text: str
    raw: str = ""
    code: str = ""
    prefix: str = ""
    link: str = ""


@dataclass(slots=True)
class FindingNote:
    """A finding. `number` counts them from 1; `is_nearby` where it is shown next to a term as well."""

    number: int
    finding: ReportFinding
    message: str
    advice: str
    is_nearby: bool = False


@dataclass(slots=True)
class ShownItem:
    """What is said of one thing: its label and values. `terms` are the numbers of its terms, `name` is the full
    name of the first one."""

    label: str
    values: list[Value]
    terms: tuple[str, ...] = ()
    name: str = ""
    notes: list[FindingNote] = field(default_factory=list)
    is_number: bool = False
    is_total: bool = False
    is_long: bool = False
    """Whether each value has its own line."""


@dataclass(slots=True)
class Card:
    """What belongs together. `picture` is an SVG, and `about` says what it is."""

    title: str = ""
    items: list[ShownItem] = field(default_factory=list)
    notes: list[FindingNote] = field(default_factory=list)
    picture: str = ""
    about: str = ""


@dataclass(slots=True)
class ShownRow:
    """A row of a table, and what else there is to say of it."""

    cells: list[ShownItem]
    details: list[ShownItem] = field(default_factory=list)
    notes: list[FindingNote] = field(default_factory=list)


@dataclass(slots=True)
class Table:
    """Rows below labels; `numbers` says which columns hold numbers."""

    labels: list[str]
    numbers: list[bool]
    rows: list[ShownRow]


@dataclass(slots=True)
class Section:
    """A part of the page. `style` is `cards`, `sums` for a calculation, or `rest` for what is nowhere else."""

    title: str
    cards: list[Card] = field(default_factory=list)
    table: Table | None = None
    style: str = "cards"
    remark: str = ""


@dataclass(slots=True)
class View:
    """A whole document."""

    language: str
    verdict: str
    verdict_tone: str
    """`good`, `bad` or `warning`."""
    judged_by: list[str]
    not_judged: list[str]
    notes: list[FindingNote]
    notes_left_out: int
    kind: str = ""
    number: str = ""
    tone: str = "other"
    """`invoice`, `credit` or `other`: the colour of the page."""
    facts: list[ShownItem] = field(default_factory=list)
    amount: ShownItem | None = None
    amount_label: str = ""
    currency: str = ""
    sections: list[Section] = field(default_factory=list)
