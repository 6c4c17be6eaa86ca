"""Malformed multipart bodies, each broken in a different way, generated from a seed."""

import base64
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

INVOICE = b"<?xml version='1.0' encoding='UTF-8'?>\n<Invoice>\xe2\x82\xac 12,50</Invoice>\n"
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 8
FORMS = ("form-data", "mixed", "related")


@dataclass(frozen=True, slots=True)
class Part:
    """One part as it goes over the line."""

    headers: tuple[tuple[str, str], ...]
    content: bytes

    def encoded(self) -> bytes:
        """Headers and content."""
        head = "".join(f"{name}: {value}\r\n" for name, value in self.headers)
        return head.encode("utf-8") + b"\r\n" + self.content


@dataclass(frozen=True, slots=True)
class Body:
    """A multipart body and its Content-Type."""

    content_type: str
    content: bytes
    shape: str = "right"


def document(form: str, content: bytes = INVOICE, *more: tuple[str, str]) -> Part:
    """The part with the document."""
    disposition = (("Content-Disposition", 'form-data; name="document"; filename="factuur.xml"'),)
    return Part(
        (*(disposition if form == "form-data" else ()), ("Content-Type", "application/xml"), *more), content
    )


def attachment(form: str, content: bytes = PDF, *more: tuple[str, str], filename: str = "bon.pdf") -> Part:
    """A part with an attachment."""
    name = 'form-data; name="attachment"' if form == "form-data" else "attachment"
    return Part(
        (("Content-Disposition", f'{name}; filename="{filename}"'), ("Content-Type", "application/pdf"), *more),
        content,
    )


def body(form: str, parts: list[Part], boundary: str = "grens-123", end: bytes = b"--\r\n") -> Body:
    """The parts between boundaries."""
    mark = b"--" + boundary.encode()
    content = b"".join(mark + b"\r\n" + part.encoded() + b"\r\n" for part in parts) + mark + end
    return Body(f'multipart/{form}; boundary="{boundary}"', content)


Breaker = Callable[[random.Random, str], Body]


def _truncated(seed: random.Random, form: str) -> Body:
    whole = body(form, [document(form), attachment(form)])
    return Body(whole.content_type, whole.content[: seed.randrange(len(whole.content) - 4)])


def _no_boundary(seed: random.Random, form: str) -> Body:
    whole = body(form, [document(form)])
    parameter = seed.choice(
        ["", "; boundary=", '; boundary=""', "; grens=x", '; boundary="a b "', "; boundary=" + "b" * 71]
    )
    return Body(f"multipart/{form}{parameter}", whole.content)


def _other_boundary(seed: random.Random, form: str) -> Body:
    whole = body(form, [document(form), attachment(form)])
    other = "".join(seed.choices("abcdefgh", k=seed.randrange(1, 60)))
    return Body(f"multipart/{form}; boundary={other}", whole.content)


def _no_document(seed: random.Random, form: str) -> Body:
    return body(form, [attachment(form) for _ in range(seed.randrange(4))])


def _two_documents(seed: random.Random, form: str) -> Body:
    parts = [document(form), document(form), *(attachment(form) for _ in range(seed.randrange(3)))]
    seed.shuffle(parts)
    return body(form, parts)


def _empty_document(seed: random.Random, form: str) -> Body:
    return body(form, [attachment(form)] * seed.randrange(3) + [document(form, b"")])


def _nested(seed: random.Random, form: str) -> Body:
    inner = body("mixed", [attachment("mixed")], "binnen").content
    kind = seed.choice(
        ["multipart/mixed; boundary=binnen", "message/rfc822", "multipart/digest", "nonsense", "a/b/c", ""]
    )
    disposition = (("Content-Disposition", 'form-data; name="attachment"'),)
    return body(form, [document(form), Part((*disposition, ("Content-Type", kind)), inner)])


def _doubled_header(seed: random.Random, form: str) -> Body:
    name = seed.choice(["Content-Type", "content-type", "CONTENT-TYPE"])
    return body(form, [document(form, INVOICE, (name, "text/xml")), attachment(form)])


