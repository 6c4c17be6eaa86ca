"""The README that `meterpoort ca init` writes with the certificates: English first, then Dutch."""

from importlib.resources import files

import jinja2

from gateway.pki.generation import Generation
from gateway.validator.report.html import translator


def readme(generation: Generation) -> str:
    """The text, in Markdown."""
    source = (files(__package__) / "readme.md").read_text(encoding="utf-8")
    template = jinja2.Template(source, trim_blocks=True, keep_trailing_newline=True)
    languages = [translator("en"), translator("nl")]
    written: str = template.render(languages=languages, is_g4=generation.pss is not None)
    return written
