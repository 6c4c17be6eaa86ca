"""Usage events from a file: CSV (RFC 4180, `,` or `;`) or Parquet, the same columns as the attributes of an event.

Columns, in any order: `id`, `source`, `type`, `time`, `party`, `count`. A time has its offset from UTC, or `Z`.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path

import msgspec

from gateway.metering.entry import UsageEntry
from gateway.metering.events import (
    EventProblem,
    EventsRefusedError,
    UsageEvent,
    malformed_event,
    meter_events,
)

COLUMNS = ("id", "source", "type", "time", "party", "count")
ROWS_A_CHUNK = 10_000
_PROBLEMS_MAX = 100
Columns = Mapping[str, Sequence[object]]


def read_file(path: Path, parties: Mapping[str, str], now: datetime) -> Iterator[list[UsageEntry]]:
    """The entries in a file, chunk by chunk; flat memory at any size.

    Raises EventsRefusedError for the first chunk in which rows are wrong, naming at most 100 of them; a row's
    index counts from 1, the first row under the header. Raises ValueError for any other file.
    """
    chunks = _read_parquet(path) if path.suffix == ".parquet" else _read_csv(path)
    first_row = 1
    for rows in chunks:
        yield _entries(rows, parties, now, first_row)
        first_row += len(rows)


def _entries(
    rows: Sequence[Mapping[str, object]], parties: Mapping[str, str], now: datetime, first_row: int
) -> list[UsageEntry]:
    events: list[UsageEvent] = []
    problems: list[EventProblem] = []
    for number, row in enumerate(rows, first_row):
        try:
            events.append(_event(row))
        except (msgspec.ValidationError, ValueError) as error:
            problems.append(malformed_event(number, str(error)))
    if problems:
        raise EventsRefusedError(problems[:_PROBLEMS_MAX])
    return meter_events(events, parties, now, first_row)


def _event(row: Mapping[str, object]) -> UsageEvent:
    data = {"party": row["party"], "count": _whole(row["count"])}
    return msgspec.convert({**row, "data": data, "specversion": "1.0"}, UsageEvent)


def _whole(count: object) -> object:
    """A count in a CSV file is text; only digits make a whole number (`1.0`, `1e3` and `١` do not)."""
    if not isinstance(count, str):
        return count
    digits = count.strip().removeprefix("-")
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError(f"count {count!r} is not a whole number")
    return int(count)


def _read_csv(path: Path) -> Iterator[list[dict[str, object]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        try:
            separator = ";" if ";" in file.readline() else ","
            file.seek(0)
            reader = csv.DictReader(file, delimiter=separator, strict=True)
            _check_columns(path, reader.fieldnames or ())
            while chunk := [{name: row[name] for name in COLUMNS} for row in islice(reader, ROWS_A_CHUNK)]:
                yield chunk
        except (csv.Error, UnicodeDecodeError) as error:
            raise ValueError(f"{path.name}: {error}") from error


def _read_parquet(path: Path) -> Iterator[list[dict[str, object]]]:
    try:
        from pyarrow import ArrowInvalid, parquet
    except ImportError as error:
        raise ValueError("Parquet needs pyarrow: pip install 'meterpoort[parquet]'") from error
    try:
        file = parquet.ParquetFile(path)
    except ArrowInvalid as error:
        raise ValueError(f"{path.name}: {error}") from error
    with file:
        _check_columns(path, file.schema_arrow.names)
        for batch in file.iter_batches(ROWS_A_CHUNK, columns=list(COLUMNS)):
            yield batch.to_pylist()


def _check_columns(path: Path, names: Sequence[str]) -> None:
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise ValueError(f"{path.name} has no column {', '.join(missing)}; it has {', '.join(names) or 'none'}")
