"""Documents as XML: read safely, named, checked by schema, turned into the model, and where each term stands.

Owns: the caps on untrusted XML, XML Schema, the syntax of UBL, CII and time cards, lines and columns.
Does not own: what a document must say; that is `rules`.
Always true: nothing is fetched and no entity is expanded, whatever the document says.
"""
