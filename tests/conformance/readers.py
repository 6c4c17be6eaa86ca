"""Two readers of one document: the header, by which a message is routed and counted, and the model, by which it is
judged. They must name the same number, date, specification, process, and identifiers of seller and buyer.

Where a term is there twice the model has the first. Such a document must be refused by the rules.
"""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context

from lxml import etree

from gateway.validator.header import identifier, read_header, strip_blank, vat_identifier
from gateway.validator.identify import identify
from gateway.validator.judge import judge
from gateway.validator.kinds import definition_of
from gateway.validator.model.document import DocumentKind, DocumentParty
from gateway.validator.model.identifiers import PartyIdentifier
from gateway.validator.model.invoice import Buyer, Seller
from gateway.validator.ubl.reader import read
from tests.conformance.mutants import Mutant, mutants
from tests.conformance.schema import is_valid

SLICE = 5_000


@dataclass
class Readings:
    """What became of mutants, and what the two readers say differently of those that are not refused."""

    both: int = 0
    """Read by both."""
    not_read: int = 0
    """They break the schema."""
    refused: int = 0
    """Read differently, and refused by the rules."""
    differences: list[str] = field(default_factory=list)

    def __iadd__(self, other: "Readings") -> "Readings":
        self.both += other.both
        self.not_read += other.not_read
        self.refused += other.refused
        self.differences += other.differences
        return self


def compare_readers(seed: int, count: int, jobs: int) -> Readings:
    """Read so many mutants twice, on so many processes."""
    slices = [(seed + start, min(SLICE, count - start)) for start in range(0, count, SLICE)]
    readings = Readings()
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        for part in pool.map(_slice, slices):
            readings += part
    return readings


def _slice(what: tuple[int, int]) -> Readings:
    readings = Readings()
    for mutant in mutants(*what):
        read_twice(mutant, readings)
    return readings


def read_twice(mutant: Mutant, readings: Readings) -> None:
    """Read one mutant by both, and note what differs."""
    document = mutant.document()
    if not is_valid(document):
        readings.not_read += 1
        return
    readings.both += 1
    found = [f"{mutant}: {what}" for what in differences(etree.fromstring(document))]
    if found and not judge(document).valid:
        readings.refused += 1
    else:
        readings.differences += found


def differences(root: etree._Element) -> Iterator[str]:
    """What the two say differently of an invoice or credit note."""
    kind = identify(root)
    if not isinstance(kind, DocumentKind):
        yield f"it is no known kind: {kind}"
        return
    definition = definition_of(kind)
    if definition.vocabulary is None:
        return
    header, model = read_header(root, kind, definition.header), read(root, definition.vocabulary).document
    for name, ours, theirs in (
        ("specification", header.customization_id, model.specification),
        ("process", header.profile_id, model.process),
        ("number", header.number, model.number),
        ("date", header.issue_date, model.issue_date),
        ("seller", _of_header(header.sender), frozenset(_of_model(model.seller))),
        ("buyer", _of_header(header.recipient), frozenset(_of_model(model.buyer))),
    ):
        if ours != (strip_blank(theirs) if isinstance(theirs, str) else theirs):
            yield f"{name}: {ours!r} in the header, {theirs!r} in the model"


def _of_header(party: DocumentParty) -> frozenset[PartyIdentifier]:
    return frozenset(party.identifiers)


def _of_model(party: Seller | Buyer) -> Iterator[PartyIdentifier]:
    found = [identifier(party.electronic_address, party.electronic_address_scheme)]
    found += [identifier(each.value, each.scheme) for each in party.identifiers]
    found.append(identifier(party.legal_registration, party.legal_registration_scheme))
    found += [vat_identifier(each.identifier) for each in party.tax_registrations]
    return filter(None, iter(found))
