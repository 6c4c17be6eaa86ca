"""MTOM while it streams: the envelope, and contents as separate parts (SOAP MTOM, RFC 2387)."""

import re
from typing import IO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from gateway.channels.digipoort.wire.cut import Cutter, Inhoud, ReadingLimits, SpooledOctets, inhoud_too_large
from gateway.channels.digipoort.wire.faults import MalformedError
from gateway.i18n import Text

_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")  # RFC 2046, 5.1.1
_ROOT_TYPES = ("application/xop+xml", "text/xml", "application/soap+xml")
_PLAIN_ENCODINGS = ("", "binary", "8bit", "7bit")
_HEADERS_MAX, _HEADER_BYTES_MAX = 16, 4096


class MtomReader:
    """Reads the parts of one message; the envelope goes through a `Cutter`, the others to the spool."""

    def __init__(self, content_type: str, limits: ReadingLimits, spool: IO[bytes], cutter: Cutter) -> None:
        """Raises MalformedError when the Content-Type names no boundary."""
        _, options = parse_options_header(content_type)
        boundary = options.get(b"boundary", b"").decode("latin-1")
        if not _BOUNDARY.fullmatch(boundary):
            raise MalformedError(Text("the Content-Type names no boundary"))
        self._root_id = _bare(options.get(b"start", b"").decode("latin-1"))
        self._limits, self._spool, self._cutter = limits, spool, cutter
        self._headers: dict[str, str] = {}
        self._field, self._value = b"", b""
        self._start = 0
        self._is_root = False
        self._has_root = False
        self._is_finished = False
        self._count = 0
        self._parts: dict[str, Inhoud] = {}
        self._problem: MalformedError | None = None
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": lambda data, start, end: self._add_field(data[start:end]),
                "on_header_value": lambda data, start, end: self._add_value(data[start:end]),
                "on_header_end": self._end_header,
                "on_headers_finished": self._headers_finished,
                "on_part_data": lambda data, start, end: self._data(data[start:end]),
                "on_part_end": self._end,
                "on_end": self._finish,
            },
            max_header_count=_HEADERS_MAX,
            max_header_size=_HEADER_BYTES_MAX,
        )

    def feed(self, piece: bytes) -> None:
        """Read the next bytes. A problem is noted: the caller reads on and then refuses."""
        if self._problem is not None or self._cutter.problem is not None:
            return
        try:
            self._parser.write(piece)
        except FormParserError:
            self._problem = MalformedError(Text("a boundary or part header is wrong"))
        except MalformedError as error:
            self._problem = error

    def close(self) -> dict[str, Inhoud]:
        """The parts of the complete body but the envelope, by Content-ID. Raises MalformedError."""
        if self._problem is not None:
            raise self._problem
        if self._cutter.problem is None and not (self._is_finished and self._has_root):
            raise MalformedError(Text("the multipart body is not complete"))
        return self._parts

    def _begin(self) -> None:
        self._headers = {}
        self._count += 1
        if self._count > self._limits.parts_max:
            raise MalformedError(Text("there are too many parts"))

    def _add_field(self, data: bytes) -> None:
        self._field += data

    def _add_value(self, data: bytes) -> None:
        self._value += data

    def _end_header(self) -> None:
        name = self._field.decode("latin-1").lower()
        if name in self._headers:
            raise MalformedError(Text("a part has a header twice"))
        self._headers[name] = self._value.decode("latin-1").strip()
        self._field, self._value = b"", b""

    def _headers_finished(self) -> None:
        name = _bare(self._headers.get("content-id", ""))
        self._is_root = name == self._root_id if self._root_id else self._count == 1
        if self._headers.get("content-transfer-encoding", "").lower() not in _PLAIN_ENCODINGS:
            raise MalformedError(Text("a part is not sent as binary"))
        if self._is_root:
            self._begin_root()
        elif not name or name in self._parts:
            raise MalformedError(Text("the Content-ID {name} is missing or occurs twice", name=repr(name[:80])))
        self._start = self._spool.seek(0, 2)

    def _begin_root(self) -> None:
        kind = self._headers.get("content-type", "").split(";")[0].strip().lower()
        if self._has_root or kind not in _ROOT_TYPES:
            raise MalformedError(Text("there is no single envelope among the parts"))
        self._has_root = True

    def _data(self, data: bytes) -> None:
        if self._is_root:
            self._cutter.feed(data)
            return
        self._spool.write(data)
        if self._spool.tell() - self._start > self._limits.inhoud_bytes_max:
            raise inhoud_too_large(self._spool.tell() - self._start, self._limits.inhoud_bytes_max)

    def _end(self) -> None:
        if not self._is_root:
            name = _bare(self._headers["content-id"])
            self._parts[name] = SpooledOctets(self._spool, self._start, self._spool.tell() - self._start)

    def _finish(self) -> None:
        self._is_finished = True


def _bare(content_id: str) -> str:
    """A Content-ID without its angle brackets."""
    return content_id.strip().removeprefix("<").removesuffix(">")
