"""Usage events from files: CSV and Parquet say what the same CloudEvents say."""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow
import pytest
from pyarrow import parquet

from gateway.metering.entry import UsageEntry, UsageKind
from gateway.metering.events import EventsRefusedError, ProblemCode
from gateway.metering.files import ROWS_A_CHUNK, read_file

NOW = datetime(2026, 3, 1, tzinfo=UTC)
PARTIES = {"gemeente-a": "gemeente-a"}
TYPE = "nl.meterpoort.mandates.used.v1"
HEADER = "id,source,type,time,party,count\n"


def row(number: int, count: str = "3") -> str:
    return f"m{number},urn:x,{TYPE},2026-01-31T23:30:00+01:00,gemeente-a,{count}\n"


def table(count: float, moment: datetime) -> pyarrow.Table:
    columns = {"count": count, "id": "m1", "source": "urn:x", "type": TYPE, "time": moment, "party": "gemeente-a"}
    return pyarrow.table({name: [value] for name, value in columns.items()})


def expected(number: int) -> UsageEntry:
    at = datetime(2026, 1, 31, 22, 30, tzinfo=UTC)
    return UsageEntry(f"m{number}", "gemeente-a", UsageKind.MANDATE_USED, at, 3, "urn:x")


@pytest.mark.parametrize(("separator", "mark"), [(",", ""), (";", "\ufeff")])
def test_csv_with_comma_or_semicolon(tmp_path: Path, separator: str, mark: str) -> None:
    path = tmp_path / "use.csv"
    path.write_text(mark + (HEADER + row(1) + row(2)).replace(",", separator), encoding="utf-8")
    assert list(read_file(path, PARTIES, NOW)) == [[expected(1), expected(2)]]


def test_parquet(tmp_path: Path) -> None:
    path = tmp_path / "use.parquet"
    moment = datetime(2026, 1, 31, 22, 30, tzinfo=UTC)
    columns = {
        "count": [3],
        "id": ["m1"],
        "source": ["urn:x"],
        "type": [TYPE],
        "time": [moment],
        "party": ["gemeente-a"],
    }
    parquet.write_table(pyarrow.table(columns), path)
    assert list(read_file(path, PARTIES, NOW)) == [[expected(1)]]


def test_a_long_file_comes_in_chunks_and_its_rows_are_numbered_through(tmp_path: Path) -> None:
    path = tmp_path / "use.csv"
    path.write_text(HEADER + "".join(row(n) for n in range(ROWS_A_CHUNK)) + row(0, "x") + row(1) + row(2, "-4"))
    chunks = read_file(path, PARTIES, NOW)
    assert len(next(chunks)) == ROWS_A_CHUNK
    with pytest.raises(EventsRefusedError) as refused:
        next(chunks)
    assert [problem.index for problem in refused.value.problems] == [ROWS_A_CHUNK + 1, ROWS_A_CHUNK + 3]


@pytest.mark.parametrize("count", ["1.5", "1,5", "-1", "0", "", "1e3", "٣", "1_000"])
def test_a_count_is_a_whole_number(tmp_path: Path, count: str) -> None:
    path = tmp_path / "use.csv"
    path.write_text(HEADER + row(1, f'"{count}"'), encoding="utf-8")
    with pytest.raises(EventsRefusedError) as refused:
        list(read_file(path, PARTIES, NOW))
    assert [(problem.index, problem.code) for problem in refused.value.problems] == [(1, ProblemCode.MALFORMED)]


def test_a_fraction_in_parquet_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "use.parquet"
    columns = {
        "count": [1.5],
        "id": ["m"],
        "source": ["urn:x"],
        "type": [TYPE],
        "time": [NOW],
        "party": ["gemeente-a"],
    }
    parquet.write_table(pyarrow.table(columns), path)
    with pytest.raises(EventsRefusedError, match="count"):
        list(read_file(path, PARTIES, NOW))


BAD = [b"", b"id,source\n", b"\x00", HEADER.encode() + b"\xff,\n", HEADER.encode() + b'"m']


@pytest.mark.parametrize("content", BAD)
@pytest.mark.parametrize("name", ["use.csv", "use.parquet"])
def test_what_is_no_such_file_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"use\."):
        list(read_file(path, PARTIES, NOW))
