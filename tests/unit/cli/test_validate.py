"""`meterpoort validate` as a user meets it: what it prints and how it ends."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from tests.samples import SAMPLES, sample
from tests.samples.pdf import factur_x

GOOD = SAMPLES["nlcius-invoice"].xml()
WRONG = GOOD.replace(b"<cbc:IssueDate>", b"<cbc:IssueDate>02-", 1)


def run(*arguments: str, document: bytes = b"") -> Result:
    return CliRunner().invoke(main, ["validate", *arguments], input=document)


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    good, wrong = tmp_path / "goed.xml", tmp_path / "fout.xml"
    good.write_bytes(GOOD)
    wrong.write_bytes(WRONG)
    return str(good), str(wrong)


def test_all_valid_ends_in_0(files: tuple[str, str]) -> None:
    result = run(files[0])
    assert result.exit_code == 0
    assert "goed.xml: valid (Invoice" in result.stdout


def test_one_invalid_ends_in_1_and_each_file_has_its_line(files: tuple[str, str]) -> None:
    result = run("--format", "json", *files)
    assert result.exit_code == 1
    good, wrong = (json.loads(line) for line in result.stdout.splitlines())
    assert (good["file"], good["valid"], good["document"], good["findings"]) == (files[0], True, "Invoice", [])
    assert good["rule_sets"]
    [finding] = wrong["findings"]
    wanted = {"rule": "MP-XSD-VALUE", "flag": "fatal", "location": "/ubl:Invoice/cbc:IssueDate"}
    assert wanted.items() <= finding.items()
    assert WRONG.split(b"\n")[finding["line"] - 1][finding["column"] - 1 :].startswith(b"<cbc:IssueDate>")
    assert finding["message"] != finding["message_nl"]


def test_what_cannot_be_read_ends_in_2_and_the_others_are_judged(files: tuple[str, str], tmp_path: Path) -> None:
    result = run(str(tmp_path / "weg.xml"), files[1], str(tmp_path))
    assert result.exit_code == 2
    assert "weg.xml: No such file" in result.stderr
    assert "fout.xml: not valid" in result.stdout


def test_standard_input_in_dutch() -> None:
    result = run("--language", "nl", "-", document=WRONG)
    assert result.exit_code == 1
    assert "cbc:IssueDate bevat" in result.stdout


def test_without_the_schema_the_rules_still_run() -> None:
    result = run("--no-schema", "--format", "json", "-", document=WRONG)
    found = json.loads(result.stdout)
    assert "schema" not in found["stages"]
    assert "rules" in found["stages"]


def test_an_unknown_profile_is_a_wrong_call() -> None:
    result = run("--profile", "factuur", "-", document=GOOD)
    assert result.exit_code == 2
    assert "en16931" in result.stderr


def test_the_reference_engine_does_not_drop_a_profile() -> None:
    result = run("--engine", "reference", "--profile", "nlcius", "-", document=GOOD)
    assert result.exit_code == 2
    assert "no verdict by nlcius" in result.stderr


def test_the_reference_engine_agrees(files: tuple[str, str], tmp_path: Path) -> None:
    pytest.importorskip("saxonche", reason="the reference engine is optional: pip install 'meterpoort[reference]'")
    wrong = tmp_path / "som.xml"
    wrong.write_bytes(GOOD.replace(b">21.00</cbc:TaxAmount>", b">22.50</cbc:TaxAmount>", 1))
    output = run("--engine", "reference", "--format", "json", files[0], str(wrong))
    good, bad = (json.loads(line) for line in output.stdout.splitlines())
    assert good["valid"]
    assert [used["name"] for used in good["rule_sets"]] == ["EN 16931, official stylesheet"]
    ours = json.loads(run("--format", "json", str(wrong)).stdout)
    assert {each["rule"] for each in bad["findings"]} == {each["rule"] for each in ours["findings"]}
    assert all(each["line"] for each in bad["findings"])


@pytest.mark.parametrize(("form", "opening"), [("html", "<!doctype html>"), ("junit", "<?xml"), ("sarif", "{")])
def test_forms_that_are_one_document_take_many_files(files: tuple[str, str], form: str, opening: str) -> None:
    result = run("--format", form, *files)
    assert result.exit_code == 1
    assert result.stdout.startswith(opening)
    assert "goed.xml" in result.stdout
    assert "fout.xml" in result.stdout


def test_svrl_takes_one_file(files: tuple[str, str]) -> None:
    assert run("--format", "svrl", *files).exit_code == 2
    assert run("--format", "svrl", files[1]).stdout.count("<svrl:failed-assert") == 1


def test_no_colour_where_nobody_looks(files: tuple[str, str]) -> None:
    assert "\x1b" not in run(*files).stdout


@pytest.mark.parametrize(("form", "output"), [("junit", "<error"), ("sarif", '"executionSuccessful": false')])
def test_a_file_that_cannot_be_read_stands_in_the_report(files: tuple[str, str], form: str, output: str) -> None:
    result = run("--format", form, files[0], files[0] + ".weg")
    assert result.exit_code == 2
    assert output in result.stdout
    assert "goed.xml.weg" in result.stdout


def test_the_reference_engine_writes_nothing_of_the_invoice_to_standard_error(tmp_path: Path) -> None:
    pytest.importorskip("saxonche", reason="the reference engine is optional: pip install 'meterpoort[reference]'")
    entity = GOOD[GOOD.index(b"<cac:PartyLegalEntity>") : GOOD.index(b"<cac:Contact>")]
    twice = tmp_path / "tweemaal.xml"
    twice.write_bytes(GOOD.replace(entity, entity + entity, 1))
    command = [sys.executable, "-m", "gateway", "validate", "--engine", "reference", str(twice)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "MP-REFERENCE-STOPPED" in ended.stdout
    assert ended.stderr == ""


def test_a_pdf_is_judged_by_the_invoice_in_it(tmp_path: Path) -> None:
    path = tmp_path / "factuur.pdf"
    path.write_bytes(factur_x(sample("cii-invoice").replace(b"<ram:CityName>", b"<ram:X/><ram:CityName>", 1)))
    shown = {form: run("--format", form, str(path)) for form in ("text", "html", "svrl", "junit", "sarif")}
    assert {one.exit_code for one in shown.values()} == {1}
    assert "CrossIndustryInvoice" in shown["text"].output
    assert "rsm:ExchangedDocumentContext" in shown["html"].output, "the lines of its XML are shown"
    assert json.loads(shown["sarif"].output)["runs"][0]["artifacts"][0]["mimeType"] == "application/pdf"
    path.write_bytes(factur_x(sample("cii-invoice")))
    assert run(str(path)).exit_code == 0
