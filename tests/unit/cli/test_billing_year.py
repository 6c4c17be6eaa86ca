"""A billing year at the command line: what a person types, what comes back."""

import json
import shlex
import sqlite3
from datetime import timedelta
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from gateway.billing.documents.journals import JournalFormat
from gateway.cli import main
from gateway.cli.bills import COMMANDS
from gateway.clock import amsterdam_today
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
YEAR = amsterdam_today().year
"""A prepayment may be late, but it is dated today."""
PREPAYMENT = f"--stage prepayment --service digipoort --year {YEAR}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with settings, debtors and the keys of two people of finance."""
    (tmp_path / "config.toml").write_text(CONFIG)
    (tmp_path / "debtors.toml").write_text(DEBTORS)
    where = ["--config", str(tmp_path / "config.toml"), "--data", str(tmp_path / "data")]
    for name in (ANNA, BRAM):
        made = CliRunner().invoke(main, ["keys", "new", "--role", "finance", *where])
        (tmp_path / name).write_text(made.stdout.strip())
    return tmp_path


ANNA, BRAM = "anna.key", "bram.key"


def key_of(folder: Path, name: str) -> tuple[str, str]:
    """The id of a person's key, and the key."""
    key_id, key = (folder / name).read_text().split()
    return key_id, key


def bills(folder: Path, line: str, config: str = "config.toml", who: str = ANNA) -> Result:
    """Run `meterpoort bills` with this line, as the holder of a key."""
    where = ["--config", str(folder / config), "--data", str(folder / "data")]
    key = {"METERPOORT_KEY": key_of(folder, who)[1]}
    return CliRunner(env=key).invoke(main, ["bills", *shlex.split(line), *where])


def done(folder: Path, line: str, who: str = ANNA) -> str:
    """What the command prints; it has to succeed."""
    result = bills(folder, line, who=who)
    assert result.exit_code == 0, result.output
    return result.stdout.strip()


def exported(folder: Path, what: str) -> object:
    """The control total of an export, written in every format that it has."""
    where = ["--config", str(folder / "config.toml"), "--data", str(folder / "data"), "--year", str(YEAR)]
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
    debtors = folder / "debtors.toml"
    assert done(folder, f"debtors {debtors}") == "recorded 1"
    assert done(folder, f"debtors {debtors}") == "recorded 0"
    forecast = f"forecast zilverstrand --service digipoort --year {YEAR} --means letter --units"
    too_many = bills(folder, f"{forecast} 12000000")
    assert (too_many.exit_code, "confirm it with a reason" in too_many.stderr) == (2, True)
    done(folder, f"{forecast} 12000000 --confirm 'they say so'")
    done(folder, f"{forecast} 12000 --agreed")
    what_if = done(folder, f"preview {PREPAYMENT} --forecast zilverstrand=1000")
    assert "590.00 including VAT" in what_if
    prepared = json.loads(done(folder, f"run {PREPAYMENT} --format json"))
    run = prepared["runId"]
    assert [bill["including"] for bill in prepared["bills"]] == ["7080.00"]
    assert done(folder, f"run {PREPAYMENT}").endswith(f"next: meterpoort bills approve {run}")
    alone = bills(folder, f"approve {run}")
    assert alone.exit_code == 2
    assert "goedkeuren doet iemand anders" in alone.stderr
    done(folder, f"approve {run}", BRAM)
    assert f"next: meterpoort bills issue {run}" in done(folder, f"show {run}")
    assert done(folder, f"issue {run}") == done(folder, f"issue {run}")
    number = f"GD{YEAR}-000001"
    anna, bram = (key_of(folder, name)[0] for name in (ANNA, BRAM))
    assert f"prepared by {anna}, approved by {bram}, issued by {anna}" in done(folder, f"show {run}")
    assert f"{run}  issued" in done(folder, "runs")
    assert number in done(folder, "to-print")
    assert done(folder, f"printed {number}") == f"{number} was printed"
    assert done(folder, "to-print") == "Nothing is to be printed."
    again = done(folder, f"run {PREPAYMENT}")
    assert "Nothing is due that was not billed before: there are no documents." in again
    assert bills(folder, f"{forecast} 5").exit_code == 2
    explained = done(folder, f"explain {number} --language nl")
    assert "12.000 berichten × € 0,59 = € 7.080,00" in explained
    assert f"{anna} > {bram} > {anna}" in explained
    assert f"forecast 2: 12000, letter; {anna}" in explained
    assert done(folder, f"show {number}").startswith("<?xml")
    done(folder, f"show {number} --format pdf --output {folder / 'bill.pdf'}")
    assert (folder / "bill.pdf").read_bytes().startswith(b"%PDF")
    assert exported(folder, "bills") == {
        "documents": 1,
        "excluding": "5851.24",
        "vat": "1228.76",
        "including": "7080.00",
    }
    assert exported(folder, "bill-lines") == exported(folder, "bills")
    months = 14 - amsterdam_today().month  # the bill, and a release for each month from now
    assert exported(folder, "journal") == {"entries": months, "debit": "12931.24", "credit": "12931.24"}
    check_payments(folder)
    check_that_the_audit_sees_another_amount(folder)
    assert (
        done(folder, f"warnings --service digipoort --folder {folder / 'mails'}")
        == "No party uses more than it prepaid."
    )
    assert not (folder / "mails").exists()
    assert "prepaid: 12,000" in done(folder, f"outlook zilverstrand --service digipoort --year {YEAR}")


