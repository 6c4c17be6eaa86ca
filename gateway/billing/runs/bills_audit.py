"""The audit of the bills: every issued document is computed again from the inputs its run was approved on.

It finds an amount, a number, a run or an approval that was changed, lost or added outside the gateway. Texts may
change with a release; who bills and is billed, units, prices and amounts may not. An e-invoice of this version is
written again from its facts and has to be the same; those of every version are those whose hash the chain holds.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import msgspec
from lxml import etree

from gateway.billing.documents.bill import Bill
from gateway.billing.documents.tables import BillTotals, bill_totals
from gateway.billing.documents.ubl import write
from gateway.billing.runs.audit_chain import AuditRecord, faults
from gateway.billing.runs.errors import BillingError
from gateway.billing.runs.ports import BillingStore, IssuedDocument, IssuedRun, documents_seal
from gateway.billing.runs.run import Run, RunInputs, bills_of

_ISSUED = "run-issued"
_RUN_ACTIONS = ("run-prepared", "run-approved", _ISSUED)
_XML = etree.XMLParser(resolve_entities=False, no_network=True)


@dataclass(frozen=True, slots=True)
class BillsAudit:
    """What the audit counted and found. `totals` are by year of issue: those of the exports and the journal."""

    records: int
    head: str
    totals: Mapping[int, BillTotals]
    faults: tuple[str, ...]


async def audit_bills(store: BillingStore) -> BillsAudit:
    """Check the chain, then every run that was issued, then the numbers of all documents."""
    records, head = await store.audit(), await store.audit_head()
    found = list(faults(records, head))
    events: dict[str, list[AuditRecord]] = {}
    for record in records:
        events.setdefault(record.event.subject, []).append(record)
    documents: list[IssuedDocument] = []
    for issued in await store.issued_runs():
        found += run_faults(issued, events.get(issued.run.run_id, ()))
        documents += issued.documents
    found += number_faults(documents)
    years = sorted({document.issued_in for document in documents})
    totals = {
        year: bill_totals(document.bill for document in documents if document.issued_in == year) for year in years
    }
    return BillsAudit(head[0], head[1], totals, tuple(found))


def run_faults(issued: IssuedRun, events: Sequence[AuditRecord]) -> Iterator[str]:
    """What is wrong with one run: its inputs, who did what, its documents."""
    run = issued.run
    digest = hashlib.sha256(issued.inputs).hexdigest()
    if digest != run.digest or run.run_id != Run.id_of(digest):
        yield f"run {run.run_id}: its inputs are not those that it was approved on"
    done = [(record.event.action, record.event.actor, record.event.digest) for record in events]
    for action, actor in zip(_RUN_ACTIONS, (run.prepared_by, run.approved_by, run.issued_by), strict=True):
        if (action, actor, run.digest) not in done:
            yield f"run {run.run_id}: the chain does not hold {action} by {actor or 'anybody'}"
    try:
        inputs = msgspec.json.decode(issued.inputs, type=RunInputs)
        expected = bills_of(inputs)
    except (msgspec.DecodeError, BillingError) as error:
        yield f"run {run.run_id}: its inputs give no bills: {error}"
        return
    if inputs.policies.approval_by_another and run.approved_by == run.prepared_by:
        yield f"run {run.run_id}: {run.prepared_by} prepared and approved it"
    yield from _document_faults(issued, expected)
    yield from _seal_faults(issued, next((one.event.detail for one in events if one.event.action == _ISSUED), ""))


def _seal_faults(issued: IssuedRun, detail: str) -> Iterator[str]:
    """E-invoices that are not those of the chain; and those that this version wrote, written again."""
    seal = documents_seal((document.bill.number, document.xml) for document in issued.documents)
    if detail.partition(" ")[0] != seal.partition(" ")[0]:
        yield f"run {issued.run.run_id}: its e-invoices are not those that the chain holds"
    if detail.partition(" ")[2] == seal.partition(" ")[2]:
        for document in issued.documents:
            if write(document.bill) != document.xml:
                yield f"{document.bill.number}: its e-invoice is not what its facts give"


def _document_faults(issued: IssuedRun, expected: Sequence[Bill]) -> Iterator[str]:
    found: dict[str, list[IssuedDocument]] = {}
    for document in issued.documents:
        found.setdefault(document.bill.party_id, []).append(document)
    for bill in expected:
        of_party = found.get(bill.party_id)
        if not of_party:
            yield f"run {issued.run.run_id}: the document of {bill.party_id} is missing"
            continue
        document = of_party.pop(0)
        number = document.bill.number
        if _unchanging(document.bill) != _unchanging(bill):
            yield f"{number}: it is not what its inputs give, {bill.amounts.including}"
        if hashlib.sha256(document.xml).hexdigest() != document.sha256 or not _shows(document.xml, document.bill):
            yield f"{number}: its e-invoice is not the one that was issued"
    yield from _step_faults(issued)
    for document in (document for of_party in found.values() for document in of_party):
        yield f"{document.bill.number}: its run gives no such document"


def _step_faults(issued: IssuedRun) -> Iterator[str]:
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
            yield f"{number}: the billing year of {document.bill.party_id} does not hold its amount"


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


def number_faults(documents: Iterable[IssuedDocument]) -> Iterator[str]:
    """Numbers run from 1 without a gap in every year of issue."""
    ranks: dict[int, list[tuple[int, str]]] = {}
    for document in documents:
        ranks.setdefault(document.issued_in, []).append((document.rank, document.bill.number))
        if not document.bill.number.endswith(f"{document.issued_in}-{document.rank:06}"):
            yield f"{document.bill.number}: it is number {document.rank} of {document.issued_in}"
    for year, found in sorted(ranks.items()):
        expected = 1
        for rank, number in sorted(found):
            if rank != expected:
                yield f"{year}: number {expected} is missing before {number}"
            expected = rank + 1
