"""Texts for people, in the languages of this gateway's readers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence in the two languages of this gateway's readers."""

    en: str
    nl: str
