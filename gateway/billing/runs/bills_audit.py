"""The audit of the bills: every issued document is computed again from the inputs its run was approved on.

It finds what the record of changes cannot: an amount, a number or a run that was wrong from the beginning. Texts
may change with a release; who bills and is billed, units, prices and amounts may not. An e-invoice and a PDF of
this version are written again from their facts and have to be the same. A PDF by another version of the gateway or
of what sets its page only has to have its hash.
"""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

import msgspec
from lxml import etree

from gateway import __version__
from gateway.billing.documents.bill import Bill
from gateway.billing.documents.pdf import PDF, PdfWriter
from gateway.billing.documents.tables import BillTotals, bill_totals
from gateway.billing.documents.ubl import write
from gateway.billing.runs.errors import BillingError
from gateway.billing.runs.ports import BillingStore, IssuedDocument, IssuedRun
from gateway.billing.runs.run import Run, RunInputs, bills_of
from gateway.progress import Progress, unseen

_XML = etree.XMLParser(resolve_entities=False, no_network=True)


class BillFault(NamedTuple):
    """Something that is wrong with, or to be said of, a bill, a run or the numbers of a year."""

    subject: str
    sentence: str


@dataclass(frozen=True, slots=True)
class BillsAudit:
    """What the audit counted and found. `totals` are by year of issue: those of the exports and the journal.
    `notes` say what was not compared: no fault."""

    totals: Mapping[int, BillTotals]
    faults: tuple[BillFault, ...]
    notes: tuple[BillFault, ...] = ()


async def audit_bills(store: BillingStore, pdf: PdfWriter = PDF, progress: Progress = unseen) -> BillsAudit:
    """Check every run that was issued, then the numbers of all documents."""
    found: list[BillFault] = []
    documents: list[IssuedDocument] = []
    for issued in await store.issued_runs():
        found += run_faults(issued)
        documents += issued.documents
    found += number_faults(documents)
    for number, document in enumerate(documents, start=1):
        if not await _has_its_pdf(document, store, pdf):
            found.append(BillFault(document.bill.number, "its PDF is not the one that was issued"))
        progress(number, len(documents))
    years = sorted({document.issued_in for document in documents})
    totals = {
        year: bill_totals(document.bill for document in documents if document.issued_in == year) for year in years
    }
    return BillsAudit(totals, tuple(found), tuple(_pdf_notes(documents, pdf.version)))


async def _has_its_pdf(document: IssuedDocument, store: BillingStore, writer: PdfWriter) -> bool:
    """Whether the PDF has its hash and, where this version wrote it, is what its facts give."""
    kept = await store.pdf(document.bill.number) or b""
    if hashlib.sha256(kept).hexdigest() != document.pdf_sha256:
        return False
    if document.pdf_version != writer.version:
        return True
    return await asyncio.to_thread(writer.write, document.bill, document.xml) == kept


def _pdf_notes(documents: Iterable[IssuedDocument], version: str) -> Iterator[BillFault]:
    others = Counter(one.pdf_version for one in documents if one.pdf_version != version)
    for other, count in sorted(others.items()):
        yield BillFault(f"{count} PDF", f"made by another version, not compared: {other}")


def run_faults(issued: IssuedRun) -> Iterator[BillFault]:
    """What is wrong with one run: its inputs, its approval, its documents."""
    run, subject = issued.run, f"run {issued.run.run_id}"
    digest = hashlib.sha256(issued.inputs).hexdigest()
    if digest != run.digest or run.run_id != Run.id_of(digest):
        yield BillFault(subject, "its inputs are not those that it was approved on")
    try:
        inputs = msgspec.json.decode(issued.inputs, type=RunInputs)
        expected = bills_of(inputs)
    except (msgspec.DecodeError, BillingError) as error:
        yield BillFault(subject, f"its inputs give no bills: {error}")
        return
    if not run.approved_by:
        yield BillFault(subject, "it was issued and nobody approved it")
    if inputs.policies.approval_by_another and run.approved_by == run.prepared_by:
        yield BillFault(subject, f"{run.prepared_by} prepared and approved it")
    yield from _document_faults(issued, expected)


