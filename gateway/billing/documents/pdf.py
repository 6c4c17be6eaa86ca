"""Writes a bill as a PDF in Dutch for people: the same lines and sums as the e-invoice.

Fonts are embedded and no creation date is written: the same bill gives the same bytes.
"""

from collections.abc import Sequence
from functools import cache, partial
from importlib.resources import files
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from reportlab.lib.colors import Color, HexColor, white
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from gateway.billing.documents.bill import Bill, BillKind, BillLine, BillStage
from gateway.billing.rating.amounts import PriceBasis
from gateway.billing.rating.rating import LineRole
from gateway.billing.rating.services import SERVICE_NAMES
from gateway.i18n import Text, format_amount, format_count, format_date

_INK: Color = HexColor("#1d2433")
_BLUE: Color = HexColor("#154273")
_GREY: Color = HexColor("#5b6472")
_PALE: Color = HexColor("#eef2f7")
_REGULAR, _BOLD = "Vera", "VeraBd"
_WIDTH = A4[0] - 40 * mm
_ALL_CELLS = ((0, 0), (-1, -1))

_Cell = Flowable | list[Flowable]
_Command = tuple[str, tuple[int, int], tuple[int, int], *tuple[Any, ...]]
"""A command of a TableStyle: its name, the first and the last cell, its values."""

_TITLES = {BillKind.INVOICE: Text("Invoice"), BillKind.CREDIT_NOTE: Text("Credit note")}
_STAGES = {
    BillStage.PREPAYMENT: Text("Prepayment on the forecast"),
    BillStage.SETTLEMENT: Text("Settlement on actual use"),
    BillStage.GUIDANCE: Text("Individual guidance when connecting"),
    BillStage.VAT_REFUND: Text("Refund of VAT"),
    BillStage.DISTRIBUTION: Text("Share by the distribution key"),
}


def write_pdf(bill: Bill) -> bytes:
    """The bill on A4, with page numbers."""
    _register_fonts()
    target = BytesIO()
    document = SimpleDocTemplate(
        target,
        pagesize=A4,
        leftMargin=20 * mm,
        rightMargin=20 * mm,
        topMargin=18 * mm,
        bottomMargin=34 * mm,
        title=f"{_TITLES[bill.kind].nl} {bill.number}",
        author=bill.issuer.name,
        subject=f"{SERVICE_NAMES[bill.service].name.nl} {bill.year}",
        creator="Meterpoort",
        lang="nl-NL",
        invariant=1,
    )
    document.build(_story(bill), canvasmaker=partial(_NumberedCanvas, bill=bill))
    return target.getvalue()


@cache
def _register_fonts() -> None:
    folder = files("reportlab") / "fonts"
    for name in (_REGULAR, _BOLD):
        pdfmetrics.registerFont(TTFont(name, str(folder / f"{name}.ttf")))


def _style(size: float = 8.5, *, bold: bool = False, right: bool = False, color: Color = _INK) -> ParagraphStyle:
    return ParagraphStyle(
        f"{size}{bold}{right}{color.hexval()}",
        fontName=_BOLD if bold else _REGULAR,
        fontSize=size,
        leading=size * 1.4,
        textColor=color,
        alignment=TA_RIGHT if right else 0,
    )


def _paragraph(text: str, style: ParagraphStyle | None = None) -> Paragraph:
    return Paragraph(escape(text).replace("\n", "<br/>"), style or _style())


def _table(
    rows: Sequence[Sequence[_Cell]],
    shares: Sequence[float],
    *commands: _Command,
    padding: float | None = None,
    is_flush: bool = False,
    repeat_rows: int = 0,
) -> Table:
    """A table with its columns by their share of the page, cells aligned at the top. `padding` is above and below
    every cell, in points; a flush table has none at its sides."""
    style: list[_Command] = [("VALIGN", *_ALL_CELLS, "TOP")]
    if padding is not None:
        style += [("TOPPADDING", *_ALL_CELLS, padding), ("BOTTOMPADDING", *_ALL_CELLS, padding)]
    if is_flush:
        style += [("LEFTPADDING", *_ALL_CELLS, 0), ("RIGHTPADDING", *_ALL_CELLS, 0)]
    table = Table(
        [list(row) for row in rows], colWidths=[_WIDTH * share for share in shares], repeatRows=repeat_rows
    )
    table.setStyle(TableStyle([*style, *commands]))
    return table


