"""What came in instead of UTF-8 XML, recognised by its first bytes and its prolog; and libxml2's complaints in
words."""

import re
from dataclasses import dataclass, replace

from lxml import etree

from gateway.i18n import Text
from gateway.validator.finding import Finding, Flag, Stage
from gateway.validator.xml.locations import Position

_SEND_XML = Text("Send the XML document itself (UBL, CII or SETU), not packed or wrapped.")
_BEGINNING = Position(1, 1)
_SAVE_UTF8 = Text("Save or send the document as UTF-8.")


@dataclass(frozen=True, slots=True)
class Tags:
    """A start tag, with its line, and the end tag that does not match it."""

    opened: str
    line: int
    closed: str


@dataclass(frozen=True, slots=True)
class SyntaxMessage:
    """Why a document cannot be read, in the words of this gateway."""

    rule: str
    text: Text
    advice: Text
    found: str | None = None
    expected: str | None = None

    @classmethod
    def of(
        cls, error: etree.XMLSyntaxError, *, before: bytes, ended: bool, tags: "Tags | None"
    ) -> "SyntaxMessage":
        """Translate by libxml2's error code; its own sentence is added to an unknown one.

        `before` is the byte before the error; `ended`: no tag is closed behind the error; `tags` are those that do
        not match, where this is the error.
        """
        if before == b"&":
            return _ENTITY
        message = _MESSAGES.get(error.code)
        if ended and message not in (_LONG, _AFTER):
            return _TRUNCATED
        if message is _MISMATCH and tags is not None:
            text = Text(
                "The end tag </{closed}> does not match the start tag <{opened}> on line {line}.",
                closed=tags.closed,
                opened=tags.opened,
                line=tags.line,
            )
            return replace(_MISMATCH, text=text, found=f"</{tags.closed}>", expected=f"</{tags.opened}>")
        if message is not None:
            return message
        reason = " ".join((error.msg or "").split())[:200]
        return cls(
            "MP-XML-SYNTAX",
            Text("The XML is not well-formed: {in_english}", in_english=reason),
            _XML_LIBRARY,
        )


def _other(rule: str, what: Text, advice: Text = _SEND_XML) -> SyntaxMessage:
    return SyntaxMessage(rule, Text("This is {what}, not an XML document.", what=what), advice)


def _encoding_body(name: str) -> SyntaxMessage:
    text = Text("The document is in {name}; only UTF-8 is read.", name=name)
    return SyntaxMessage("MP-XML-ENCODING", text, _SAVE_UTF8)


_MAGIC: tuple[tuple[bytes, SyntaxMessage], ...] = (
    # UTF-32 before UTF-16: its little-endian mark begins with UTF-16's.
    (b"\x00\x00\xfe\xff", _encoding_body("UTF-32")),
    (b"\xff\xfe\x00\x00", _encoding_body("UTF-32")),
    (b"\xfe\xff", _encoding_body("UTF-16")),
    (b"\xff\xfe", _encoding_body("UTF-16")),
    (b"\x00<", _encoding_body("UTF-16")),
    (b"<\x00", _encoding_body("UTF-16")),
    (b"\x00\x00\x00<", _encoding_body("UTF-32")),
    (b"+/v", _encoding_body("UTF-7")),
    (b"\x4c\x6f\xa7\x94", _encoding_body("EBCDIC")),
    (b"\x1f\x8b", _other("MP-XML-GZIP", Text("gzip data"))),
    (b"PK\x03\x04", _other("MP-XML-ZIP", Text("a ZIP file"))),
    (b"BZh", _other("MP-XML-PACKED", Text("bzip2 data"))),
    (b"\xfd7zXZ\x00", _other("MP-XML-PACKED", Text("xz data"))),
    (b"\x28\xb5\x2f\xfd", _other("MP-XML-PACKED", Text("zstd data"))),
    (
        b"%PDF-",
        _other(
            "MP-XML-PDF",
            Text("a PDF with something before or around it"),
            Text("Send the PDF as it was made: it begins with %PDF-."),
        ),
    ),
    (b"\x89PNG", _other("MP-XML-IMAGE", Text("an image"))),
    (b"\xff\xd8\xff", _other("MP-XML-IMAGE", Text("an image"))),
    (b"\xd0\xcf\x11\xe0", _other("MP-XML-OFFICE", Text("an Office document"))),
    (b"{", _other("MP-XML-JSON", Text("JSON"))),
    (b"[", _other("MP-XML-JSON", Text("JSON"))),
    (b"UNB+", _other("MP-XML-EDIFACT", Text("an EDIFACT message"))),
    (b"UNA", _other("MP-XML-EDIFACT", Text("an EDIFACT message"))),
    (b"--", _other("MP-XML-MULTIPART", Text("a multipart body"))),
)

