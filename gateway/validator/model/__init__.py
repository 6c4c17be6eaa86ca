"""What a document says, in the words of the trade: terms, identifiers, amounts, findings.

Standard library only; no room's types leak in here, every room may use these.
"""