def _story(bill: Bill) -> list[Flowable]:
    """The flow of the page: head, who and what, lines, sums, how to pay."""
    closing: list[Flowable] = [_sums(bill), Spacer(0, 7 * mm), *_closing(bill)]
    return [
        _head(bill),
        Spacer(0, 9 * mm),
        _parties(bill),
        Spacer(0, 9 * mm),
        _lines(bill),
        Spacer(0, 3 * mm),
        KeepTogether(closing),
    ]


def _head(bill: Bill) -> Table:
    title = [
        _paragraph(_TITLES[bill.kind].nl, _style(20, bold=True, right=True, color=_BLUE)),
        Spacer(0, 4.5 * mm),
        _paragraph(bill.number, _style(10, right=True, color=_GREY)),
    ]
    issuer = bill.issuer
    sender = [
        _paragraph(issuer.name, _style(13, bold=True, color=_BLUE)),
        Spacer(0, 1.5 * mm),
        _paragraph(
            f"{issuer.address.street}\n{issuer.address.postcode} {issuer.address.city}", _style(8, color=_GREY)
        ),
    ]
    rule = ("LINEBELOW", *_ALL_CELLS, 1.2, _BLUE)
    space = ("BOTTOMPADDING", *_ALL_CELLS, 8)
    return _table([[sender, title]], (0.58, 0.42), rule, space, is_flush=True)


def _parties(bill: Bill) -> Table:
    debtor = bill.debtor
    address = debtor.address
    lines = [debtor.name, address.street, f"{address.postcode}  {address.city}"]
    receiver = [
        _paragraph(Text("To").nl, _style(7.5, color=_GREY)),
        _paragraph("\n".join(lines), _style(9.5)),
        Spacer(0, 2 * mm),
        _paragraph(f"OIN {debtor.oin}", _style(7.5, color=_GREY)),
    ]
    return _table([[receiver, _facts(bill)]], (0.52, 0.48), ("LEFTPADDING", (0, 0), (0, -1), 0))


def _facts(bill: Bill) -> Table:
    facts = [(Text("Date").nl, format_date(bill.issued_on, "nl"))]
    if bill.kind is BillKind.INVOICE:
        facts.append((Text("Due date").nl, format_date(bill.due_on, "nl")))
    facts.append((Text("Subject").nl, f"{SERVICE_NAMES[bill.service].name.nl} {bill.year}"))
    facts.append(("", _STAGES[bill.stage].nl))
    facts.append((Text("Your reference").nl, bill.debtor.reference or bill.debtor.party_id))
    if bill.preceding:
        facts.append((Text("Belongs to").nl, "\n".join(earlier.number for earlier in bill.preceding)))
    rows = [[_paragraph(name, _style(8, color=_GREY)), _paragraph(value, _style(8))] for name, value in facts]
    return _table(rows, (0.17, 0.29), padding=1.2, is_flush=True)


def _lines(bill: Bill) -> Table:
    basis = Text("incl. VAT") if bill.basis is PriceBasis.INCLUDING_VAT else Text("excl. VAT")
    heads = (
        Text("Description"),
        Text("Quantity"),
        Text("Price {basis}", basis=basis),
        Text("Amount {basis}", basis=basis),
    )
    rows: list[list[_Cell]] = [
        [
            _paragraph(head.nl, _style(7.5, bold=True, right=bool(column), color=white))
            for column, head in enumerate(heads)
        ]
    ]
    rows += [_row(bill, line) for line in bill.lines]
    head = ("BACKGROUND", (0, 0), (-1, 0), _BLUE)
    rule = ("LINEBELOW", (0, 1), (-1, -1), 0.4, HexColor("#c9d1dc"))
    return _table(rows, (0.51, 0.12, 0.17, 0.2), head, rule, padding=4.5, repeat_rows=1)


def _row(bill: Bill, line: BillLine) -> list[_Cell]:
    sign = -1 if bill.kind is BillKind.CREDIT_NOTE else 1
    what: list[Flowable] = [_paragraph(line.text.nl), _paragraph(line.how.nl, _style(7.2, color=_GREY))]
    if line.link:
        words = Text("See the {units} that were counted", units=SERVICE_NAMES[bill.service].units).nl
        what.append(Paragraph(f'<link href={quoteattr(line.link)} color="#154273">{words}</link>', _style(7.2)))
    is_counted = line.role not in {LineRole.BILLED, LineRole.MINIMUM, LineRole.REFUND, LineRole.SHARE}
    right = _style(right=True)
    return [
        what,
        _paragraph(format_count(sign * line.units, "nl") if is_counted else "", right),
        _paragraph(format_amount(line.price, "nl") if is_counted else "", right),
        _paragraph(format_amount(sign * line.amount, "nl"), right),
    ]


