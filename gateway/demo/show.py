"""Registers the demo parties, sends their documents, and tells the outcome of each."""

import re
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from gateway.client import AsyncClient, Message
from gateway.demo.cast import (
    BRIDGE,
    CAST,
    HARBOUR,
    INSTALLER,
    MINISTRY,
    OFFICE,
    PROVINCE,
    STRANGER,
    TOWN,
    Player,
)
from gateway.demo.documents import Line, Sale, invoice, order, pdf, time_card
from gateway.progress import Progress, unseen

LIMIT_BYTES = 20 * 1024 * 1024
PDF_BYTES = 4_200_000

_WORK = (
    Line("Onderhoud warmtepompen gemeentehuis", Decimal(12), Decimal("68.50"), "HUR"),
    Line("Filterset WP-300", Decimal(4), Decimal("31.95")),
)
_SUPPLIES = (
    Line("Kopieerpapier A4, doos van 5 pakken", Decimal(40), Decimal("19.75")),
    Line("Handboek vergunningen", Decimal(3), Decimal("42.00"), rate=Decimal(9)),
)


@dataclass(frozen=True, slots=True)
class Scene:
    """A document to send: a title for the output, the sender, and the bytes."""

    title: str
    sender: Player
    document: bytes


@dataclass(frozen=True, slots=True)
class Ending:
    """The outcome of a scene."""

    scene: Scene
    outcome: str
    statuscode: str
    metered: str
    why: str
    kenmerk: str


@dataclass(frozen=True, slots=True)
class Played:
    """What the demo did: its number, the outcome of each document, and how many messages the municipality fetched
    from its mailbox and confirmed."""

    run: int
    endings: Sequence[Ending]
    fetched: int


def scenes(run: int, today: date) -> Iterator[Scene]:
    """Yield the documents. `run` is part of each number, so that the next run sends new ones."""

    def sale(number: int, supplier: Player, customer: Player, lines: tuple[Line, ...]) -> Sale:
        due = (today + timedelta(days=30)).isoformat()
        full = f"{today.year}-{run:03d}-{number:02d}"
        return Sale(full, supplier, customer, lines, today.isoformat(), due, f"INK-{run:03d}-{number:02d}")

    first = sale(1, INSTALLER, TOWN, _WORK)
    yield Scene("a correct invoice", INSTALLER, invoice(first))
    corrected = replace(sale(2, INSTALLER, TOWN, _WORK[1:]), corrects=first.number)
    yield Scene("a credit note for it", INSTALLER, invoice(corrected))
    heavy = replace(sale(3, INSTALLER, HARBOUR, _WORK), attachment=pdf(PDF_BYTES))
    yield Scene(f"an invoice with a PDF of {PDF_BYTES / 1e6:.1f} MB", INSTALLER, invoice(heavy))
    yield Scene("an invoice sent by an intermediary", BRIDGE, invoice(sale(4, OFFICE, PROVINCE, _SUPPLIES)))
    yield Scene("an invoice to the ministry", OFFICE, invoice(sale(5, OFFICE, MINISTRY, _SUPPLIES)))
    broken = invoice(sale(6, OFFICE, TOWN, _SUPPLIES)).replace(b"<cbc:IssueDate>", b"<cbc:InvoiceDate>", 1)
    broken = broken.replace(b"</cbc:IssueDate>", b"</cbc:InvoiceDate>", 1)
    yield Scene("an invoice that breaks the schema", OFFICE, broken)
    wrong = replace(sale(7, OFFICE, TOWN, _SUPPLIES), total_off=Decimal("10.00"))
    yield Scene("an invoice with a wrong total", OFFICE, invoice(wrong))
    lines = (Line("Bureaustoel, verstelbaar", Decimal(12), Decimal("285.00")),)
    bought = order(f"B-{run:03d}-08", TOWN, OFFICE, lines, today.isoformat())
    yield Scene("an order of a municipality", TOWN, bought)
    hours = time_card(f"U-{run:03d}-09", TOWN, INSTALLER, f"INK-{run:03d}-09")
    yield Scene("a time sheet of a municipality", TOWN, hours)
    yield Scene("the first invoice again", INSTALLER, invoice(first))
    too_heavy = replace(sale(11, INSTALLER, HARBOUR, _WORK), attachment=pdf(LIMIT_BYTES + 1))
    yield Scene("an attachment one byte over 20 MB", INSTALLER, invoice(too_heavy))
    lost = sale(12, INSTALLER, STRANGER, _WORK)
    yield Scene("an invoice to an unknown recipient", INSTALLER, invoice(lost))


