"""The show: registers the cast, sends the documents, and tells what became of each and why."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import aiohttp

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
from gateway.demo.client import Client
from gateway.demo.documents import Line, Sale, credit_note, invoice, order, pdf, time_card

LIMIT_BYTES = 20 * 1024 * 1024
PDF_BYTES = 4_200_000
Say = Callable[[str], None]

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
    """One document on its way: what it shows, who hands it in, and the bytes."""

    title: str
    sender: Player
    document: bytes


@dataclass(frozen=True, slots=True)
class Ending:
    """What became of it."""

    scene: Scene
    outcome: str
    statuscode: str
    metered: str
    why: str


def scenes(run: int, today: date) -> Iterator[Scene]:
    """The demo's documents. `run` is part of each number, so that a second run sends new ones."""

    def sale(number: int, supplier: Player, customer: Player, lines: tuple[Line, ...]) -> Sale:
        due = (today + timedelta(days=30)).isoformat()
        full = f"{today.year}-{run:03d}-{number:02d}"
        return Sale(full, supplier, customer, lines, today.isoformat(), due, f"INK-{run:03d}-{number:02d}")

    first = sale(1, INSTALLER, TOWN, _WORK)
    yield Scene("a correct invoice", INSTALLER, invoice(first))
    corrected = replace(sale(2, INSTALLER, TOWN, _WORK[1:]), corrects=first.number)
    yield Scene("a credit note for it", INSTALLER, credit_note(corrected))
    heavy = replace(sale(3, INSTALLER, HARBOUR, _WORK), attachment=pdf(PDF_BYTES))
    yield Scene(f"an invoice with a PDF of {PDF_BYTES / 1e6:.1f} MB", INSTALLER, invoice(heavy))
    yield Scene("an invoice by the intermediary", BRIDGE, invoice(sale(4, OFFICE, PROVINCE, _SUPPLIES)))
    yield Scene("an invoice to the ministry", OFFICE, invoice(sale(5, OFFICE, MINISTRY, _SUPPLIES)))
    broken = invoice(sale(6, OFFICE, TOWN, _SUPPLIES)).replace(b"<cbc:IssueDate>", b"<cbc:InvoiceDate>", 1)
    broken = broken.replace(b"</cbc:IssueDate>", b"</cbc:InvoiceDate>", 1)
    yield Scene("an invoice that breaks the schema", OFFICE, broken)
    wrong = replace(sale(7, OFFICE, TOWN, _SUPPLIES), total_off=Decimal("10.00"))
    yield Scene("an invoice with a wrong total", OFFICE, invoice(wrong))
    lines = (Line("Bureaustoel, verstelbaar", Decimal(12), Decimal("285.00")),)
    bought = order(f"B-{run:03d}-08", TOWN, OFFICE, lines, today.isoformat())
    yield Scene("an order by a municipality", TOWN, bought)
    hours = time_card(f"U-{run:03d}-09", TOWN, INSTALLER, f"INK-{run:03d}-09")
    yield Scene("a time sheet by a municipality", TOWN, hours)
    yield Scene("the first invoice again", INSTALLER, invoice(first))
    too_heavy = replace(sale(11, INSTALLER, HARBOUR, _WORK), attachment=pdf(LIMIT_BYTES + 1))
    yield Scene("an attachment one byte over 20 MB", INSTALLER, invoice(too_heavy))
    lost = sale(12, INSTALLER, STRANGER, _WORK)
    yield Scene("an invoice for a recipient nobody knows", INSTALLER, invoice(lost))


async def show(address: str, operator_key: str, say: Say) -> None:
    """Run the whole show against the gateway at `address`, telling it line by line."""
    timeout = aiohttp.ClientTimeout(total=120)
    async with aiohttp.ClientSession(address, timeout=timeout) as session:
        operator = Client(session, operator_key)
        keys = await _register(operator)
        run = await _next_run(operator)
        say(f"\nRun {run}: {len(CAST)} parties are registered, each with a key of its own. They send:\n")
        clients = {party_id: Client(session, key) for party_id, key in keys.items()}
        endings = [
            await _send(clients[scene.sender.party_id], scene) for scene in scenes(run, datetime.now(UTC).date())
        ]
        for line in table(endings):
            say(line)
        await _collect(clients[TOWN.party_id], say)


async def _register(operator: Client) -> dict[str, str]:
    keys: dict[str, str] = {}
    for player in CAST:
        wish = {
            "name": player.name,
            "kind": player.kind,
            "kindSource": player.kind_source,
            "identifiers": [f"{player.scheme}:{player.number}"],
            "mandates": list(player.mandates),
        }
        await operator.put(f"/v1/parties/{player.party_id}", wish)
        made = await operator.post("/v1/keys", {"role": player.role, "partyId": player.party_id})
        keys[player.party_id] = str(made["key"])
    return keys


async def _next_run(operator: Client) -> int:
    """One more than the highest run that any message carries in its number."""
    found = await operator.get("/v1/messages", {"senderId": INSTALLER.party_id, "limit": "50"})
    runs = [
        int(match.group(1))
        for item in found["items"]
        if (match := re.fullmatch(r"\d{4}-(\d{3})-\d{2}", str(item["number"])))
    ]
    return max(runs, default=0) + 1


async def _send(client: Client, scene: Scene) -> Ending:
    message = await client.submit(scene.document)
    kenmerk = str(message["kenmerk"])
    statuses = await client.get(f"/v1/messages/{kenmerk}/statuses")
    last = statuses["items"][-1]
    metered = str(message["disposition"]).replace("free-", "free: ")
    return Ending(scene, str(message["state"]), str(last["statuscode"]), metered, await _why(client, message))


async def _why(client: Client, message: dict[str, object]) -> str:
    if message["state"] in {"delivered", "confirmed"}:
        return ""
    report = await client.get(f"/v1/messages/{message['kenmerk']}/report")
    fatal = next((finding for finding in report["findings"] if finding["flag"] == "fatal"), None)
    if fatal is None:
        return ""
    place = f" (line {fatal['line']})" if fatal.get("line") else ""
    sides = f" Found {fatal['found']}; expected {fatal['expected']}." if fatal.get("expected") else ""
    return f"{fatal['rule']}{place}: {fatal['message']}{sides}"


def table(endings: list[Ending]) -> Iterator[str]:
    """The endings as lines for a terminal."""
    head = ("what was sent", "by", "became", "code", "for the meter")
    rows = [
        (ending.scene.title, ending.scene.sender.party_id, ending.outcome, ending.statuscode, ending.metered)
        for ending in endings
    ]
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    yield "  ".join(text.ljust(width) for text, width in zip(head, widths, strict=True)).rstrip()
    yield "  ".join("-" * width for width in widths)
    for row, ending in zip(rows, endings, strict=True):
        yield "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        if ending.why:
            yield f"    why: {ending.why}"


async def _collect(town: Client, say: Say) -> None:
    """The municipality empties its mailbox, as its own software would."""
    taken = await town.post("/v1/mailbox/leases", {})
    for lease in taken["items"]:
        await town.put(
            f"/v1/mailbox/messages/{lease['message']['kenmerk']}/confirmation", {"token": lease["token"]}
        )
    say(f"\n{TOWN.name} took {len(taken['items'])} messages from its mailbox and confirmed them.")


async def used(address: str, finance_key: str) -> dict[str, int]:
    """What each party used this year, as finance reads it."""
    async with aiohttp.ClientSession(address) as session:
        rows = (await Client(session, finance_key).get("/v1/usage"))["items"]
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["partyId"]] = counts.get(row["partyId"], 0) + int(row["units"])
    return counts
