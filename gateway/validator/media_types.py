"""What an attachment is, by its first bytes: neither its media type nor its file name is believed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from gateway.i18n import Text

HEAD_BYTES = 1024
"""How much of the content is looked at. PDF readers accept %PDF- anywhere in so much."""

PDF = "application/pdf"
XML = "application/xml"
PNG = "image/png"
JPEG = "image/jpeg"
CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ODS = "application/vnd.oasis.opendocument.spreadsheet"

EN16931 = (PDF, PNG, JPEG, CSV, XLSX, ODS)
"""The media types that an invoice may carry (EN 16931, BR-CL-24)."""


@dataclass(frozen=True, slots=True)
class RecognizedContent:
    """A kind of content that is known by its first bytes."""

    name: Text
    media_types: tuple[str, ...] = ()
    is_dangerous: bool = False
    """Opening it runs something: never acceptable as an attachment, whatever it is called."""


_PROGRAM = RecognizedContent(Text("a program"), is_dangerous=True)
_SCRIPT = RecognizedContent(Text("a script"), is_dangerous=True)
_WEB_PAGE = RecognizedContent(Text("a web page"), is_dangerous=True)
_PDF = RecognizedContent(Text("a PDF"), (PDF,))
_ZIP = RecognizedContent(
    Text("a ZIP file or Office document"), (XLSX, ODS, "application/zip", "application/x-zip-compressed")
)

_MAGIC: tuple[tuple[bytes, RecognizedContent], ...] = (
    (b"MZ", _PROGRAM),
    (b"\x7fELF", _PROGRAM),
    (b"\xca\xfe\xba\xbe", _PROGRAM),
    (b"\xcf\xfa\xed\xfe", _PROGRAM),
    (b"\xce\xfa\xed\xfe", _PROGRAM),
    (b"L\x00\x00\x00\x01\x14\x02\x00", _PROGRAM),
    (b"#!", _SCRIPT),
    (b"\x89PNG\r\n\x1a\n", RecognizedContent(Text("a PNG image"), (PNG,))),
    (b"\xff\xd8\xff", RecognizedContent(Text("a JPEG image"), (JPEG,))),
    (b"GIF8", RecognizedContent(Text("a GIF image"), ("image/gif",))),
    (b"II*\x00", RecognizedContent(Text("a TIFF image"), ("image/tiff",))),
    (b"MM\x00*", RecognizedContent(Text("a TIFF image"), ("image/tiff",))),
    (b"PK\x03\x04", _ZIP),
    (b"Rar!", RecognizedContent(Text("a RAR file"), ("application/vnd.rar",))),
    (b"7z\xbc\xaf", RecognizedContent(Text("a 7-Zip file"), ("application/x-7z-compressed",))),
    (b"\x1f\x8b", RecognizedContent(Text("a gzip file"), ("application/gzip",))),
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        RecognizedContent(
            Text("an old Office document"),
            ("application/msword", "application/vnd.ms-excel", "application/vnd.ms-outlook"),
        ),
    ),
    (b"{\\rtf", RecognizedContent(Text("an RTF document"), ("application/rtf", "text/rtf"))),
)
_ZIPPED = "application/zip"
EXTENSIONS: Mapping[str, str] = {
    end: media_type
    for media_type, ends in {
        PDF: "pdf",
        PNG: "png",
        JPEG: "jpg jpeg",
        CSV: "csv txt xml json",
        XLSX: "xlsx",
        ODS: "ods",
        _ZIPPED: "docx odt pptx zip",
        "image/gif": "gif",
        "image/tiff": "tif tiff",
        "application/vnd.rar": "rar",
        "application/x-7z-compressed": "7z",
        "application/gzip": "gz",
        "application/msword": "doc xls ppt msg",
        "application/rtf": "rtf",
    }.items()
    for end in ends.split()
}
"""The ends of file names, each with a media type whose content begins as that of such a file."""
_PROGRAMS = "exe com scr pif cpl dll sys msi msp msix appx jar apk deb rpm dmg iso img vhd vhdx"
_SCRIPTS = "bat cmd ps1 psm1 vb vbs vbe js jse mjs ws wsf wsh wsc sct sh bash command run"
_PROGRAMMING = "py pyw pl rb php asp aspx jsp"
_WEB_PAGES = "html htm xhtml xht shtml mht mhtml hta svg svgz chm hlp"
_SHORTCUTS = "lnk url scf desktop inf reg gadget application appref-ms settingcontent-ms library-ms search-ms"
_MACROS = "docm dotm xlsm xltm xlam xll pptm potm ppam ppsm sldm"
EXECUTABLE = frozenset(" ".join((_PROGRAMS, _SCRIPTS, _PROGRAMMING, _WEB_PAGES, _SHORTCUTS, _MACROS)).split())
"""The ends of names of files that run something when they are opened, whatever their content."""
_KNOWN = frozenset({PDF, *(media_type for _, content in _MAGIC for media_type in content.media_types)})
"""The media types whose content has a known beginning."""
_STARTS = tuple(magic for magic, _ in _MAGIC)
_HTML = re.compile(
    rb"\s*+(?:\xef\xbb\xbf)?\s*+<(?:!doctype\s++html|html|head|body|script|svg|iframe)\b", re.IGNORECASE
)
_MZ_HEADER_BYTES = 64


def document_type(head: bytes) -> str:
    """The media type of a document that begins so: what it is called does not count. A PDF begins with %PDF-
    (ISO 19005-3, 6.1.2); all else is taken for XML."""
    return PDF if head.startswith(b"%PDF-") else XML


def recognise(head: bytes) -> RecognizedContent | None:
    """What begins with these bytes, or None where nothing known does."""
    for magic, content in _MAGIC if head.startswith(_STARTS) else ():
        if head.startswith(magic) and (magic != b"MZ" or _is_program(head)):
            return content
    if _HTML.match(head):
        return _WEB_PAGE
    return _PDF if b"%PDF-" in head else None


def extension(filename: str | None) -> str:
    """What the file name ends in after its last dot, in small letters and as a computer reads it: without trailing
    dots and blanks, and without what cannot be seen. Empty where there is none."""
    seen = filename or ""
    if not seen.isprintable():
        seen = "".join(filter(str.isprintable, seen))
    seen = seen.rstrip(". ")
    return seen.rpartition(".")[2].lower() if "." in seen else ""


def extension_for(media_type: str) -> str:
    """How the name of a file of this media type ends, as `.pdf`; empty where that is not known."""
    return next((f".{end}" for end, named in EXTENSIONS.items() if named == media_type), "")


def document_name(kenmerk: str, media_type: str) -> str:
    """How the file of a document is called."""
    return f"{kenmerk}{'.pdf' if media_type == PDF else '.xml'}"


def fits(media_type: str, head: bytes, content: RecognizedContent | None) -> bool:
    """Whether content that begins so, and was recognised as that, may be of this media type; types without a known
    beginning fit anything."""
    if media_type == CSV:
        return content is None and b"\x00" not in head
    if media_type in _KNOWN:
        return content is not None and media_type in content.media_types
    return True


def _is_program(head: bytes) -> bool:
    """A text may begin with MZ too; a program has a binary header behind it."""
    return len(head) >= _MZ_HEADER_BYTES and b"\x00" in head[:_MZ_HEADER_BYTES]