def test_a_tariff_becomes_one_that_is_billed(folder: Path) -> None:
    (folder / "policies.toml").write_text("payment_days = 14")
    (folder / "config.toml").write_text(f"{CONFIG}policies_file = '{folder / 'policies.toml'}'\n")
    done(folder, f"debtors {folder / 'debtors.toml'}")
    done(folder, f"forecast zilverstrand --service digid --year {YEAR} --units 10999 --means letter")
    assert done(folder, f"agree zilverstrand --service digid --year {YEAR}") == f"zilverstrand digid {YEAR} agreed"
    propose = f"propose-tariff --service digid --basis estimate --year {YEAR} --cost 28000 --source decision"
    proposed = done(folder, propose)
    assert " = 28000 / 10999\n" in proposed
    proposal = proposed.split()[0]
    assert "goedkeuren doet iemand anders" in bills(folder, f"approve-tariff {proposal}").stderr
    assert "approved by key-" in done(folder, f"approve-tariff {proposal}", BRAM)
    assert f"digid estimate 2.55 ({YEAR}-01-01..{YEAR}-12-31)" in done(folder, "tariffs")
    order = f"--stage prepayment --service digid --year {YEAR} --confirm 'zilverstrand=the first year'"
    (bill,) = json.loads(done(folder, f"run {order} --format json"))["bills"]
    assert (bill["excluding"], bill["dueOn"]) == ("25500.00", str(amsterdam_today() + timedelta(days=14)))
    assert "give --year or --from" in bills(folder, f"{propose} --from 2026-01-01").stderr
    (folder / "policies.toml").write_text("payment_day = 14")
    assert "unknown: payment_day" in bills(folder, "runs").stderr


def test_the_calendar_and_its_reminders(folder: Path) -> None:
    """The party is connected to DigiD: from January its forecast of the next year is asked for."""
    assert done(folder, "calendar") == "There are no tasks: nobody uses a service."
    (folder / "debtors.toml").write_text(
        DEBTORS.replace("address", 'email = "a@zilverstrand.example"\naddress', 1)
    )
    done(folder, f"debtors {folder / 'debtors.toml'}")
    assert f"{YEAR}-01-01  {YEAR}-03-31" in done(folder, f"calendar --party zilverstrand --year {YEAR}")
    tasks = json.loads(done(folder, "calendar --format json"))
    titles = [one["title"] for one in tasks if one["kind"] == "forecast"]
    assert titles == [f"Forecasts of DigiD for {YEAR + 1}"]
    mails = f"reminders --folder {folder / 'mails'}"
    assert "give --folder" in bills(folder, "reminders").stderr
    written = done(folder, mails).splitlines()
    assert [line.partition(" ")[0].rpartition(".")[0] for line in written[1:]] == [
        f"forecast.digid.{YEAR + 1}.zilverstrand",
        "tasks",
    ]
    assert written[1].endswith("  reminder  a@zilverstrand.example")
    assert done(folder, mails) == "Nothing is due that was not sent this month."
    (mail,) = (folder / "mails").glob("tasks.*")
    assert b"To: Gegevenscentrum Delta <facturen@delta.example>" in mail.read_bytes()


