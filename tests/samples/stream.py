"""A stream of invoices as a gateway sees them: many senders at once, each of whom writes XML in another way.

Every document is valid. Each sender has a layout (prefixes, white space, quotes, comments, references) and habits
(which optional terms it gives, and how often). In the lively stream optional terms come and go from one document
to the next; in the steady one a sender nearly always gives the same ones.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from random import Random
from xml.sax.saxutils import escape

from gateway.validator.model.document import DocumentKind
from tests.samples.document import (
    EN16931,
    NLCIUS,
    PEPPOL,
    PEPPOL_PROFILE,
    REDUCED,
    STANDARD,
    AllowanceCharge,
    Delivery,
    Line,
    Payment,
    Period,
    Sample,
    Vat,
)
from tests.samples.parties import BUYER
from tests.samples.xml import CAC, CBC, Element

SENDERS = 48
LINES_MAX = 30


@dataclass(frozen=True, slots=True)
class Layout:
    """How a sender's program writes XML."""

    root: str = ""
    """The prefix of the root element; the other two likewise, each with its colon."""
    aggregate: str = "cac:"
    basic: str = "cbc:"
    declares_locally: bool = False
    """No prefixes: each element whose namespace is another than its parent's declares its own."""
    indent: str = "  "
    newline: str = "\n"
    quote: str = '"'
    declaration: str = '<?xml version="1.0" encoding="UTF-8"?>'
    comments: float = 0.0
    """Share of the elements with a comment before them."""
    references: float = 0.0
    """Share of the characters of texts that are written as references."""
    sections: float = 0.0
    """Share of the texts in a CDATA section."""


_PREFIXES = (("", "cac:", "cbc:"), ("inv:", "ns1:", "ns2:"), ("ubl:", "cac:", "cbc:"), ("", "a:", "b:"))
_WHITE_SPACE = (("  ", "\n"), ("", ""), ("\t", "\n"), ("    ", "\r\n"), ("", "\n"), (" ", "\n"))
_DECLARATIONS = (
    '<?xml version="1.0" encoding="UTF-8"?>',
    "<?xml version='1.0' encoding='utf-8'?>",
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>',
    '<?xml version="1.0"?>',
    "",
)


@dataclass(frozen=True, slots=True)
class Sender:
    """One sender: its layout, and how likely it is to give each optional term."""

    layout: Layout
    odds: tuple[float, ...]
    lines_max: int
    customization: str
    credits: float


def senders(random: Random, *, lively: bool) -> list[Sender]:
    """The senders of one stream."""
    return [_sender(random, nth, lively=lively) for nth in range(SENDERS)]


def _sender(random: Random, nth: int, *, lively: bool) -> Sender:
    root, aggregate, basic = _PREFIXES[nth % len(_PREFIXES)]
    indent, newline = _WHITE_SPACE[nth % len(_WHITE_SPACE)]
    layout = Layout(
        *(root, aggregate, basic, nth % 8 == 5, indent, newline),
        quote=random.choice('""\''),
        declaration=_DECLARATIONS[nth % len(_DECLARATIONS)],
        comments=random.choice((0, 0, 0.01, 0.1)),
        references=random.choice((0, 0, 0.01)),
        sections=random.choice((0, 0, 0, 0.1)),
    )
    odds = tuple(
        random.uniform(0.2, 0.8) if lively else random.choice((0.0, 0.02, 0.98, 1.0)) for _ in range(_ODDS)
    )
    customization = random.choice((NLCIUS, NLCIUS, PEPPOL, EN16931))
    return Sender(
        layout, odds, random.choice((3, 10, LINES_MAX, LINES_MAX)), customization, random.choice((0, 0.2))
    )


def stream(count: int, *, lively: bool = True, seed: int = 1) -> Iterator[bytes]:
    """So many documents, of the senders in turn, in an order that never repeats."""
    random = Random(seed)
    everyone = senders(random, lively=lively)
    for number in range(count):
        if not number % len(everyone):
            random.shuffle(everyone)
        sender = everyone[number % len(everyone)]
        yield write(bill(sender, random, number).element(), sender.layout, random)


# --- what a document says ----------------------------------------------------------------------------------

_ODDS = 32
_WORDS = ("Onderhoud", "plantsoen", "levering", "café", "& zonen", "<spoed>", "schoonmaak", "à 3 uur", "nr.")


@dataclass(slots=True)
class _Choices:
    """The optional terms of one document, or of one line of it."""

    odds: tuple[float, ...]
    random: Random

    def has(self, nth: int) -> bool:
        return self.random.random() < self.odds[nth]

    def text(self, nth: int, words: int = 4) -> str | None:
        return self.words(words) if self.has(nth) else None

    def words(self, count: int) -> str:
        return " ".join(self.random.choices(_WORDS, k=self.random.randint(1, count)))

    def number(self) -> str:
        return f"{self.random.randint(1, 99_999):05d}"


# What NLCIUS advises against is left out of its documents: most invoices that arrive have no findings.


def bill(sender: Sender, random: Random, number: int) -> Sample:
    """What this sender bills this time."""
    given = _Choices(sender.odds, random)
    is_credit, is_dutch = random.random() < sender.credits, sender.customization == NLCIUS
    order = given.number() if given.has(5) else None
    vats = (STANDARD, REDUCED) if given.has(0) else (STANDARD,)
    sample = Sample(
        kind=DocumentKind.CREDIT_NOTE if is_credit else DocumentKind.INVOICE,
        customization=sender.customization,
        profile=PEPPOL_PROFILE if sender.customization == PEPPOL or given.has(1) else None,
        number=f"F{number:06d}",
        notes=(given.words(30),) if given.has(2) else (),
        accounting_cost=given.text(3),
        buyer_reference=given.words(3),
        period=Period("2026-10-01", "2026-10-31") if given.has(4) else None,
        order=order,
        preceding=(("2026-0101", None if is_dutch else "2026-09-01"),) if is_credit or given.has(6) else (),
        contract=given.text(7),
        despatch=given.number() if given.has(8) else None,
        terms=given.text(9, 12),
        lines=tuple(_line(given, vats, order) for _ in range(random.randint(1, sender.lines_max))),
    )
    return _with_payment(given, _with_parties(given, sample))