_HTML_PAGE = _other("MP-XML-HTML", Text("an HTML page"))
_HTML = re.compile(rb"<(?:!doctype\s++html|html|head|body)\b", re.IGNORECASE)
_DECLARATION = re.compile(
    rb"""<\?xml\s++version\s*+=\s*+["']([^"'<>]{0,40})["']"""
    rb"""(?:\s++encoding\s*+=\s*+["']([^"'<>]*+)["'])?"""
    rb"""(?:\s++standalone\s*+=\s*+["'](?:yes|no)["'])?\s*+\?>"""
)
_UTF_8 = frozenset({"utf-8", "utf8"})
_US_ASCII = frozenset({"us-ascii", "ascii"})
_ASIDES = re.compile(rb"(?:[ \t\r\n]++|<!--[^-]*+(?:-(?!->)[^-]*+)*+-->|<\?[^?]*+(?:\?(?!>)[^?]*+)*+\?>)*+")


def not_xml(document: bytes) -> Finding | None:
    """A finding where the body is empty or begins as something else than UTF-8 XML."""
    if document.startswith(b"<?xml "):
        return None
    bare = document.removeprefix(b"\xef\xbb\xbf")[:512].lstrip(b" \t\r\n")
    if not bare and not document.removeprefix(b"\xef\xbb\xbf").strip():
        return refusal("MP-XML-EMPTY", Text("The document is empty."), _SEND_XML, _BEGINNING)
    known = (body for magic, body in _MAGIC if document.startswith(magic) or bare.startswith(magic))
    if body := next(known, _HTML_PAGE if _HTML.match(bare) else None):
        return refusal(body.rule, body.text, body.advice, _BEGINNING)
    if bare and not bare.startswith(b"<"):
        return refusal(
            "MP-XML-TEXT-FIRST",
            Text("The document does not begin with XML: its first character must be <."),
            _SEND_XML,
            _BEGINNING,
            found=ascii(bare[:20].decode("utf-8", "replace"))[1:-1],
            expected="<",
        )
    return None


def prolog_problem(document: bytes, start: int) -> Finding | None:
    """A finding where the XML declaration or what follows it, up to the root element, may not be read.

    A DOCTYPE is allowed only in the prolog, so this walk is exact: a comment or a text that mentions
    one is no reason to refuse.
    """
    at = start
    if declaration := _DECLARATION.match(document, start):
        if refused := _declaration_problem(declaration, document):
            return refused
        at = declaration.end()
    at = root_offset(document, at)
    return _doctype(document, start, at) if document.startswith(b"<!DOCTYPE", at) else None


def root_offset(document: bytes, start: int) -> int:
    """Where white space, comments and instructions end: at the root element, a DOCTYPE, or what is no XML."""
    skipped = _ASIDES.match(document, start)
    return skipped.end() if skipped else start


def _declaration_problem(declaration: re.Match[bytes], document: bytes) -> Finding | None:
    version = declaration[1].decode("ascii", "replace")
    if version != "1.0":
        return refusal(
            "MP-XML-VERSION",
            Text("This is XML {version}; only XML 1.0 is read.", version=version),
            Text('Begin the document with <?xml version="1.0"?>.'),
            _BEGINNING,
            found=version,
            expected="1.0",
        )
    encoding = (declaration[2] or b"UTF-8").decode("ascii", "replace")
    if encoding.lower() in _UTF_8 or (encoding.lower() in _US_ASCII and document.isascii()):
        return None
    return refusal(
        "MP-XML-ENCODING",
        Text("The document declares encoding {encoding}; only UTF-8 is read.", encoding=encoding[:80]),
        _SAVE_UTF8,
        _BEGINNING,
        found=encoding,
        expected="UTF-8",
    )


def _doctype(document: bytes, start: int, at: int) -> Finding:
    return refusal(
        "MP-XML-DOCTYPE",
        Text(
            "The document has a DOCTYPE; it is refused because a DOCTYPE can pull in files or blow up in memory."
        ),
        Text("Take the <!DOCTYPE …> out; UBL and SETU have none."),
        Position(document.count(b"\n", start, at) + 1, at - max(document.rfind(b"\n", start, at), start - 1)),
        found="<!DOCTYPE",
    )


def refusal(
    rule: str,
    message: Text,
    advice: Text,
    at: Position | None = None,
    *,
    found: str | None = None,
    expected: str | None = None,
) -> Finding:
    """The finding that a document cannot be read."""
    finding = Finding(rule, Flag.FATAL, Stage.XML, message, found=found, expected=expected, advice=advice)
    return finding.at("", at.line, at.column) if at else finding