def _document_faults(issued: IssuedRun, expected: Sequence[Bill]) -> Iterator[BillFault]:
    found: dict[str, list[IssuedDocument]] = {}
    for document in issued.documents:
        found.setdefault(document.bill.party_id, []).append(document)
    for bill in expected:
        of_party = found.get(bill.party_id)
        if not of_party:
            yield BillFault(f"run {issued.run.run_id}", f"the document of {bill.party_id} is missing")
            continue
        document = of_party.pop(0)
        number = document.bill.number
        if _unchanging(document.bill) != _unchanging(bill):
            yield BillFault(number, f"it is not what its inputs give, {bill.amounts.including}")
        if not _is_as_issued(document):
            yield BillFault(number, "its e-invoice is not the one that was issued")
    yield from _step_faults(issued)
    for document in (document for of_party in found.values() for document in of_party):
        yield BillFault(document.bill.number, "its run gives no such document")


def _is_as_issued(document: IssuedDocument) -> bool:
    """Whether the e-invoice has its hash and shows its bill: whole, where this version wrote it."""
    if hashlib.sha256(document.xml).hexdigest() != document.sha256 or not _shows(document.xml, document.bill):
        return False
    return document.version != __version__ or write(document.bill) == document.xml


def _step_faults(issued: IssuedRun) -> Iterator[BillFault]:
    """Documents whose amount is not that of the step in their party's year."""
    amounts = {document.bill.number: document.bill.amounts.including for document in issued.documents}
    held = {number for numbers in issued.steps for number in numbers}
    wrong = {
        number
        for numbers, amount in issued.steps.items()
        if amounts.keys() & set(numbers) and amount != sum(amounts.get(number, 0) for number in numbers)
        for number in numbers
    }
    for document in issued.documents:
        number = document.bill.number
        if number in wrong or number not in held:
            yield BillFault(number, f"the billing year of {document.bill.party_id} does not hold its amount")


def _unchanging(bill: Bill) -> tuple[object, ...]:
    lines = [(line.role, line.units, line.price, line.amount, line.net) for line in bill.lines]
    days = (bill.first, bill.last, bill.issued_on, bill.due_on)
    what = (bill.stage, bill.service, bill.year, bill.ordinal, bill.debtor, bill.basis, bill.vat_percent)
    return (
        *what,
        *days,
        bill.used_by,
        bill.issuer,
        bill.amounts,
        lines,
        [earlier.number for earlier in bill.preceding],
    )


def _shows(xml: bytes, bill: Bill) -> bool:
    """Whether the e-invoice has the number and the amount of the bill."""
    try:
        root = etree.fromstring(xml, _XML)
        number, payable = root.findtext("{*}ID"), root.findtext("{*}LegalMonetaryTotal/{*}PayableAmount")
        return number == bill.number and Decimal(payable or "0") == abs(bill.amounts.including)
    except (etree.XMLSyntaxError, ArithmeticError):
        return False


def number_faults(documents: Iterable[IssuedDocument]) -> Iterator[BillFault]:
    """Numbers run from 1 without a gap in every year of issue."""
    ranks: dict[int, list[tuple[int, str]]] = {}
    for document in documents:
        ranks.setdefault(document.issued_in, []).append((document.rank, document.bill.number))
        if not document.bill.number.endswith(f"{document.issued_in}-{document.rank:06}"):
            yield BillFault(document.bill.number, f"it is number {document.rank} of {document.issued_in}")
    for year, found in sorted(ranks.items()):
        expected = 1
        for rank, number in sorted(found):
            if rank != expected:
                yield BillFault(f"bills of {year}", f"number {expected} is missing before {number}")
            expected = rank + 1
