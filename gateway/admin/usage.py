"""What the command line does with the meter, next to a running server or without one."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import BinaryIO, TypeVar

import msgspec

from gateway.admin.stores import CommandRefusedError, with_stores
from gateway.clock import utc_now
from gateway.json_text import indented_json
from gateway.metering.entry import LedgerBrokenError, UsageError
from gateway.metering.events import EventsRefusedError, party_names
from gateway.metering.files import read_file
from gateway.metering.statement import RecordedBatch, Statement
from gateway.progress import Progress
from gateway.settings import Settings
from gateway.store.ledger.meter import LedgerMeter
from gateway.store.messages.register import RegisterStore

_SEALS_A_PAGE = 1_000

T = TypeVar("T")


def with_meter(settings: Settings, work: Callable[[LedgerMeter, RegisterStore], Awaitable[T]]) -> T:
    """Run the work on the meter. Raises CommandRefusedError when the meter refuses it."""
    try:
        return with_stores(
            settings,
            lambda stores: work(LedgerMeter(stores.engines, stores.writer, utc_now), stores.register),
        )
    except EventsRefusedError as refused:
        lines = [f"row {problem.index}: {problem.text.en}" for problem in refused.problems]
        raise CommandRefusedError("\n".join(lines)) from refused
    except (UsageError, LedgerBrokenError) as error:
        raise CommandRefusedError(str(error)) from error


def statement(settings: Settings, party_id: str, year: int) -> Statement:
    """What the party used in the year. Raises CommandRefusedError when there is no such party."""

    async def work(meter: LedgerMeter, register: RegisterStore) -> Statement:
        if register.by_id(party_id) is None:
            raise UsageError(f"there is no party {party_id}")
        return await meter.statement(party_id, year)

    return with_meter(settings, work)


def load_file(settings: Settings, path: Path, progress: Progress) -> RecordedBatch:
    """Record the usage events in a CSV or Parquet file.

    Every row is checked first, against the register and the ledger. Then the rows are recorded in chunks, so that
    messages are delivered meanwhile. Loading a file again is harmless. Raises CommandRefusedError.
    """

    async def work(meter: LedgerMeter, register: RegisterStore) -> RecordedBatch:
        names, now = party_names(await register.parties()), utc_now()
        whole = 0
        for chunk in read_file(path, names, now):
            await meter.check(chunk)
            whole += len(chunk)
        batches = []
        for chunk in read_file(path, names, now):
            batches.append(await meter.record(chunk))
            progress(sum(one.received for one in batches), whole)
        return RecordedBatch(
            sum(one.received for one in batches),
            sum(one.recorded for one in batches),
            sum(one.repeated for one in batches),
        )

    try:
        return with_meter(settings, work)
    except ValueError as error:
        raise CommandRefusedError(str(error)) from error


def write_seals(settings: Settings, after: int, out: BinaryIO) -> None:
    """Write every seal after this number, one JSON object a line: to publish."""

    async def work(meter: LedgerMeter, _register: RegisterStore) -> None:
        number = after
        while seals := await meter.seals(number, _SEALS_A_PAGE):
            out.write(msgspec.json.Encoder().encode_lines(seals))
            number = seals[-1].number

    with_meter(settings, work)


def prove(settings: Settings, position: int) -> bytes:
    """The proof of an entry, as JSON. Raises CommandRefusedError."""

    proof = with_meter(settings, lambda meter, _: meter.prove(position))
    return indented_json(proof)