def _with_parties(given: _Choices, sample: Sample) -> Sample:
    address = BUYER.address if given.has(15) else None
    return replace(
        sample,
        seller=replace(sample.seller, trading_name=given.text(17), contact=_contact(given)),
        buyer=replace(sample.buyer, trading_name=given.text(18)),
        delivery=Delivery("2026-10-30", None, address) if given.has(14) else None,
    )


def _with_payment(given: _Choices, sample: Sample) -> Sample:
    allowance = AllowanceCharge(amount="1.25", reason=given.words(3), base="25.00", percent="5.00")
    is_dutch = sample.customization == NLCIUS
    charge = AllowanceCharge(amount="7.50", charge=True, reason="Vracht", reason_code=None if is_dutch else "FC")
    remittance = given.number() if given.has(13) else None
    return replace(
        sample,
        allowances=(*((allowance,) if given.has(10) else ()), *((charge,) if given.has(11) else ())),
        payments=(Payment(account_name=None if is_dutch else given.text(12), remittance=remittance),),
        prepaid="10.00" if given.has(16) else None,
    )


def _contact(given: _Choices) -> tuple[str, str, str] | None:
    return ("Administratie", "+31 113 555 019", "post@voorbeeld.example") if given.has(19) else None


def _line(given: _Choices, vats: tuple[Vat, ...], order: str | None) -> Line:
    random = given.random
    price = Decimal(random.randint(1, 99_999)) / 100
    return Line(
        name=given.words(3),
        price=str(price),
        quantity=str(random.randint(1, 40)),
        unit=random.choice(("C62", "HUR", "KGM")),
        vat=random.choice(vats),
        description=given.text(20, 12),
        note=given.text(21, 8),
        period=Period("2026-10-01", "2026-10-31") if given.has(22) else None,
        order_line=given.number() if order and given.has(23) else None,
        seller_item=given.number() if given.has(24) else None,
        buyer_item=given.number() if given.has(25) else None,
        standard_item=("0160", "8712345678906") if given.has(26) else None,
        classifications=(("STI", given.number()),) if given.has(27) else (),
        origin="NL" if given.has(28) else None,
        properties=tuple((given.words(1), given.words(2)) for _ in range(2)) if given.has(29) else (),
        allowances=(AllowanceCharge(amount="0.50", reason=given.words(2)),) if given.has(30) else (),
        price_discount="0.10" if given.has(31) else None,
    )


# --- how it is written -------------------------------------------------------------------------------------

_SPACES = {"cac": CAC, "cbc": CBC}


def write(root: Element, layout: Layout, random: Random) -> bytes:
    """A document in a layout, UTF-8."""
    written = _Writer(layout, random, root.attributes["xmlns"])
    written.element(root, 0, "")
    return (layout.declaration + layout.newline + "".join(written.parts)).encode()


class _Writer:
    def __init__(self, layout: Layout, random: Random, namespace: str) -> None:
        self.layout = layout
        self.random = random
        self.namespace = namespace
        self.parts: list[str] = []

    def element(self, node: Element, depth: int, default: str) -> None:
        """Write an element; `default` is the default namespace that holds around it."""
        tag, declared, within = self.tag(node, depth, default)
        begin = (self.layout.newline + self.layout.indent * depth) if depth else ""
        if depth and self.random.random() < self.layout.comments:
            self.parts.append(f"{begin}<!-- {node.tag} -->")
        attributes = {} if not depth else node.attributes
        quote = self.layout.quote
        pairs = [f" {name}={quote}{escape(value)}{quote}" for name, value in (*declared, *attributes.items())]
        self.parts.append(f"{begin}<{tag}{''.join(pairs)}>")
        if node.text is not None:
            self.parts.append(self.text(node.text))
        for child in node.children:
            self.element(child, depth + 1, within)
        self.parts.append(f"{'' if node.text is not None else begin or self.layout.newline}</{tag}>")

    def tag(self, node: Element, depth: int, default: str) -> tuple[str, list[tuple[str, str]], str]:
        """The tag, the namespaces declared in it, and the default namespace inside."""
        layout = self.layout
        prefix, _, name = node.tag.rpartition(":")
        namespace = _SPACES.get(prefix, self.namespace)
        if layout.declares_locally:
            return name, [("xmlns", namespace)] if namespace != default else [], namespace
        written = {"": layout.root, "cac": layout.aggregate, "cbc": layout.basic}[prefix] + name
        if depth:
            return written, [], ""
        all_spaces = ((layout.root, self.namespace), (layout.aggregate, CAC), (layout.basic, CBC))
        return written, [(f"xmlns:{one[:-1]}" if one else "xmlns", space) for one, space in all_spaces], ""

    def text(self, text: str) -> str:
        if self.layout.sections and self.random.random() < self.layout.sections:
            return f"<![CDATA[{text}]]>"
        if not self.layout.references:
            return escape(text)
        return "".join(map(self.character, text))

    def character(self, character: str) -> str:
        if self.random.random() < self.layout.references:
            return f"&#{ord(character)};"
        return escape(character)