def test_decisions_on_a_run_are_given_with_their_reasons(folder: Path) -> None:
    done(folder, f"debtors {folder / 'debtors.toml'}")
    done(folder, f"forecast zilverstrand --service digid --year {YEAR - 1} --units 5 --means letter")
    decisions = "--leave-out 'zilverstrand=one = two' --confirm x=yes"
    run = json.loads(
        done(folder, f"run --stage guidance --service guidance --year {YEAR} {decisions} --format json")
    )
    assert run["order"]["decisions"] == [
        {"kind": "leave-out", "reason": "one = two", "party_id": "zilverstrand"},
        {"kind": "confirm", "reason": "yes", "party_id": "x"},
    ]
    refused = bills(folder, f"run --stage vat-refund --year {YEAR} --total 1 --early 'it is agreed'")
    assert "no VAT is refunded" in refused.stderr


def check_payments(folder: Path) -> None:
    """Record a payment from a file of the bank, twice, and undo it."""
    assert "7080.00        7080.00  open" in done(folder, "open")
    marks = folder / "paid.csv"
    marks.write_text("datum;bedrag;omschrijving;id\n20-02-2026;7.080,00;GD2026-000001;77\n")
    for message in ("1 payments recorded, 7080.00 EUR matched", "0 payments recorded, 0.00 EUR matched"):
        assert done(folder, f"bank-file {marks}").endswith(f"1 entries, {message}")
    assert done(folder, "open") == "Nothing is open."
    undone = "pay GD2026-000001 --amount -7080.00 --on 2026-02-21 --reference undone --format json"
    assert json.loads(done(folder, undone))[0]["state"] == "open"
    assert "7080.00  77      key-" in done(folder, "payments GD2026-000001")


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
    total = f"bills      {YEAR}: 1 computed again, 5851.24 + 1228.76 VAT = 7080.00 EUR\n"
    assert (sound.exit_code, total in sound.stdout) == (0, True)
    alter_bills(folder, "7080.00", "7081.00")
    broken = CliRunner().invoke(main, command)
    alter_bills(folder, "7081.00", "7080.00")
    assert broken.exit_code == 1
    assert f"WRONG      bill: bill GD{YEAR}-000001: it is not what was recorded" in broken.stdout
    assert f"WRONG      bill: GD{YEAR}-000001: it is not what its inputs give" in broken.stdout


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
    done(folder, f"debtors {folder / 'debtors.toml'}")
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
        ("approve 0000", "there is no run 0000"),
        ("reopen zilverstrand --service digid --year 2021", "Missing option '--reason'"),
        (
            "forecast nergens --service digid --year 2021 --units 5 --means x",
            "nergens is not recorded as a debtor",
        ),
        ("close zilverstrand --service digid --year 2021", "is not settled"),
        (
            "run --stage distribution --service facilities --year 2021 --weight vng",
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
    result = bills(folder, f"debtors {folder / 'debtors.toml'}")
    assert result.exit_code == 2
    assert "zilverstrand: '123' is not an OIN" in result.stderr


def test_without_an_issuer_the_settings_are_named(folder: Path) -> None:
    (folder / "empty.toml").write_text('[billing]\nname = "Gegevenscentrum Delta"\n')
    result = bills(folder, "close zilverstrand --service digipoort --year 2026", "empty.toml")
    assert result.exit_code == 2
    assert "billing.kvk, billing.oin" in result.stderr


@pytest.mark.parametrize("command", ["show X-1", "explain X-1"])
def test_a_bill_that_does_not_exist_is_reported(folder: Path, command: str) -> None:
    done(folder, f"debtors {folder / 'debtors.toml'}")
    result = bills(folder, command)
    assert (result.exit_code, "Usage:" in result.output) == (2, False)
    assert "there is no bill X-1" in result.output


@pytest.mark.parametrize("command", ["list --year 2026", "silences --service digipoort"])
def test_reading_needs_nobody_who_bills(folder: Path, command: str) -> None:
    done(folder, f"debtors {folder / 'debtors.toml'}")
    (folder / "bare.toml").write_text("")
    assert bills(folder, command, "bare.toml").exit_code == 0
    refused = bills(folder, "statement --service digipoort --year 2026 --month 1", "bare.toml")
    assert "billing.name" in refused.output


def test_a_key_that_does_not_work_does_nothing(folder: Path) -> None:
    (folder / "eva.key").write_text("key-0 mp_0000")
    result = bills(folder, f"debtors {folder / 'debtors.toml'}", who="eva.key")
    assert (result.exit_code, "this API key does not work" in result.stderr) == (2, True)
    assert "debtors" not in done(folder, "preview --stage settlement --service digipoort --year 2025")