# --- libxml2's complaints ----------------------------------------------------------------------------------

_ESCAPE = Text("In text write &amp; for & and &lt; for <; let an XML library write the document.")
_WHOLE = Text("Send the whole document again; it may have been cut off.")
_XML_LIBRARY = Text("Let an XML library write the document, or check it with an XML editor.")


_CODES = etree.ErrorTypes
_TRUNCATED = SyntaxMessage(
    "MP-XML-TRUNCATED",
    Text("The document ends before its elements are closed."),
    _WHOLE,
)
_MISMATCH = SyntaxMessage(
    "MP-XML-TAGS",
    Text("An end tag does not match the start tag before it."),
    _XML_LIBRARY,
)
_ENTITY = SyntaxMessage(
    "MP-XML-ENTITY",
    Text("An & here begins no entity that XML knows (only &amp; &lt; &gt; &apos; &quot; and numbers)."),
    _ESCAPE,
)
_CHARACTER = SyntaxMessage(
    "MP-XML-CHARACTER",
    Text("A character here is not allowed in XML."),
    Text("Take control characters out of the texts before the document is made."),
)
_AFTER = SyntaxMessage(
    "MP-XML-AFTER",
    Text("Something follows the end of the document."),
    Text("Send one document per message, with nothing after it."),
)
_PREFIX = SyntaxMessage(
    "MP-XML-PREFIX",
    Text("A namespace prefix is used that is not declared."),
    Text('Declare it on the root element: xmlns:cbc="urn:…".'),
)
_TWICE = SyntaxMessage(
    "MP-XML-ATTRIBUTE-TWICE",
    Text("An element has the same attribute twice."),
    _XML_LIBRARY,
)
_ATTRIBUTE = SyntaxMessage(
    "MP-XML-ATTRIBUTE",
    Text('An attribute is not written as name="value" here, or its value holds a bare < or &.'),
    _ESCAPE,
)
_NAME = SyntaxMessage(
    "MP-XML-MARKUP",
    Text("A < here does not begin a tag."),
    _ESCAPE,
)
_DECLARATION_LATE = SyntaxMessage(
    "MP-XML-DECLARATION",
    Text("<?xml …?> is here, but is allowed at the very beginning of a document only."),
    Text("Remove what comes before it, also an empty line; send one document per message."),
)
_LONG = SyntaxMessage(
    "MP-XML-TEXT",
    Text("A text here is longer than 10,000,000 characters."),
    Text("Put attachments as one run of base64 into cbc:EmbeddedDocumentBinaryObject, with nothing else in it."),
)
_RESOURCE_LIMIT = 114
"""libxml2's XML_ERR_RESOURCE_LIMIT, for which lxml 6.1 has no constant."""
_CODES_OF: dict[SyntaxMessage, tuple[int, ...]] = {
    _AFTER: (_CODES.ERR_DOCUMENT_END,),
    _TRUNCATED: (_CODES.ERR_TAG_NOT_FINISHED, _CODES.ERR_LTSLASH_REQUIRED),
    _MISMATCH: (_CODES.ERR_TAG_NAME_MISMATCH,),
    _ENTITY: (
        *(_CODES.ERR_UNDECLARED_ENTITY, _CODES.WAR_UNDECLARED_ENTITY),
        _CODES.ERR_ENTITYREF_SEMICOL_MISSING,
    ),
    _NAME: (_CODES.ERR_DOCUMENT_EMPTY, _CODES.ERR_NAME_REQUIRED),
    _CHARACTER: (
        *(_CODES.ERR_INVALID_CHAR, _CODES.ERR_INVALID_CHARREF),
        *(_CODES.ERR_INVALID_DEC_CHARREF, _CODES.ERR_INVALID_HEX_CHARREF),
    ),
    _PREFIX: (_CODES.NS_ERR_UNDEFINED_NAMESPACE, _CODES.NS_ERR_QNAME),
    _TWICE: (_CODES.ERR_ATTRIBUTE_REDEFINED, _CODES.NS_ERR_ATTRIBUTE_REDEFINED),
    _ATTRIBUTE: (
        *(_CODES.ERR_ATTRIBUTE_NOT_STARTED, _CODES.ERR_ATTRIBUTE_NOT_FINISHED, _CODES.ERR_ATTRIBUTE_WITHOUT_VALUE),
        *(_CODES.ERR_LT_IN_ATTRIBUTE, _CODES.ERR_SPACE_REQUIRED, _CODES.ERR_GT_REQUIRED),
    ),
    _DECLARATION_LATE: (_CODES.ERR_RESERVED_XML_NAME,),
    _LONG: (_RESOURCE_LIMIT,),
}
_MESSAGES = {code: message for message, codes in _CODES_OF.items() for code in codes}
