"""The documents in a ZIP and in a PDF; a file that is neither, or is damaged, is itself the document."""

import io
from zipfile import ZIP_DEFLATED, ZipFile

import pikepdf
import pytest

from gateway.validator import unpack
from gateway.validator.judge import judge


def zipped(**files: bytes) -> bytes:
    """A ZIP with these files; `__` in a name is a slash."""
    packed = io.BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "/"), data)
    return packed.getvalue()


def pdf_with(**files: bytes) -> bytes:
    """A PDF with these files attached, written by another program than the one that reads it."""
    packed = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        for name, data in files.items():
            pdf.attachments[f"{name}.xml"] = data
        pdf.save(packed)
    return packed.getvalue()


def names_in(name: str, data: bytes) -> list[tuple[str, bytes]]:
    return [(one.name, one.document) for one in unpack.unpack(name, data).documents]


def test_each_file_of_a_zip_is_a_document() -> None:
    packed = zipped(map__a=b"<a/>", b=b"<b/>")
    assert unpack.is_packed(packed)
    assert names_in("x.zip", packed) == [("map/a", b"<a/>"), ("b", b"<b/>")]


def test_what_systems_add_to_a_zip_is_left_out() -> None:
    packed = io.BytesIO()
    with ZipFile(packed, "w") as archive:
        for name in ("__MACOSX/._a.xml", ".DS_Store", "folder/", "a.xml"):
            archive.writestr(name, b"<a/>" if not name.endswith("/") else b"")
    assert names_in("x.zip", packed.getvalue()) == [("a.xml", b"<a/>")]


def test_a_pdf_gives_its_xml_also_in_a_zip() -> None:
    pdf = pdf_with(invoice=b"<Invoice/>")
    assert names_in("f.pdf", pdf) == [("f.pdf › invoice.xml", b"<Invoice/>")]
    assert names_in("f.zip", zipped(f=pdf)) == [("f › invoice.xml", b"<Invoice/>")]


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (pdf_with(), "MP-XML-PDF"),
        (b"%PDF-1.7 and then nothing", "MP-XML-PDF"),
        (zipped(a=b"")[:-9], "MP-XML-ZIP"),
    ],
    ids=["pdf without xml", "damaged pdf", "damaged zip"],
)
def test_what_holds_no_document_is_judged_as_it_is(data: bytes, rule: str) -> None:
    assert names_in("f", data) == [("f", data)]
    assert [finding.rule for finding in judge(data).findings] == [rule]


def test_a_zip_is_bounded_in_files_and_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    many = zipped(**{f"f{number}": b"<a/>" for number in range(unpack.FILES_MAX + 3)})
    found = unpack.unpack("x", many)
    assert (len(found.documents), found.left_out) == (unpack.FILES_MAX, 3)
    monkeypatch.setattr(unpack, "_UNPACKED_BYTES_MAX", 1000)
    bomb = unpack.unpack("x", zipped(a=b"<a/>", b=bytes(1001), c=b"<c/>"))
    assert ([one.name for one in bomb.documents], bomb.left_out) == (["a"], 2)
