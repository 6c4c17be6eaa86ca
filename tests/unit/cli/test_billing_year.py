"""A billing year at the command line: what a person types, what comes back."""

import json
import sqlite3
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from gateway.billing.documents.journals import JournalFormat
from gateway.cli import main
from gateway.cli.bills import COMMANDS
from gateway.metering.export import Format

CONFIG = """
[http]
public_url = "https://poort.delta.example"
[billing]
name = "Gegevenscentrum Delta"
kvk = "90442211"
oin = "00000003904422110000"
vat_number = "NL861234571B01"
street = "Kanaalkade 40"
postcode = "2599 XK"
city = "Rijswaarde"
iban = "NL48MPRT0417164300"
email = "facturen@delta.example"
phone = "+31 70 555 0140"
contact = "Financiën, team Doorbelasting"
number_prefix = "GD"
"""
DEBTORS = """
[[debtor]]
party_id = "zilverstrand"
name = "Gemeente Zilverstrand"
oin = "00000001812345678000"
kind = "non-rijk"
address = { street = "Raadhuisplein 1", postcode = "4399 AA", city = "Zilverstrand" }
connections = [{ service = "digid", connected_on = 2020-05-01 }]
"""
PREPAYMENT = "--stage prepayment --service digipoort --year 2026 --issued-on 2026-01-15 --by Anna"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with settings and debtors."""
    (tmp_path / "config.toml").write_text(CONFIG)
    (tmp_path / "debtors.toml").write_text(DEBTORS)
    return tmp_path


def bills(folder: Path, line: str, config: str = "config.toml") -> Result:
    """Run `meterpoort bills` with this line."""
    where = ["--config", str(folder / config), "--data", str(folder / "data")]
    return CliRunner().invoke(main, ["bills", *line.split(), *where])


def done(folder: Path, line: str) -> str:
    """What the command prints; it has to succeed."""
    result = bills(folder, line)
    assert result.exit_code == 0, result.output
    return result.stdout.strip()


def exported(folder: Path, what: str) -> object:
    """The control total of an export, written in every format that it has."""
    where = ["--config", str(folder / "config.toml"), "--data", str(folder / "data"), "--year", "2026"]
    totals = []
    for form in JournalFormat if what == "journal" else Format:
        path = folder / f"{what}.{form}"
        words = ["export", what, *where, "--format", str(form), "--out", str(path)]
        result = CliRunner().invoke(main, words)
        assert result.exit_code == 0, result.output
        assert path.stat().st_size > 0
        totals.append(json.loads(result.stdout))
    assert totals == [totals[0]] * len(totals)
    return totals[0]


def test_from_forecast_to_journal(folder: Path) -> None:
    done(folder, f"debtors {folder / 'debtors.toml'} --by Anna")
    done(
        folder,
        "forecast zilverstrand --service digipoort --year 2026 --units 12000 --means letter --agreed --by Anna",
    )
    what_if = done(folder, f"preview {PREPAYMENT} --forecast zilverstrand=1000")
    assert "590.00 including VAT" in what_if
    prepared = json.loads(done(folder, f"run {PREPAYMENT} --format json"))
    run = prepared["runId"]
    assert [bill["including"] for bill in prepared["bills"]] == ["7080.00"]
    assert done(folder, f"run {PREPAYMENT}").endswith(f"next: meterpoort bills approve {run} --by NAME")
    alone = bills(folder, f"approve {run} --by Anna")
    assert alone.exit_code == 2
    assert "iemand anders moet hem goedkeuren" in alone.stderr
    done(folder, f"approve {run} --by Bram")
    assert f"next: meterpoort bills issue {run}" in done(folder, f"show {run}")
    assert done(folder, f"issue {run} --by Anna") == done(folder, f"issue {run} --by Anna")
    assert "prepared by Anna, approved by Bram, issued by Anna" in done(folder, f"show {run}")
    assert done(folder, "runs").startswith(f"{run} issued")
    assert "GD2026-000001" in done(folder, "to-print")
    assert done(folder, "printed GD2026-000001 --by Anna") == "GD2026-000001 was printed"
    assert done(folder, "to-print") == "Nothing is to be printed."
    again = done(folder, f"run {PREPAYMENT}")
    assert "Nothing is due that was not billed before: there are no documents." in again
    late = bills(
        folder, "forecast zilverstrand --service digipoort --year 2026 --units 5 --means letter --by Anna"
    )
    assert late.exit_code == 2
    explained = done(folder, "explain GD2026-000001 --language nl")
    assert "12.000 berichten × € 0,59 = € 7.080,00" in explained
    assert "Anna > Bram > Anna" in explained
    assert done(folder, "show GD2026-000001").startswith("<?xml")
    done(folder, f"show GD2026-000001 --format pdf --output {folder / 'bill.pdf'}")
    assert (folder / "bill.pdf").read_bytes().startswith(b"%PDF")
    assert exported(folder, "bills") == {
        "documents": 1,
        "excluding": "5851.24",
        "vat": "1228.76",
        "including": "7080.00",
    }
    assert exported(folder, "bill-lines") == exported(folder, "bills")
    assert exported(folder, "journal") == {"entries": 13, "debit": "12931.24", "credit": "12931.24"}
    check_payments(folder)
    audited = done(folder, "audit")
    assert audited.startswith("10 records")
    assert audited.endswith("2026: 1 documents, 5851.24 + 1228.76 VAT = 7080.00 EUR\nThe bills are sound.")
    check_that_the_audit_sees_another_amount(folder)
    assert (
        done(folder, f"warnings --service digipoort --folder {folder / 'mails'}")
        == "No party uses more than it prepaid."
    )
    assert list((folder / "mails").iterdir()) == []
    assert '"prepaid": 12000' in done(folder, "outlook zilverstrand --service digipoort --year 2026")


def check_payments(folder: Path) -> None:
    """Record a payment from a file of the bank, twice, and undo it."""
    assert "7080.00 of        7080.00 open" in done(folder, "open")
    marks = folder / "paid.csv"
    marks.write_text("datum;bedrag;omschrijving;id\n20-02-2026;7.080,00;GD2026-000001;77\n")
    for message in ("1 payments recorded, 7080.00 EUR matched", "0 payments recorded, 0.00 EUR matched"):
        assert done(folder, f"bank-file {marks} --by Anna").endswith(f"1 entries, {message}")
    assert done(folder, "open") == "Nothing is open."
    undone = "pay GD2026-000001 --amount -7080.00 --on 2026-02-21 --reference undone --by Anna --format json"
    assert json.loads(done(folder, undone))[0]["state"] == "open"
    assert "7080.00  77  by Anna" in done(folder, "payments GD2026-000001")


def alter_bills(folder: Path, before: str, after: str) -> None:
    """Change every bill, as somebody with all rights in the database could."""
    with sqlite3.connect(folder / "data" / "meterpoort.db") as database:
        database.execute("DROP TRIGGER IF EXISTS billing_documents_UPDATE")
        database.execute("UPDATE billing_documents SET body = replace(body, ?, ?)", (before, after))
    database.close()


def check_that_the_audit_sees_another_amount(folder: Path) -> None:
    """`meterpoort audit` alone computes the bills, too."""
    command = ["audit", "--config", str(folder / "config.toml"), "--data", str(folder / "data")]
    sound = CliRunner().invoke(main, command)
    assert (sound.exit_code, "bills      1 computed again" in sound.stdout) == (0, True)
    alter_bills(folder, "7080.00", "7081.00")
    broken = CliRunner().invoke(main, command)
    alter_bills(folder, "7081.00", "7080.00")
    assert broken.exit_code == 1
    assert "WRONG      bill: bill GD2026-000001: it is not what was recorded" in broken.stdout
    assert "WRONG      bill: GD2026-000001: it is not what its inputs give" in broken.stdout


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (f"preview {PREPAYMENT}", "there are no documents"),
        ("list --year 2026", "No bill was issued in 2026."),
        ("runs", "No run was prepared."),
        ("silences --service digipoort", "No party is silent."),
        ("open", "Nothing is open."),
    ],
)
def test_what_is_empty_says_so_and_is_json_for_programs(folder: Path, line: str, message: str) -> None:
    done(folder, f"debtors {folder / 'debtors.toml'} --by Anna")
    assert message in done(folder, line)
    found = json.loads(done(folder, f"{line} --format json"))
    assert (found["bills"] if isinstance(found, dict) else found) == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_json(name: str) -> None:
    """`outlook` and `printed` have one form only, `quote` its own."""
    command = main.get_command(click.Context(main), "bills")
    assert isinstance(command, click.Group)
    found = command.get_command(click.Context(command), name)
    assert found is not None
    formats = [
        option.type.choices
        for option in found.params
        if option.name == "form" and isinstance(option.type, click.Choice)
    ]
    assert name in {"outlook", "printed", "quote"} or any("json" in choices for choices in formats)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("approve 0000 --by Bram", "there is no run 0000"),
        (
            "forecast nergens --service digid --year 2021 --units 5 --means x --by Anna",
            "nergens has use or a forecast",
        ),
        ("close zilverstrand --service digid --year 2021 --by Anna", "is not settled"),
        (
            "run --stage distribution --service facilities --year 2021 --weight vng --by Anna",
            "not party=number",
        ),
    ],
)
def test_an_impossible_request_is_explained(folder: Path, line: str, message: str) -> None:
    result = bills(folder, line)
    assert result.exit_code == 2
    assert message in result.stderr


def test_debtors_that_cannot_be_read_are_named(folder: Path) -> None:
    (folder / "debtors.toml").write_text(DEBTORS.replace("00000001812345678000", "123"))
    result = bills(folder, f"debtors {folder / 'debtors.toml'} --by Anna")
    assert result.exit_code == 2
    assert "zilverstrand: '123' is not an OIN" in result.stderr


def test_without_an_issuer_the_settings_are_named(folder: Path) -> None:
    (folder / "empty.toml").write_text('[billing]\nname = "Gegevenscentrum Delta"\n')
    result = bills(folder, "close zilverstrand --service digipoort --year 2026 --by Anna", "empty.toml")
    assert result.exit_code == 2
    assert "billing.kvk, billing.oin" in result.stderr


@pytest.mark.parametrize("command", ["show X-1", "explain X-1"])
def test_a_bill_that_does_not_exist_is_reported(folder: Path, command: str) -> None:
    done(folder, "debtors debtors.toml --by Anna".replace("debtors.toml", str(folder / "debtors.toml")))
    result = bills(folder, command)
    assert (result.exit_code, "Usage:" in result.output) == (2, False)
    assert "there is no bill X-1" in result.output


@pytest.mark.parametrize("command", ["list --year 2026", "audit", "silences --service digipoort"])
def test_reading_needs_nobody_who_bills(folder: Path, command: str) -> None:
    done(folder, f"debtors {folder / 'debtors.toml'} --by Anna")
    (folder / "bare.toml").write_text("")
    assert bills(folder, command, "bare.toml").exit_code == 0
    refused = bills(folder, "statement --service digipoort --year 2026 --month 1 --by Anna", "bare.toml")
    assert "billing.name" in refused.output
