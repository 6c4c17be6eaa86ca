"""The documents in a ZIP; a file that is none, or is damaged, is itself the document."""

import io
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from gateway.validator import unpack
from gateway.validator.judge import judge
from tests.samples import sample
from tests.samples.pdf import factur_x


def zipped(**files: bytes) -> bytes:
    """A ZIP with these files; `__` in a name is a slash."""
    packed = io.BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "/"), data)
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


def test_a_pdf_is_a_document_also_in_a_zip() -> None:
    pdf = factur_x(sample("cii-invoice"))
    assert names_in("f.pdf", pdf) == [("f.pdf", pdf)]
    assert names_in("f.zip", zipped(f=pdf)) == [("f", pdf)]


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"%PDF-1.7 and then nothing", "MP-PDF-BROKEN"),
        (zipped(a=b"")[:-9], "MP-XML-ZIP"),
    ],
    ids=["damaged pdf", "damaged zip"],
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
