"""`meterpoort bills quote` as a user runs it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main


def run(*arguments: str) -> Result:
    """Run `meterpoort bills quote` with these arguments."""
    return CliRunner().invoke(main, ["bills", "quote", *arguments])


def test_json_holds_strings_with_two_decimals() -> None:
    result = run(
        *("--service", "digipoort", "--year", "2026", "--forecast", "12000", "--used", "13500"), "--format", "json"
    )
    assert result.exit_code == 0
    answer = json.loads(result.stdout)
    wanted = {"prepayment": "7080.00", "settlement": "885.00", "total": "7965.00", "vat": "1382.36"}
    assert {name: answer[name] for name in wanted} == wanted


def test_flags_reach_the_regime() -> None:
    arguments = [
        "--service",
        "digid",
        "--year",
        "2020",
        "--forecast",
        "12000",
        "--used",
        "5000",
        "--format",
        "json",
    ]
    totals = {
        flag: json.loads(run(*arguments, *([flag] if flag else [])).stdout)["total"]
        for flag in ("", "--rijk", "--first-year", "--umbrella")
    }
    assert totals == {"": "484.12", "--rijk": "400.10", "--first-year": "0.00", "--umbrella": "0.00"}


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("nl", "12.000 berichten × € 0,59 = € 7.080,00 (inclusief btw)"),
        ("en", "12,000 messages × €0.59 = €7,080.00 (including VAT)"),
    ],
)
def test_text_says_how_each_amount_was_computed(language: str, sentence: str) -> None:
    result = run("--service", "digipoort", "--year", "2026", "--forecast", "12000", "--language", language)
    assert result.exit_code == 0
    assert sentence in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--service digipoort --year 2026 --forecast -5", "'-5' is not between 0"),
        ("--service digipoort --year 2026 --forecast 1.5", "'1.5' is not a whole number"),
        ("--service digipoort --year 2026 --forecast 1e3", "'1e3' is not a whole number"),
        ("--service digipoort --year 2026 --forecast 99999999999999999999", "is not between 0"),
        ("--service digipoort --year 2017 --forecast 5", "no fixed tariff of digipoort for the whole of 2017"),
        ("--service digipoort --year twenty --forecast 5", "--year"),
        ("--service digipost --year 2026 --forecast 5", "there is no service 'digipost'"),
        (
            "--service mijnoverheid --year 2022 --forecast 5 --used 5000",
            "no actual tariff of mijnoverheid for the whole of 2022",
        ),
        ("--service digipoort --year 2026", "nothing to compute with"),
    ],
)
def test_bad_input_is_named_and_ends_with_2(arguments: str, message: str) -> None:
    result = run(*arguments.split())
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""


def test_what_if_the_price_were_another(tmp_path: Path) -> None:
    tariffs = tmp_path / "tariffs.toml"
    tariffs.write_text(
        '[[tariff]]\nservice = "digipoort"\nbasis = "fixed"\nprice = "0.61"\nvat = "including-vat"\n'
        "valid_from = 2026-01-01\n"
    )
    arguments = ("--service", "digipoort", "--year", "2026", "--forecast", "1000", "--format", "json")
    assert json.loads(run(*arguments, "--tariffs", str(tariffs)).stdout)["prepayment"] == "610.00"
    tariffs.write_text(tariffs.read_text() * 2)
    overlapping = run(*arguments, "--tariffs", str(tariffs))
    assert overlapping.exit_code == 2
    assert "two tariffs for the same days" in overlapping.stderr
    tariffs.write_bytes(b"\xff\xfe")
    assert "cannot be read as UTF-8" in run(*arguments, "--tariffs", str(tariffs)).stderr
