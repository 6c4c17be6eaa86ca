"""PDFs with an invoice in them: as the factur-x package makes them, and with anything else in any place."""

from functools import cache
from io import BytesIO

import facturx
import pikepdf


@cache
def page() -> bytes:
    """A PDF with one empty page and no files in it."""
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        return _saved(pdf)


def factur_x(xml: bytes) -> bytes:
    """A Factur-X PDF with this CII in it."""
    made: bytes = facturx.generate_from_binary(page(), xml, level="en16931", flavor="factur-x", check_xsd=False)
    return made


def carrying(files: list[tuple[str, bytes]], relationship: str | None = "/Data", **saved: object) -> bytes:
    """A PDF with these files in its tree of names, called and related so; `saved` is how pikepdf writes it."""
    with pikepdf.open(BytesIO(page())) as pdf:
        names = pikepdf.Array()
        for name, content in files:
            stream = pdf.make_stream(content, Type=pikepdf.Name.EmbeddedFile)
            held = pikepdf.Dictionary(
                Type=pikepdf.Name.Filespec, F=name, UF=name, EF=pikepdf.Dictionary(F=stream, UF=stream)
            )
            if relationship is not None:
                held.AFRelationship = pikepdf.Name(relationship)
            names.append(pikepdf.String(name))
            names.append(pdf.make_indirect(held))
        pdf.Root.Names = pikepdf.Dictionary(EmbeddedFiles=pikepdf.Dictionary(Names=names))
        return _saved(pdf, **saved)


def _saved(pdf: pikepdf.Pdf, **saved: object) -> bytes:
    target = BytesIO()
    pdf.save(target, **saved)  # type: ignore[arg-type]
    return target.getvalue()
