"""What a document says, in the words of the trade: terms, identifiers, amounts, findings.

Outside the standard library it imports Babel and python-stdnum, of the gateway texts and findings alone: no other
room's types leak in here, every room may use these.
"""
