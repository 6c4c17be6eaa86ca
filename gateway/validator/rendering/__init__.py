"""Documents as people read them: pages, plain text and PDF of every document, in Dutch and English.

A layout (`layouts`) says of a document model what goes where. `building` makes a `view` of a document by it, and
`html`, `text` and `pdf` each write that view. What no section shows is in its last one, with its path in the XML:
nothing of a document is hidden.
"""
