"""The page: safe, self-contained, each finding at its row of the source, and bounded."""

import base64
import re
from html.parser import HTMLParser

import pytest

from gateway.validator.report.html import FINDINGS_SHOWN_MAX, report_view
from gateway.validator.report.report import render
from gateway.validator.report.source import row_at, source_of
from tests.samples import invoice
from tests.unit.validator.reported import GOOD, HOSTILE, NOT_XML, ON_ONE_LINE, WRONG, reported


class _Page(HTMLParser):
    """What a browser would see: elements, ids and links."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.outside: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name == "href" and tag == "a":
                self.links.append(value or "")
            if name.startswith("on") or (name in {"src", "href"} and re.match(r"(https?:)?//", value or "")):
                self.outside.append(f"{tag} {name}={value}")


@pytest.mark.parametrize("document", [GOOD, WRONG, HOSTILE, NOT_XML, ON_ONE_LINE])
@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_page_holds_nothing_that_runs_or_comes_from_elsewhere(document: bytes, language: str) -> None:
    html = render([reported(document, "<b>.xml"), reported(WRONG)], "html", language=language)
    page = _Page(html)
    assert not page.tags & {"script", "iframe", "img", "object", "form", "b"}
    assert page.outside == []
    assert f'<html lang="{language}">' in html


@pytest.mark.parametrize("document", [WRONG, HOSTILE, ON_ONE_LINE])
def test_every_finding_leads_to_its_row_and_back(document: bytes) -> None:
    page = _Page(render([reported(document), reported(document)], "html"))
    assert len(page.ids) == len(set(page.ids))
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)
    assert len(page.links) == 2 * 2 * len(reported(document).report.findings)


@pytest.mark.parametrize("document", [WRONG, ON_ONE_LINE])
def test_the_row_of_a_finding_shows_its_element(document: bytes) -> None:
    one = report_view(reported(document).report, document, "en")
    assert one.findings
    for finding in one.findings:
        element = re.sub(r"\[\d+\]", "", finding.location).rpartition(":")[2]
        assert f":{element}" in one.rows[finding.row - 1].text
        assert finding in one.rows[finding.row - 1].findings


def test_base64_is_left_out_and_numbers_stay() -> None:
    document = (
        b'<a>\n<b mimeCode="x">'
        + b"QUJD" * 5_000
        + b"\n"
        + b"QUJD" * 19
        + b"\n"
        + b"QUJD" * 19
        + b"\n</b>\n<c/></a>"
    )
    rows = source_of(document, {(6, 1)}).rows
    assert [(row.line, row.left_out) for row in rows] == [(1, 0), (2, 0), (5, 2), (6, 0)]
    assert rows[1].text == '<b mimeCode="x">[20000 × base64]'


def test_an_attachment_of_many_lines_hides_no_other_line() -> None:
    document = invoice(1, attachments=1)
    start = document.index(b"JVBER")
    end = document.index(b"<", start)
    folded = source_of(document[:start] + base64.encodebytes(b"x" * 4_000_000) + document[end:], set())
    assert sum(row.left_out for row in folded.rows) > 50_000
    assert folded.left_out == 0
    assert "</Invoice>" in [row.text for row in folded.rows]
    assert max(len(row.text) for row in folded.rows) < 500


def test_a_line_that_is_cut_says_how_much() -> None:
    assert source_of(b"<a>" + b"word " * 1_000 + b"</a>", set()).rows[0].text.endswith("… [+4607]")


def test_of_a_long_valid_document_the_beginning_is_shown() -> None:
    lines, one_line = source_of(invoice(1_000), set()), source_of(b"<a>" + b"<b/>" * 5_000, set())
    assert (lines.rows[0].line, one_line.rows[0].text) == (1, "<a>")
    assert len(lines.rows) == len(one_line.rows) == 2_000
    assert lines.left_out == invoice(1_000).count(b"\n") + 1 - 2_000


def test_of_nothing_there_is_no_line() -> None:
    assert source_of(b"", set()).rows == ()


def test_a_long_document_is_shown_around_its_findings() -> None:
    document = invoice(lines=1_000)
    last = document.count(b"\n")
    rows = source_of(document, {(last, 1)}).rows
    assert len(rows) < 20
    assert rows[0].left_out == rows[0].line - 1
    assert rows[row_at(rows, last, 1) or 0].line == last


def test_a_document_of_one_long_line_is_shown_around_its_findings() -> None:
    document = b"<a>" + b"<b/>" * 500_000
    source = source_of(document, {(1, 1_000_004)})
    assert len(source.rows) == 9
    assert source.rows[4].column == 1_000_004
    assert source.rows[0].left_out == 250_000 - 3


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ("<a>é</a>".encode("latin-1"), None),
        (b'<?xml version="1.0" encoding="ISO-8859-1"?><a>\xe9</a>', "é"),
        ("<a>é</a>".encode("utf-16"), "é"),
        ("<a>é</a>".encode("utf-8-sig"), "<a>é"),
        (b'<?xml version="1.0" encoding="no-such"?><a/>', None),
    ],
)
def test_the_source_is_read_as_it_was_written(document: bytes, text: str | None) -> None:
    rows = source_of(document, set()).rows
    assert rows == () if text is None else text in rows[0].text


def test_many_findings_are_cut_and_counted() -> None:
    one = reported(WRONG)
    one.report.findings *= 300
    cut = report_view(one.report, WRONG, "nl")
    assert (len(cut.findings), cut.left_out) == (FINDINGS_SHOWN_MAX, len(one.report.findings) - FINDINGS_SHOWN_MAX)


def test_who_may_not_see_the_document_sees_no_source() -> None:
    one = report_view(reported(WRONG).report, None, "nl")
    assert one.rows == ()
    assert {finding.row for finding in one.findings} == {0}


def test_pieces_of_one_line_are_numbered_apart() -> None:
    rows = report_view(reported(ON_ONE_LINE).report, ON_ONE_LINE, "nl").rows
    numbers = [row.number for row in rows]
    assert len(rows) > 50
    assert len(set(numbers)) == len(numbers)
    assert sum(re.fullmatch(r"1:\d+", number) is not None for number in numbers) > 50


@pytest.mark.parametrize("end", ["\r", "\r\n", "\n"])
def test_lines_are_those_that_findings_are_placed_by(end: str) -> None:
    document = WRONG.replace(b"\n", end.encode())
    one = report_view(reported(document).report, document, "nl")
    assert {finding.row for finding in one.findings} & {0} == set()
    by_id = {row.id: row.text for row in one.rows}
    names = {finding.location.rpartition(":")[2].partition("[")[0] for finding in one.findings}
    assert all(any(name in by_id[finding.row] for name in names) for finding in one.findings)