def _unknown_encoding(seed: random.Random, form: str) -> Body:
    encoding = seed.choice(["gzip", "x-uuencode", "base32", "", "base64, base64", "deflate"])
    return body(form, [document(form, INVOICE, ("Content-Transfer-Encoding", encoding))])


def _wrong_base64(seed: random.Random, form: str) -> Body:
    encoded = bytearray(base64.b64encode(PDF))
    how = seed.randrange(4)
    if how == 0:
        encoded[seed.randrange(len(encoded))] = ord(seed.choice("!*~_-"))
    elif how == 1:
        del encoded[-seed.randrange(1, 4) :]
    elif how == 2:
        encoded[seed.randrange(0, len(encoded) - 8)] = ord("=")
    else:
        encoded += seed.choice([b"QUJD", b"=", b"===="])
    return body(form, [document(form), attachment(form, bytes(encoded), ("Content-Transfer-Encoding", "base64"))])


def _wrong_quoted_printable(seed: random.Random, form: str) -> Body:
    wrong = seed.choice([b"=", b"=G0", b"=0", b"a=\xff\xffb", b"= \r\n", b"x" * 1500])
    content = INVOICE + wrong + (b"" if wrong.startswith(b"x") else b" tail")
    return body(form, [document(form, content, ("Content-Transfer-Encoding", "quoted-printable"))])


def _huge_header(seed: random.Random, form: str) -> Body:
    long = ("X-Long", "v" * seed.randrange(5_000, 60_000))
    many = tuple((f"X-{number}", "v") for number in range(seed.randrange(17, 200)))
    return body(form, [document(form, INVOICE, *seed.choice([(long,), many]))])


def _broken_header(seed: random.Random, form: str) -> Body:
    line = seed.choice([b"no colon here", b": no name", b"Bad Name: x", b"X\x00Y: z", b"X: y\rz", b"X: y\nZ: z"])
    whole = body(form, [document(form)])
    return Body(whole.content_type, whole.content.replace(b"Content-Type", line + b"\r\nContent-Type", 1))


def _preamble(seed: random.Random, form: str) -> Body:
    whole = body(form, [document(form)])
    return Body(whole.content_type, seed.choice([b"x", b"--", b"--grens", b"\x00", b"- -"]) + whole.content)


def _wrong_names(seed: random.Random, form: str) -> Body:
    disposition = seed.choice(
        ['form-data; name="factuur"', "form-data", 'attachment; name="document"', 'form-data; name="document', ""]
    )
    part = Part((("Content-Disposition", disposition), ("Content-Type", "application/pdf")), PDF)
    return body("form-data", [document("form-data"), part] if form == "form-data" else [part])


def _bytes_astray(seed: random.Random, form: str) -> Body:
    """Bytes changed in the first boundary or its headers, so that what follows cannot be a document."""
    whole = body(form, [document(form)])
    content = bytearray(whole.content)
    for _ in range(seed.randrange(1, 4)):
        content[seed.randrange(11)] = seed.randrange(128, 256)
    return Body(whole.content_type, bytes(content))


def _too_many(seed: random.Random, form: str) -> Body:
    return body(form, [document(form), *(attachment(form, b"x") for _ in range(seed.randrange(201, 260)))])


def _nothing(seed: random.Random, form: str) -> Body:
    content = seed.choice(
        [b"--grens-123--\r\n", b"--grens-123\r\n", b"\r\n", b"-", b"--grens-123\r\n\r\n", b"\x00" * 5000]
    )
    return Body(f"multipart/{form}; boundary=grens-123", content)


BREAKERS: dict[str, Breaker] = {
    name.strip("_"): breaker
    for name, breaker in globals().items()
    if name.startswith("_") and callable(breaker) and getattr(breaker, "__annotations__", {}).get("return") is Body
}
"""Every way of breaking, by name."""


def broken_bodies(count: int, seed: int) -> Iterator[Body]:
    """So many wrong bodies; the same seed gives the same."""
    source = random.Random(seed)
    names = sorted(BREAKERS)
    for number in range(count):
        name = names[number % len(names)]
        made = BREAKERS[name](source, FORMS[number // len(names) % len(FORMS)])
        yield Body(made.content_type, made.content, name)
