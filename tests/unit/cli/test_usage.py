"""The meter on the command line, as an operator and an auditor use it."""

import json
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main

SOURCE = "urn:nld:oin:00000001002220647000:systeem:digid"
TYPE = "nl.meterpoort.digid-authentications.succeeded.v1"


def run(data: Path, *words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--data", str(data)])


def use(folder: Path, *rows: str) -> str:
    path = folder / "use.csv"
    lines = [
        f"{row.split()[0]},{SOURCE},{TYPE},{row.split()[1]},{row.split()[2]},{row.split()[3]}" for row in rows
    ]
    path.write_text("\n".join(["id,source,type,time,party,count", *lines]) + "\n")
    return str(path)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    assert (
        run(folder, "parties", "save", "gemeente-a", "--name", "Gemeente A", "--kind", "non-rijk").exit_code == 0
    )
    file = use(tmp_path, "e1 2025-12-31T23:30:00Z gemeente-a 250", "e2 2026-02-01T12:00:00+01:00 gemeente-a 10")
    assert run(folder, "usage", "load", file).output == "use.csv: 2 recorded, 0 were recorded before\n"
    return folder


def test_loading_again_is_harmless_and_other_content_is_refused(data: Path, tmp_path: Path) -> None:
    same = use(tmp_path, "e1 2025-12-31T23:30:00Z gemeente-a 250")
    assert run(data, "usage", "load", same).output == "use.csv: 0 recorded, 1 were recorded before\n"
    other = use(tmp_path, "e3 2026-01-01T00:00:00Z gemeente-a 1", "e1 2025-12-31T23:30:00Z gemeente-a 9")
    refused = run(data, "usage", "load", other)
    assert refused.exit_code == 1
    assert "quantity was 250 and is now 9" in refused.output
    unknown = use(tmp_path, "e4 2026-01-01T00:00:00Z gemeente-z 1", "e5 2026-01-01T00:00:00Z gemeente-a -1")
    assert "row 2: Not a usage event" in run(data, "usage", "load", unknown).output
    shown = json.loads(run(data, "usage", "show", "gemeente-a", "--year", "2026", "--format", "json").output)
    assert shown["totals"]["quantity"] == 260


def test_a_statement_counts_a_reversal_and_nothing_for_another_year(data: Path) -> None:
    words = ("--reason", "dubbel geteld", "--author", "anna")
    assert run(data, "usage", "reverse", "1", *words).output == "-250 digid-authentication gemeente-a (e1)\n"
    lines = run(data, "usage", "show", "gemeente-a", "--year", "2026").output.splitlines()
    assert lines[-1].split() == ["2026", "digid-authentication", "10", "10"]
    assert "used nothing" in run(data, "usage", "show", "gemeente-a", "--year", "2025").output
    assert "no party gemeente-z" in run(data, "usage", "show", "gemeente-z", "--year", "2026").output
    assert "entry 9" in run(data, "usage", "reverse", "9", *words).output


def test_what_was_published_proves_an_entry_and_binds_the_audit(data: Path, tmp_path: Path) -> None:
    assert "not sealed yet" in run(data, "usage", "prove", "1").output
    assert run(data, "usage", "seal").output.startswith("seal 1: entries 1-2")
    published = tmp_path / "seals.jsonl"
    assert run(data, "usage", "seals", "--out", str(published)).exit_code == 0
    proof = json.loads(run(data, "usage", "prove", "2").output)
    assert proof["seal"] == json.loads(published.read_text())
    held = run(data, "audit", "--seals", str(published))
    assert (held.exit_code, held.output.splitlines()[-1]) == (0, "Meter, record and bills are sound.")
    with sqlite3.connect(data / "meterpoort.db") as database:
        database.execute("DROP TRIGGER usage_entries_UPDATE")
        database.execute("UPDATE usage_entries SET quantity = 1 WHERE position = 1")
    database.close()
    broken = run(data, "audit", "--format", "json")
    report = json.loads(broken.output)
    assert (broken.exit_code, report["holds"]) == (1, False)
    assert {finding["check"] for finding in report["findings"]} == {"seal", "rollup"}


@pytest.mark.parametrize("form", ["csv", "jsonl", "xlsx", "parquet"])
def test_an_export_tells_the_audits_control_total(data: Path, tmp_path: Path, form: str) -> None:
    totals = json.loads(run(data, "audit", "--format", "json").output)["totals"]
    for name in ("entries", "statements"):
        out = tmp_path / f"{name}.{form}"
        printed = run(data, "export", name, "--format", form, "--out", str(out)).output
        assert json.loads(printed) == totals
        assert out.stat().st_size > 0
