"""Finds the CII-SR and CII-DT rules that a document breaks, from what reading it noted.

Most follow from where an element is, and the walk of the reader has counted those. Where the text decides, the
elements that it is about are looked at here.
"""

from typing import Any

from gateway.validator.cii.content_rules import CONTENT_RULES
from gateway.validator.cii.rules import RULES
from gateway.validator.ubl.breaches import SyntaxBreach
from gateway.validator.ubl.reader import Reading


def breaches(reading: Reading[Any]) -> list[SyntaxBreach]:
    """Every rule of this module that a document breaks, in document order."""
    notes = reading.notes
    found = [SyntaxBreach(RULES[rule], ordinals[0], len(ordinals)) for rule, ordinals in notes.unused.items()]
    found += [SyntaxBreach(RULES[rule], ordinal) for rule, ordinal in notes.broken]
    for rule, elements in notes.topics.items():
        content = CONTENT_RULES[rule]
        if (holds := content.holds) is not None:
            wrong = [at for at, each in dict.fromkeys(elements) if not holds(each, None)]
            found += [SyntaxBreach(RULES[rule], at) for at in wrong]
        elif content.together and (all_wrong := content.together(elements)):
            found.append(SyntaxBreach(RULES[rule], *all_wrong))
    return sorted(found, key=lambda breach: (breach.ordinal, breach.rule.id))
