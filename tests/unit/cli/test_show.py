"""`meterpoort show` as a user meets it."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli import main
from tests.samples import sample
from tests.samples.pdf import factur_x, page


def run(*arguments: str, document: bytes | None = None) -> Result:
    return CliRunner().invoke(main, ["show", *arguments], input=document)


@pytest.mark.parametrize(
    ("arguments", "beginning"),
    [
        ((), b"INVOICE 2026-0418"),
        (("--language", "nl"), b"FACTUUR 2026-0418"),
        (("--format", "html"), b"<!doctype html>"),
        (("--format", "pdf"), b"%PDF-"),
        (("--format", "json"), b'{\n  "language": "en",\n  "verdict": "'),
    ],
)
def test_a_document_is_shown(arguments: tuple[str, ...], beginning: bytes) -> None:
    result = run("-", *arguments, document=sample("nlcius-invoice-full"))
    assert result.exit_code == 0
    assert result.stdout_bytes.startswith(beginning)


@pytest.mark.parametrize(
    ("name", "beginning"),
    [("a.html", b"<!doctype html>"), ("a.PDF", b"%PDF-"), ("a.txt", b"INVOICE"), ("a.json", b"{"), ("a", b"INV")],
)
def test_the_name_of_the_output_chooses_the_form(tmp_path: Path, name: str, beginning: bytes) -> None:
    source = tmp_path / "invoice.xml"
    source.write_bytes(sample("nlcius-invoice"))
    assert run(str(source), "-o", str(tmp_path / name)).exit_code == 0
    assert (tmp_path / name).read_bytes().startswith(beginning)


def test_what_is_wrong_is_shown_and_is_no_failure() -> None:
    result = run("-", document=sample("nlcius-invoice").replace(b"121.00", b"121.50"))
    assert result.exit_code == 0
    assert "✗ BR-CO-1" in result.stdout


def test_what_cannot_be_read_or_written_is_named(tmp_path: Path) -> None:
    missing = run(str(tmp_path / "missing.xml"))
    assert (missing.exit_code, "No such file" in missing.stderr) == (2, True)
    unwritten = run("-", "-o", str(tmp_path / "no" / "a.html"), document=sample("nlcius-invoice"))
    assert (unwritten.exit_code, "No such file" in unwritten.stderr) == (2, True)
    profile = run("-", "--profile", "nothing", document=sample("nlcius-invoice"))
    assert (profile.exit_code, "there is no profile" in profile.stderr) == (2, True)


def test_of_a_pdf_its_invoice_is_shown(tmp_path: Path) -> None:
    source, target = tmp_path / "factuur.pdf", tmp_path / "factuur.xml"
    source.write_bytes(factur_x(sample("cii-invoice")))
    assert b"2026-0417" in run(str(source)).stdout_bytes.splitlines()[0]
    assert run(str(source), "-o", str(target)).exit_code == 0
    assert target.read_bytes() == sample("cii-invoice")
    none = run("-", "--format", "xml", document=page())
    assert (none.exit_code, "there is no XML in it" in none.output) == (2, True)