async def play(address: str, operator_key: str, progress: Progress = unseen) -> Played:
    """Run the demo with the gateway at `address`."""
    async with AsyncExitStack() as stack:

        async def client(key: str) -> AsyncClient:
            return await stack.enter_async_context(AsyncClient(address, key, timeout_seconds=120))

        operator = await client(operator_key)
        keys = await _register(operator)
        run = await _next_run(operator)
        clients = {party_id: await client(key) for party_id, key in keys.items()}
        to_send, endings = list(scenes(run, datetime.now(UTC).date())), list[Ending]()
        for scene in to_send:
            endings.append(await _send(clients[scene.sender.party_id], scene))
            progress(len(endings), len(to_send))
        return Played(run, endings, await _collect(clients[TOWN.party_id]))


async def _register(operator: AsyncClient) -> dict[str, str]:
    keys: dict[str, str] = {}
    for player in CAST:
        party = {
            "name": player.name,
            "kind": player.kind,
            "kindSource": "demo",
            "identifiers": [f"{player.scheme}:{player.number}"],
            "mandates": list(player.mandates),
        }
        await operator.request("PUT", f"/v1/parties/{player.party_id}", json=party)
        key = {"role": player.role, "partyId": player.party_id}
        created = await operator.request("POST", "/v1/keys", json=key)
        keys[player.party_id] = str(created["key"])
    return keys


async def _next_run(operator: AsyncClient) -> int:
    """Return the number of this run: one more than the highest in the numbers of earlier messages."""
    async for message in operator.messages(sender_id=INSTALLER.party_id):  # the newest first
        if match := re.fullmatch(r"\d{4}-(\d{3})-\d{2}", message.number or ""):
            return int(match.group(1)) + 1
    return 1


async def _send(client: AsyncClient, scene: Scene) -> Ending:
    message = await client.submit(scene.document, wait_seconds=30)
    last = (await client.statuses(message.kenmerk))[-1]
    metered = message.disposition.replace("free-", "free: ")
    return Ending(scene, message.state, last.statuscode, metered, _why(message), message.kenmerk)


def _why(message: Message) -> str:
    findings = message.report.findings if message.report else []
    fatal = next((finding for finding in findings if finding.flag == "fatal"), None)
    if fatal is None or message.state in {"delivered", "confirmed"}:
        return ""
    line = f" (line {fatal.line})" if fatal.line else ""
    sides = f" Found {fatal.found}; expected {fatal.expected}." if fatal.expected else ""
    return f"{fatal.rule}{line}: {fatal.message}{sides}"


async def _collect(town: AsyncClient) -> int:
    """Fetch and confirm what is in the municipality's mailbox, as its software does; how many messages."""
    leases = [lease async for lease in town.mailbox()]
    for lease in leases:
        await town.confirm(lease)
    return len(leases)


async def units_by_party(address: str, finance_key: str) -> dict[str, int]:
    """Return the metered units of each party this year, read with a key of finance."""
    async with AsyncClient(address, finance_key) as finance:
        rows = (await finance.request("GET", "/v1/usage"))["items"]
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["partyId"]] = counts.get(row["partyId"], 0) + int(row["units"])
    return counts