def _sums(bill: Bill) -> Table:
    amounts = -bill.amounts if bill.kind is BillKind.CREDIT_NOTE else bill.amounts
    vat = Text("VAT does not apply (within the State)")
    last = Text("To receive") if bill.kind is BillKind.CREDIT_NOTE else Text("To pay")
    if bill.vat_percent:
        vat, last = Text("VAT {percent}%", percent=bill.vat_percent), Text("{last} (including VAT)", last=last)
    rows = [
        [_paragraph(text.nl, style), _paragraph(format_amount(amount, "nl"), style)]
        for text, amount, style in (
            (Text("Total excluding VAT"), amounts.excluding, _style(right=True)),
            (vat, amounts.vat, _style(right=True)),
            (last, amounts.including, _style(9.5, bold=True, right=True)),
        )
    ]
    # a hundred million fits on a line
    last_row = [("BACKGROUND", (0, 2), (-1, 2), _PALE), ("TOPPADDING", (0, 2), (-1, 2), 5)]
    return _table(rows, (0.72, 0.28), *last_row, padding=2.5)


def _closing(bill: Bill) -> list[Flowable]:
    issuer = bill.issuer
    grouped = " ".join(issuer.iban[start : start + 4] for start in range(0, len(issuer.iban), 4))
    amount = abs(bill.amounts.including)
    pay = Text("You get {amount:amount} back, or you set it off against an open invoice.", amount=amount)
    if bill.kind is BillKind.INVOICE:
        pay = Text(
            "Please transfer {amount:amount} to {account} in the name of {name} by {due:date}, stating {number}.",
            amount=amount,
            account=grouped,
            name=issuer.name,
            due=bill.due_on,
            number=bill.number,
        )
    paragraphs = [_paragraph(pay.nl)]
    paragraphs += [_paragraph(f"{note.nl[:1].upper()}{note.nl[1:]}.", _style(color=_GREY)) for note in bill.notes]
    sources = dict.fromkeys(line.source for line in bill.lines if line.source)
    paragraphs += [
        _paragraph(Text("Tariff: {source}.", source=source).nl, _style(7.2, color=_GREY)) for source in sources
    ]
    flow: list[Flowable] = []
    for paragraph in paragraphs:
        flow += [paragraph, Spacer(0, 2 * mm)]
    return flow


class _NumberedCanvas(Canvas):
    """Draws the footer of every page when the number of pages is known."""

    def __init__(self, *arguments: object, bill: Bill, **named: object) -> None:
        super().__init__(*arguments, **named)  # type: ignore[arg-type]  # passed through as reportlab gives them
        self._bill = bill
        self._pages: list[dict[str, object]] = []

    def showPage(self) -> None:  # noqa: N802 - reportlab's name
        self._pages.append(dict(self.__dict__))
        self._startPage()  # type: ignore[attr-defined]  # the stubs leave it out

    def save(self) -> None:
        pages = self._pages
        for number, page in enumerate(pages, 1):
            self.__dict__.update(page)
            self._foot(number, len(pages))
            super().showPage()
        super().save()

    def _foot(self, number: int, pages: int) -> None:
        issuer = self._bill.issuer
        vat = Text("VAT number {number}", number=issuer.vat_number).nl
        parts = (
            f"{issuer.name}  ·  {issuer.address.street}, {issuer.address.postcode} {issuer.address.city}",
            f"KvK {issuer.kvk}  ·  OIN {issuer.oin}  ·  {vat}  ·  IBAN {issuer.iban}",
            Text("Questions? {contact}", contact=f"{issuer.contact}, {issuer.email}, {issuer.phone}").nl,
        )
        page = Text("page {number} of {pages}", number=number, pages=pages)
        self.setStrokeColor(_BLUE)
        self.setLineWidth(0.6)
        self.line(20 * mm, 25 * mm, A4[0] - 20 * mm, 25 * mm)
        self.setFillColor(_GREY)
        self.setFont(_REGULAR, 6.8)
        for index, part in enumerate(parts):
            self.drawString(20 * mm, (21 - 3.6 * index) * mm, part)
        self.drawRightString(A4[0] - 20 * mm, 21 * mm, f"{self._bill.number}  ·  {page.nl}")
